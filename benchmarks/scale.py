"""An office as large as a nation's year: `python -m benchmarks.scale [--sessions 200000] [--postgresql]`.

Every session arrives in a real parcel of 1,000, from laptops of many brigades in turn. What is asked is what a laptop
and a reader wait for on the way, and whether a parcel costs as much as in a small office: that one is beside it, and
takes a parcel in whenever the large one does, so that both meet the same machine. Seconds are of the clock; beside
them, for SQLite, of this process's processor, which other work on the machine disturbs less.

Not part of `make bench`: 200,000 sessions take about a minute, two million ten.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import pages, reports
from benchmarks.__main__ import HEADER, cells, machine, show
from benchmarks._copying import STORED, copy_and_tree
from benchmarks._senders import PARCEL, PER_BRIGADE, SESSIONS, Sender, enrolled, offices
from benchmarks.row import Row, of
from itinerant.sync import receipt
from server.exchange.handling import handle
from server.office import Office
from server.queries import state

MARK = 10_000
"""Sessions after which the first look is taken."""
LOOK = 10
"""Parcels of a look, in each of the two offices."""
READS = 20


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured at one size of the ledger: (seconds of the clock, of this process's processor) of each work."""

    size: int
    parcel: list[tuple[float, float]]
    beside: list[tuple[float, float]]
    """Parcels taken in by the small office in turns with these."""
    pull: list[tuple[float, float]]
    idle: list[tuple[float, float]]
    summary: list[tuple[float, float]]
    devices: list[tuple[float, float]]
    memory: float
    """MiB that the process ever held."""

    def rows(self, name: str, first: Look | None = None) -> list[Row]:
        """Its lines in the table; a parcel beside one of the small office, memory beside that of the first look."""
        at = f"{name}, {self.size:,} sessions"
        rows: list[Row] = []
        for words, work, limit in (
            (f"a parcel of {PARCEL:,}", "parcel", 1.2),
            (f"a laptop pulls {PARCEL:,} of its brigade's", "pull", 100),
            ("an idle sync", "idle", None),
            ("the counts of /health", "summary", None),
            ("the list of laptops", "devices", None),
        ):
            clock, cpu = zip(*getattr(self, work), strict=True)
            small = (
                [statistics.median(each) * 1e3 for each in zip(*self.beside, strict=True)] if work == "parcel" else None
            )
            rows.append(of(f"{at}: {words}", clock, "ms", scale=1e3, limit=limit, baseline=small and small[0]))
            if "SQLite" in name:
                rows.append(of(f"{at}: {words}, processor", cpu, "ms", scale=1e3, baseline=small and small[1]))
        base = first.memory if first else None
        rows.append(Row(f"{at}: memory", self.memory, "MiB", baseline=base, limit=1.5 if first else None))
        return rows


class Loader:
    """Fills an office with parcels of its laptops, one after the other."""

    def __init__(self, office: Office, laptops: int) -> None:
        self.office = office
        self.senders = [enrolled(office, number) for number in range(laptops)]
        self.latest = self.senders[0]
        """Who sent the last parcel."""
        self._parcels = 0
        self._spent = (0.0, 0.0)

    @property
    def sessions(self) -> int:
        """How many are there."""
        return self._parcels * SESSIONS

    @property
    def rates(self) -> tuple[float, float]:
        """Sessions taken in: a second of the clock, and of this process's processor."""
        clock, cpu = self._spent
        return self.sessions / clock, self.sessions / cpu

    def parcel(self) -> tuple[float, float]:
        """Take one parcel in; answers with its seconds of the clock and of the processor."""
        self.latest = self.senders[self._parcels % len(self.senders)]
        data = self.latest.next(self._parcels)
        clock, cpu = _timed(lambda: handle(self.office, data))
        self._spent = self._spent[0] + clock, self._spent[1] + cpu
        self._parcels += 1
        return clock, cpu


def measure(large: Loader, small: Loader, count: int, name: str) -> list[Row]:
    """Load `count` sessions and look at several sizes on the way."""
    marks = [mark for mark in (MARK, 100_000, 1_000_000) if mark < count] + [count]
    while small.sessions < MARK:
        small.parcel()
    looks: list[Look] = []
    for mark in marks:
        while large.sessions < mark:
            large.parcel()
        looks.append(_look(large, small))
        print(f"  … {large.sessions:,}: {large.rates[0]:,.0f}/s", file=sys.stderr)
    clock, cpu = large.rates
    rows = [
        Row(f"{name}: sessions taken in, clock", clock, "/s"),
        Row(f"{name}: sessions taken in, a second of this process", cpu, "/s"),
    ]
    for number, look in enumerate(looks):
        rows += look.rows(name, looks[0] if number else None)
    return rows


def _look(large: Loader, small: Loader) -> Look:
    size, office, senders = large.sessions, large.office, large.senders
    pairs = [(large.parcel(), small.parcel()) for _time in range(LOOK)]
    latest = large.latest
    with office.database.reader() as connection:
        end = state.summary(connection)["ledger_size"]
    place = senders.index(latest) // PER_BRIGADE * PER_BRIGADE
    peers = [sender for sender in senders[place : place + PER_BRIGADE] if sender is not latest]
    told = {peer.device: _told(office, peer, end) for peer in peers}
    pulls, idles = [], []
    for number in range(READS):
        peer = peers[number % len(peers)]
        for have, kept in ((end - PARCEL, pulls), (end, idles)):
            data = peer.asks(have, told[peer.device])
            kept.append(_timed(lambda data=data: handle(office, data)))  # type: ignore[misc]  # a lambda's default
    return Look(
        size,
        parcel=[pair[0] for pair in pairs],
        beside=[pair[1] for pair in pairs],
        pull=pulls,
        idle=idles,
        summary=[_read(office, lambda connection: [state.summary(connection)]) for _time in range(READS)],
        devices=[_read(office, state.devices) for _time in range(READS)],
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _told(office: Office, sender: Sender, end: int) -> str:
    """The digest of what a laptop is told of itself."""
    _header, sealed = receipt.peek(handle(office, sender.asks(end)))
    standing = receipt.unpack(sealed, office.keys.sign_public, sender.keys.seal, sender.device).standing
    assert standing is not None
    return standing.digest


def _read(office: Office, query: Callable[..., object]) -> tuple[float, float]:
    def asked() -> None:
        with office.database.reader() as connection:
            list(query(connection))  # type: ignore[call-overload]  # an iterator or a list

    return _timed(asked)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock, and of this process's processor."""
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - cpu


def main(words: list[str]) -> None:
    """Load, look, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=200_000)
    parser.add_argument("--laptops", type=int, default=40)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for both offices, which stay: SQLite only")
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args(words)
    Path("build").mkdir(exist_ok=True)  # on the disk that is measured, and ignored by git
    with (
        tempfile.TemporaryDirectory(dir="build", prefix="scale-") as folder,
        offices(asked.keep or Path(folder), postgresql=asked.postgresql) as (name, new_office),
    ):
        large, small = (Loader(new_office(), asked.laptops) for _each in range(2))
        office, rows = large.office, measure(large, small, asked.sessions, name)
        rows += pages.rows(office, f"{asked.sessions:,} sessions, {name}")
        rows += reports.rows(office, f"{asked.sessions:,} sessions, {name}")
        if asked.postgresql:
            rows[0] = replace(rows[0], baseline=copy_and_tree(small.office, STORED), limit=0.5, at_least=True)
        else:
            size = sum(path.stat().st_size for path in office.folder.glob("office.db*"))
            rows.append(Row(f"{name}: bytes on disk a session", size / large.sessions, "B"))
    print(machine())
    print()
    for line in show([HEADER, *map(cells, rows)], markdown=asked.markdown):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
