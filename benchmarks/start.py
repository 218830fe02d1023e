"""How long a person looks at nothing: from the start of the process to the unlock screen on a real terminal.

* The baseline is an application of Textual with one label, started the same way; both take turns.
* A pseudo-terminal of 80x24 stands for the terminal: what counts is when the words arrive at it.
* What follows is measured inside one process: the passphrase's own cost apart, from Enter to the day on the screen.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.row import Row
from benchmarks.save import OFFICE, PASSPHRASE, session
from itinerant.cli.desk import Desk
from itinerant.cli.screen import Opener
from itinerant.log.change import Draft
from itinerant.store.identity import Identity
from itinerant.store.laptop import Laptop
from itinerant.sync.keys import DeviceKeys

ROUNDS = 9
PATIENCE_S = 30
CHANGES = 20_000
EMPTY = """
from textual.app import App
from textual.widgets import Label
class Empty(App):
    def compose(self):
        yield Label("listo para medir")
Empty().run()
"""


def until(marker: bytes, arguments: Sequence[str]) -> float:
    """Seconds from starting Python with `arguments` until `marker` is on its terminal."""
    started = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.execv(sys.executable, [sys.executable, *arguments])
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        seen = b""
        while marker not in seen:
            if time.perf_counter() - started > PATIENCE_S:
                raise TimeoutError(seen[-500:])
            seen += os.read(terminal, 65_536)
        return time.perf_counter() - started
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(terminal)
        os.waitpid(pid, 0)


def _fill(home: Path, changes: int) -> None:
    identity = Identity("LOR07", "B01", "", DeviceKeys.generate(), OFFICE)
    with Laptop.create(home, identity=identity, person="P014", passphrase=PASSPHRASE) as laptop:
        visit = laptop.open_visit({"ubigeo": "160101", "place": "Nauta"})
        for first in range(0, changes, 1_000):
            laptop.write([Draft("session", session(number, visit)) for number in range(first, first + 1_000)])


async def _first_day(home: Path) -> float:
    """Seconds from Enter to the day's screen, its figures drawn."""
    from textual.widgets import Input  # noqa: PLC0415 - after the settings that `start` makes

    from itinerant.tui.app import ItinerantApp  # noqa: PLC0415 - likewise

    app = ItinerantApp(Opener(home), None, Desk(home))  # type: ignore[arg-type]  # no sync here
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        app.screen.query_one(Input).value = PASSPHRASE
        started = time.perf_counter()
        await pilot.press("enter")
        while not app.screen.query("#total Digits") or not app.screen.query_one("#day").display:
            await pilot.pause()
        taken = time.perf_counter() - started
        await pilot.press("ctrl+q")
        await app.workers.wait_for_complete()
    return taken


def _key_cost(home: Path) -> float:
    """Seconds that the passphrase's own function takes."""
    from itinerant.store.access.vault import Vault  # noqa: PLC0415 - beside its use

    started = time.perf_counter()
    Vault.read(home / "slots.json").unlock(PASSPHRASE)
    return time.perf_counter() - started


def run() -> list[Row]:
    """Measure the cold start and the way to the day."""
    Path("build").mkdir(exist_ok=True)  # on the disk that is measured, and ignored by git
    with tempfile.TemporaryDirectory(dir="build") as folder:
        home = Path(folder) / "home"
        _fill(home, CHANGES)
        ours, empty, line = [], [], []
        entry = ("-m", "itinerant.entry", "--home", str(home))
        for _round in range(ROUNDS):
            empty.append(until(b"listo para medir", ("-c", EMPTY)))
            ours.append(until(b"rase de acceso", entry))
            line.append(until(b"Itinerant", entry))
        opening = asyncio.run(_first_day(home)) - _key_cost(home)
    return [
        Row("first word on the terminal", statistics.median(line) * 1e3, "ms"),
        Row("unlock screen drawn", statistics.median(ours) * 1e3, "ms", statistics.median(empty) * 1e3, limit=1.3),
        Row(f"Enter to the day, {CHANGES:,} changes, key apart", opening, "s", limit=2),
    ]
