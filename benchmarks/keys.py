"""From a key to its effect on the screen, in a visit of a hundred thousand sessions that are being sent meanwhile.

* The screen and the sync share one process, as they do on a laptop; the office is another one.
* Keys enter where the terminal's driver puts them. A key's time ends when the frame that shows its effect is drawn.
* In turns of ten: the mark of the list is moved, letters are typed into its filter (each goes through all of the
  words), letters are typed into the control. Between them a form is opened, gone through with Tab, and put away.
* The control is an application of Textual with one field and nothing else, in the same process at the same time: what
  it takes is what the machine, the sync's thread and Textual itself take. The difference is ours.
* The memory is that of a process that only unlocks, shows the day and searches (`python -m benchmarks.keys HOME`).
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.row import Row, of
from itinerant.tui import pauses

SORTS = ("down the list", "into the filter", "open a form", "Tab in a form", "back to the list")
KEYS = 150
"""Of the list and of the filter, each."""
ENOUGH = 60
"""Of all sorts, while the sync goes on: a fast office may have everything before the last key."""
BETWEEN_S = 0.04
"""Between two keys: a fast typist."""
PATIENCE_S = 20
WORDS = "reniec tramite nauta "
PASSPHRASE = "caballo batería grapa correcto"

Took = dict[str, list[float]]
"""Seconds of each key, by its sort; those of the control under `control`."""


def run() -> list[Row]:
    """Press keys while nothing else happens, then while the sync runs."""
    from benchmarks._served import enrolled, serving  # noqa: PLC0415 - the office is no part of a laptop's memory
    from benchmarks.save import MANY, _fill  # noqa: PLC0415 - likewise

    Path("build").mkdir(exist_ok=True)  # on a real disk, and ignored by git
    with tempfile.TemporaryDirectory(dir="build") as folder, serving(Path(folder) / "office") as (office, url):
        home = Path(folder) / "home"
        with enrolled(office, url, home) as laptop:
            visit = laptop.open_visit({"ubigeo": "160101", "place": "Nauta"})
            _fill(laptop, visit, MANY)
        memory = _memory_of_a_process(home)
        with asyncio.Runner(loop_factory=pauses.loop) as runner:
            calm, busy, sent = runner.run(_press(home))
    rows = [*_rows(f"{MANY:,} sessions", calm), *_rows(f"while {sent:,} were sent", busy)]
    return [*rows, Row(f"memory with {MANY:,} sessions, unlocked and searched", memory, "MiB", limit=150 / 1.048576)]


def _rows(when: str, took: Took) -> list[Row]:
    control = took.pop("control")
    every = [seconds for sort in took.values() for seconds in sort]
    middle, last = statistics.median(control) * 1e3, _p99(control)
    name = f"key to its effect, {when}, load {os.getloadavg()[0]:.1f}"
    return [
        of(f"{name}: median", every, "ms", scale=1e3, baseline=middle),
        Row(f"{name}: 99 of 100", _p99(every), "ms", baseline=last),
        Row(f"{name}: 99 of 100, without a baseline", _p99(every), "ms", limit=50),
        *(Row(f"… {sort}: slowest of {len(took[sort])}", max(took[sort]) * 1e3, "ms") for sort in SORTS if took[sort]),
    ]


def _p99(samples: list[float]) -> float:
    return statistics.quantiles(samples, n=100)[98] * 1e3


@asynccontextmanager
async def _control() -> AsyncIterator[Callable[[int], Coroutine[Any, Any, float]]]:
    """A key in an application of one field: awaited with the key's number, it answers with its seconds."""
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
        ours = contextvars.copy_context()  # of two applications in one loop each needs its own

        async def press(number: int) -> float:
            typed = _typed(app, field, WORDS[number % len(WORDS)])
            return await asyncio.get_running_loop().create_task(typed, context=ours)

        yield press


def _watch(app: Any) -> None:
    """Tell `app.seen` of the first frame after what `app.awaited` says has happened: nobody asks again and again
    meanwhile, which would itself take the processor from the screen."""
    draw, app.awaited, app.seen = app._display, lambda: False, asyncio.Event()

    def drawn(screen: Any, frame: Any) -> None:
        draw(screen, frame)
        if frame is not None and app.awaited():
            app.seen.set()

    app._display = drawn


async def _press(home: Path) -> tuple[Took, Took, int]:
    async with _control() as control, _day(home) as app:
        calm = await _all(app, control)
        before = app.laptop.status()["pending"]
        app.background.send()
        async with asyncio.timeout(PATIENCE_S):
            while not app.background.moving:  # until the first parcel was received
                await asyncio.sleep(0.02)
        busy = await _all(app, control, lambda: app.background.moving)
        sent = before - app.laptop.status()["pending"]
        app.background.put_away(app.exit)
    return calm, busy, sent


@asynccontextmanager
async def _day(home: Path) -> AsyncIterator[Any]:
    """The application, unlocked, the words of the list in memory, with no sync by itself."""
    from textual.widgets import Input  # noqa: PLC0415 - after the settings that `start` makes

    from itinerant.cli.desk import Desk  # noqa: PLC0415 - likewise
    from itinerant.cli.screen import Opener, Sync  # noqa: PLC0415 - likewise
    from itinerant.tui.app import ItinerantApp  # noqa: PLC0415 - likewise

    app: Any = ItinerantApp(Opener(home), Sync(), Desk(home))
    _watch(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        app.screen.query_one(Input).value = PASSPHRASE
        await pilot.press("enter")
        while not app.screen.query("#total Digits") or not app.screen.query_one("#day").display:
            await pilot.pause()
        app.background._due = math.inf  # no sync by itself: it is begun by hand
        await pilot.press("b", "x", "backspace")  # the filter is in sight; its words are in memory
        await app.workers.wait_for_complete()
        yield app


async def _all(
    app: Any, control: Callable[[int], Coroutine[Any, Any, float]], going_on: Callable[[], bool] = lambda: True
) -> Took:
    """Seconds of each key, in turns of ten, while something goes on."""
    from itinerant.tui.widgets.record_table import RecordTable  # noqa: PLC0415 - after the settings of `start`

    day = app.screen
    table, field = day.query_one(RecordTable), day.query_one("#filter")
    took: Took = {"control": [], **{sort: [] for sort in SORTS}}
    for turn in range(KEYS // 10):
        if not going_on():
            break
        table.focus()
        for _time in range(10):
            took[SORTS[0]].append(await _one(app, "down", None, lambda was=table.mark: table.mark != was))  # type: ignore[misc]
        field.focus()
        for number in range(turn * 10, turn * 10 + 10):
            took[SORTS[1]].append(await _typed(app, field, WORDS[number % len(WORDS)]))
            took["control"].append(await control(number))
        field.value = ""
        table.focus()
        await asyncio.sleep(0.3)
        took[SORTS[2]].append(await _one(app, "n", "n", lambda: app.screen is not day))
        while app.focused is None:
            await asyncio.sleep(0)
        for _time in range(5):
            took[SORTS[3]].append(await _one(app, "tab", None, lambda was=app.focused: app.focused is not was))  # type: ignore[misc]
        took[SORTS[4]].append(await _one(app, "escape", None, lambda: app.screen is day))
    assert sum(map(len, took.values())) >= ENOUGH, "it ended too early"
    return took


async def _typed(app: Any, field: Any, letter: str) -> float:
    """Seconds of one letter in a field."""
    name = "space" if letter == " " else letter
    return await _one(app, name, letter, lambda was=field.value: field.value != was)  # type: ignore[misc]


async def _one(app: Any, name: str, character: str | None, happened: Callable[[], bool]) -> float:
    """Seconds from one key until a frame was drawn after its effect."""
    from textual import events  # noqa: PLC0415 - as above

    await asyncio.sleep(BETWEEN_S)
    app.seen.clear()
    app.awaited = happened
    started = time.perf_counter()
    app.post_message(events.Key(name, character))
    async with asyncio.timeout(PATIENCE_S):
        await app.seen.wait()
    return time.perf_counter() - started


def _memory_of_a_process(home: Path) -> float:
    """MiB that a process of its own holds after it unlocked, showed the day and searched."""
    command = [sys.executable, "-m", "benchmarks.keys", str(home)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


async def _memory(home: Path) -> float:
    """MiB of this process that are in memory (its peak, while the passphrase is checked, is 64 MiB more)."""
    async with _day(home) as app:
        app.exit()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=pauses.loop) as own:
        print(own.run(_memory(Path(sys.argv[1]))))
