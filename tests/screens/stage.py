"""Puts the application on a stage of a given size, with the fakes around it, and reads what a person would see."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from rich.console import Console
from textual.pilot import Pilot
from textual.widgets import Input

from itinerant.tui.app import ItinerantApp
from tests.screens.fake import PASSPHRASE, Clock, FakeLaptop, FakeOpener, FakeSync, busy_day
from tests.screens.fake_desk import FakeDesk
from tests.screens.fake_outlets import FakeOutlets

_KEYS = {" ": "space"}
_FRAMES = str.maketrans(dict.fromkeys("│╭╮╰╯─▌", " "))


class Stage:
    """The application under test, its pilot and the fakes."""

    def __init__(self, app: ItinerantApp, pilot: Pilot[None], clock: Clock, opener: FakeOpener) -> None:
        self.app = app
        self.pilot = pilot
        self.clock = clock
        self.opener = opener

    @property
    def sync(self) -> FakeSync:
        """The office at the other end."""
        assert isinstance(self.app.sync, FakeSync)
        return self.app.sync

    @property
    def desk(self) -> FakeDesk:
        """The machine around the laptop."""
        assert isinstance(self.app.desk, FakeDesk)
        return self.app.desk

    @property
    def laptop(self) -> FakeLaptop:
        """The laptop that was unlocked last."""
        return self.opener.laptops[-1]

    async def settle(self, *, but: str = "") -> None:
        """Wait until no worker runs (except those of the group `but`) and everything is drawn."""
        for _round in range(50):
            waiting = [worker for worker in self.app.workers if worker.is_running and worker.group != but]
            if waiting:
                await self.app.workers.wait_for_complete(waiting)
            await self.pilot.pause()
            if not [worker for worker in self.app.workers if worker.is_running and worker.group != but]:
                break
        await self.pilot.pause()

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for what a short timer sets going; a screen that never does it fails here."""
        for _round in range(500):
            if happened():
                return
            await self.pilot.pause()
        raise AssertionError(f"it never happened:\n{self.text}")

    async def moment(self, happened: Callable[[], bool]) -> None:
        """Wait for the very moment in which it happens, and for nothing that it sets going."""
        for _turn in range(1_000_000):
            if happened():
                return
            await asyncio.sleep(0)
        raise AssertionError(f"it never happened:\n{self.text}")

    async def press(self, *keys: str) -> None:
        """Press keys, waiting after each for what it sets going."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type a text into whatever has the focus."""
        await self.pilot.press(*(_KEYS.get(char, char) for char in text))
        await self.settle()

    async def unlock(self) -> None:
        """Put the passphrase in (at once: thirty keys take seconds) and enter."""
        self.app.screen.query_one(Input).value = PASSPHRASE
        await self.press("enter")

    @property
    def text(self) -> str:
        """What the screen shows, line by line, without trailing blanks."""
        width, height = self.app.size
        console = Console(width=width, height=height, file=io.StringIO(), record=True, legacy_windows=False)
        console.print(self.app.screen._compositor.render_update(full=True, screen_stack=self.app._background_screens))
        return "\n".join(line.rstrip() for line in console.export_text(styles=False).splitlines())

    @property
    def prose(self) -> str:
        """The words of the screen in one line, without frames, to look for sentences that wrap."""
        return " ".join(self.text.translate(_FRAMES).split())

    @property
    def where(self) -> str:
        """The name of the screen in front."""
        return type(self.app.screen).__name__


@asynccontextmanager
async def stage(
    fill: Callable[[FakeLaptop], None] = busy_day,
    *,
    size: tuple[int, int] = (80, 24),
    theme: str = "claro",
    hint: str = "",
    locked: bool = False,
    opener: FakeOpener | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Stage]:
    """The application running, unlocked unless `locked`."""
    clock = clock or Clock()
    opener = opener or FakeOpener(clock, fill)
    app = ItinerantApp(opener, FakeSync(), FakeDesk(theme), hint=hint, now_ms=clock.now_ms, monotonic=clock.monotonic)
    app.outlets = FakeOutlets()
    app.NOTIFICATION_TIMEOUT = 3600  # good news vanish after seconds; a slow machine would miss them
    async with app.run_test(size=size, notifications=True) as pilot:
        on = Stage(app, pilot, clock, opener)
        await on.settle()
        if not locked:
            await on.unlock()
        yield on
