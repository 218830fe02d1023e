"""From a key to its effect on the screen, in a visit of a hundred thousand sessions that are being sent meanwhile.

* The screen and the sync share one process, as they do on a laptop; the office is another one.
* Keys enter where the terminal's driver puts them. A key's time ends when the frame that shows its effect is drawn.
* Half of the keys move the mark of the list, half are typed into its filter (each goes through all of the words).
* The baseline is a key in an application of Textual with one field and nothing else, in the same process.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks._served import enrolled, serving
from benchmarks.row import Row, of
from benchmarks.save import MANY, PASSPHRASE, _fill
from itinerant.cli.desk import Desk
from itinerant.cli.screen import Opener, Sync

KEYS = 150
"""Of each sort."""
ENOUGH = 60
"""Of both sorts, while the sync goes on: a fast office may have everything before the last key."""
BETWEEN_S = 0.04
"""Between two keys: a fast typist."""
PATIENCE_S = 20
WORDS = "reniec tramite nauta "


def run() -> list[Row]:
    """Press keys while nothing else happens, then while the sync runs."""
    Path("build").mkdir(exist_ok=True)  # on a real disk, and ignored by git
    with tempfile.TemporaryDirectory(dir="build") as folder, serving(Path(folder) / "office") as (office, url):
        home = Path(folder) / "home"
        with enrolled(office, url, home) as laptop:
            visit = laptop.open_visit({"ubigeo": "160101", "place": "Nauta"})
            _fill(laptop, visit, MANY)
        bare = asyncio.run(_bare())
        calm, busy, sent = asyncio.run(_press(home))
    name = f"key to its effect, {MANY:,} sessions"
    middle, last = statistics.median(bare) * 1e3, _p99(bare)
    return [
        of(f"{name}: median", calm, "ms", scale=1e3, baseline=middle),
        Row(f"{name}: 99 of 100", _p99(calm), "ms", baseline=last),
        of(f"the same while {sent:,} were sent: median", busy, "ms", scale=1e3, baseline=middle),
        Row(f"the same while {sent:,} were sent: 99 of 100", _p99(busy), "ms", baseline=last),
        Row(f"the same while {sent:,} were sent: 99 of 100, without a baseline", _p99(busy), "ms", limit=100),
    ]


def _p99(samples: list[float]) -> float:
    return statistics.quantiles(samples, n=100)[98] * 1e3


async def _bare() -> list[float]:
    """Seconds of each key in an application of one field."""
    from textual.app import App  # noqa: PLC0415 - after the settings that `start` makes
    from textual.widgets import Input  # noqa: PLC0415 - likewise

    class Bare(App[None]):
        def compose(self) -> Iterator[Input]:
            yield Input()

    app: Any = Bare()
    async with app.run_test(size=(80, 24)):
        _watch(app)
        field = app.query_one(Input)
        field.focus()
        return [await _typed(app, field, WORDS[number % len(WORDS)]) for number in range(KEYS)]


def _watch(app: Any) -> None:
    """Count the frames that the application draws."""
    draw, app.frames = app._display, 0

    def drawn(screen: Any, frame: Any) -> None:
        draw(screen, frame)
        app.frames += 1

    app._display = drawn


async def _press(home: Path) -> tuple[list[float], list[float], int]:
    from textual.widgets import Input  # noqa: PLC0415 - after the settings that `start` makes

    from itinerant.tui.app import ItinerantApp  # noqa: PLC0415 - likewise

    app: Any = ItinerantApp(Opener(home), Sync(), Desk(home))
    _watch(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        app.screen.query_one(Input).value = PASSPHRASE
        await pilot.press("enter")
        while not app.screen.query("#total Digits") or not app.screen.query_one("#day").display:
            await pilot.pause()
        await pilot.press("b", "x", "backspace")  # the filter is in sight; its words are in memory
        await app.workers.wait_for_complete()
        app.background._due = math.inf  # no sync by itself: it is begun below
        calm = await _both(app)
        before = app.laptop.status()["pending"]
        app.background.send()
        begun = time.perf_counter()
        while not app.background.moving:  # until the first parcel was received
            await asyncio.sleep(0.02)
            _still(begun, "send")
        busy = await _both(app, lambda: app.background.moving)
        sent = before - app.laptop.status()["pending"]
        app.background.put_away(app.exit)
    return calm, busy, sent


async def _both(app: Any, going_on: Callable[[], bool] = lambda: True) -> list[float]:
    """Seconds of each key, down the list and into the filter in turns of ten, while something goes on."""
    from itinerant.tui.widgets.record_table import RecordTable  # noqa: PLC0415 - as above

    table, field = app.screen.query_one(RecordTable), app.screen.query_one("#filter")
    took: list[float] = []
    for turn in range(KEYS // 10):
        table.focus()
        for _time in range(10):
            if going_on():
                took.append(await _one(app, "down", None, lambda was=table.mark: table.mark != was))  # type: ignore[misc]
        field.focus()
        for number in range(10):
            if going_on():
                took.append(await _typed(app, field, WORDS[(turn * 10 + number) % len(WORDS)]))
        field.value = ""
        await asyncio.sleep(0.3)
    assert len(took) >= ENOUGH, f"it ended after {len(took)} keys"
    return took


async def _typed(app: Any, field: Any, letter: str) -> float:
    """Seconds of one letter in a field."""
    name = "space" if letter == " " else letter
    return await _one(app, name, letter, lambda was=field.value: field.value != was)  # type: ignore[misc]


async def _one(app: Any, name: str, character: str | None, happened: Callable[[], bool]) -> float:
    """Seconds from one key until a frame was drawn after its effect."""
    from textual import events  # noqa: PLC0415 - as above

    await asyncio.sleep(BETWEEN_S)
    started = time.perf_counter()
    app.post_message(events.Key(name, character))
    while not happened():
        await asyncio.sleep(0)
        _still(started, name)
    frames = app.frames
    while app.frames == frames:
        await asyncio.sleep(0)
        _still(started, name)
    return time.perf_counter() - started


def _still(started: float, name: str) -> None:
    if time.perf_counter() - started > PATIENCE_S:
        raise TimeoutError(name)
