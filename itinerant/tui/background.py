"""The one sync of the screen, whoever asked for it: it runs in a worker beside whatever a person is doing.

* By itself: a step now and then (`ports.Sync.automatic`), which decides on its own whether there is anything to do.
  It shows no window and takes no focus; the line at the top and the sync centre tell how it stands.
* By hand: at once, and its errors are shown.
* Never two at a time. Locking and leaving stop it first, which takes a moment; what was sent stays sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from itinerant.errors import ItinerantError
from itinerant.tui.messages import SyncProgress
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.tui.app import ItinerantApp
    from itinerant.tui.ports_sync import Step, SyncReport

FIRST_S = 3.0
"""After unlocking: the day's screen comes first."""


class Background:
    """Runs syncs for `app`. `link`: how the sync that runs by itself stands, empty before its first step."""

    def __init__(self, app: ItinerantApp) -> None:
        self._app = app
        self._stop: threading.Event | None = None
        self._then: Callable[[], Any] | None = None
        self._before: Step | None = None
        self._due = 0.0
        self.by_hand = False
        self.done = self.total = 0
        self.moving = False
        """Whether parcels travel now; a step that only looks for the office is no news."""

    @property
    def link(self) -> str:
        """See `ports.Step`."""
        return self._before.link if self._before else ""

    @property
    def running(self) -> bool:
        """Whether a worker is busy with a sync, or looks whether one is possible."""
        return self._stop is not None

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and has not yet."""
        return self._stop is not None and self._stop.is_set()

    def entered(self) -> None:
        """A laptop was unlocked."""
        self._before, self._due = None, self._app.monotonic() + FIRST_S

    def tick(self) -> None:
        """Take the next step if it is time."""
        if self._app.unlocked and not self.running and self._app.monotonic() >= self._due:
            self._look()

    def look_now(self) -> None:
        """Take the next step at the next tick: a person changed what it depends on."""
        self._before, self._due = None, 0.0

    def send(self, *, office_time: bool = False) -> None:
        """Sync now, because a person asks for it; a step under way makes room first."""
        if self.running:
            if not self.by_hand:
                self.put_away(lambda: self.send(office_time=office_time))
            return
        sync, laptop, stop = self._app.sync, self._app.laptop, self._begin(by_hand=True)

        def job() -> SyncReport:
            return sync(laptop, progress=self._progress, cancelled=stop.is_set, office_time=office_time)

        ask(self._app, job, self._sent, otherwise=self._failed, group="sync")

    def _look(self) -> None:
        sync, laptop, before, stop = self._app.sync, self._app.laptop, self._before, self._begin(by_hand=False)

        def job() -> Step:
            return sync.automatic(laptop, before=before, progress=self._progress, cancelled=stop.is_set)

        ask(self._app, job, self._looked, otherwise=self._look_failed, group="sync")

    def stop(self) -> None:
        """Stop what runs; it ends in a moment."""
        if self._stop is not None:
            self._stop.set()
            self._app.sync_changed()

    def put_away(self, then: Callable[[], Any]) -> None:
        """Stop what runs, and go on once it has ended."""
        if self._stop is None:
            then()
        else:
            self._then = then
            self._stop.set()

    def travelled(self, event: SyncProgress) -> None:
        """Parcels move."""
        if self.running:
            self.moving, self.done, self.total = True, event.done, event.total
            self._app.sync_changed()

    def _begin(self, *, by_hand: bool) -> threading.Event:
        self._stop = threading.Event()
        self.by_hand, self.moving = by_hand, by_hand
        self.done = self.total = 0
        if by_hand:
            self._app.sync_changed()
        return self._stop

    def _progress(self, done: int, total: int) -> None:
        self._app.post_message(SyncProgress(done, total))

    def _over(self) -> bool:
        """Whether somebody waits for the end, who was told now."""
        self._stop, self.by_hand, self.moving = None, False, False
        then, self._then = self._then, None
        if then is not None:
            then()
        return then is not None

    def _sent(self, report: SyncReport) -> None:
        if not self._over():
            self._app.sync_ended(report)

    def _failed(self, error: ItinerantError) -> None:
        if not self._over():
            self._app.sync_failed(error)

    def _looked(self, step: Step) -> None:
        self._before, self._due = step, self._app.monotonic() + step.wait_s
        if not self._over():
            self._app.sync_changed(moved=step.report is not None)

    def _look_failed(self, error: ItinerantError) -> None:
        """The disk or the program failed under it: a person hears of it once, and it looks again later."""
        self._due = self._app.monotonic() + 600.0
        if not self._over():
            self._app.show_error(error)
