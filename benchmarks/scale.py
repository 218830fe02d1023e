"""An office as large as a nation's year: `python -m benchmarks.scale [--sessions 200000] [--postgresql]`.

Every session arrives in a real parcel of 1,000, from laptops of many brigades in turn. What is asked is whether a
parcel costs at the end what it cost at the beginning, and what a laptop and a reader wait for meanwhile. Seconds are of
the clock; beside them, for SQLite, of this process's processor, which other work on the machine disturbs less.

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
from benchmarks._senders import PARCEL, PER_BRIGADE, SESSIONS, Sender, enrolled, offices
from benchmarks.intake import START_MS
from benchmarks.row import Row, of
from itinerant.log.tree import Frontier
from itinerant.sync import receipt
from server.exchange.handling import handle
from server.office import Office
from server.queries import state
from server.tables import ChangeRow, table

MARK = 10_000
"""Sessions after which the first look is taken."""
LOOK = 10
"""Parcels of a look."""
READS = 20


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured at one size of the ledger: (seconds of the clock, of this process's processor) of each work."""

    size: int
    parcel: list[tuple[float, float]]
    pull: list[tuple[float, float]]
    idle: list[tuple[float, float]]
    summary: list[tuple[float, float]]
    devices: list[tuple[float, float]]
    memory: float
    """MiB that the process ever held."""

    def rows(self, name: str, first: Look | None = None) -> list[Row]:
        """Its lines in the table, beside those of the first look."""
        at = f"{name}, {self.size:,} in the ledger"
        rows: list[Row] = []
        for words, work, limit in (
            (f"a parcel of {PARCEL:,}", "parcel", None),
            (f"a laptop pulls {PARCEL:,} of its brigade's", "pull", 100),
            ("an idle sync", "idle", None),
            ("the counts of /health", "summary", None),
            ("the list of laptops", "devices", None),
        ):
            clock, cpu = (list(part) for part in zip(*getattr(self, work), strict=True))
            before = [pair[1] for pair in getattr(first, work)] if first else []
            rows.append(of(f"{at}: {words}", clock, "ms", scale=1e3, limit=limit))
            if "SQLite" in name:
                base = statistics.median(before) * 1e3 if before else None
                flat = 1.2 if before and work == "parcel" else None
                rows.append(of(f"{at}: {words}, processor", cpu, "ms", scale=1e3, baseline=base, limit=flat))
        base = first.memory if first else None
        rows.append(Row(f"{at}: memory", self.memory, "MiB", baseline=base, limit=1.5 if first else None))
        return rows


def measure(office: Office, count: int, laptops: int, name: str) -> list[Row]:
    """Load `count` sessions and look at several sizes on the way."""
    senders = [enrolled(office, number) for number in range(laptops)]
    marks = [mark for mark in (MARK, 100_000, 1_000_000) if mark < count] + [count]
    looks: list[Look] = []
    spent, processor, loaded, turn = 0.0, 0.0, 0, 0
    recent: list[tuple[float, float]] = []
    while loaded < count:
        sender = senders[turn % laptops]
        data = sender.next(turn)
        clock, cpu = _timed(lambda data=data: handle(office, data))  # type: ignore[misc]  # a lambda's default
        recent.append((clock, cpu))
        spent, processor, loaded, turn = spent + clock, processor + cpu, loaded + SESSIONS, turn + 1
        if loaded >= marks[len(looks)]:
            looks.append(_look(office, senders, loaded, sender, recent[-LOOK:]))
            print(f"  … {loaded:,}: {loaded / spent:,.0f}/s", file=sys.stderr)
    rows = [
        Row(f"{name}: sessions taken in, clock", loaded / spent, "/s"),
        Row(f"{name}: sessions taken in, a second of this process", loaded / processor, "/s"),
    ]
    for number, look in enumerate(looks):
        rows += look.rows(name, looks[0] if number else None)
    return rows


def _look(office: Office, senders: list[Sender], size: int, latest: Sender, recent: list[tuple[float, float]]) -> Look:
    """`latest`: who sent the last parcel; the others of its brigade pull it."""
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
        parcel=recent,
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


def copy_and_tree(office: Office, count: int = 100_000) -> float:
    """Rows a second of the least that a ledger needs: COPY of its rows into a table like it, and the tree."""
    size = 500
    leaves = [number.to_bytes(32, "big") for number in range(count)]
    names = [column.name for column in table(ChangeRow).columns]
    rows = [
        (number, "LAP0", number, f"LAP0-{number}", True, "session", "B0", leaf, bytes(size), START_MS)
        for number, leaf in enumerate(leaves)
    ]
    started = time.perf_counter()
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE bench_copy (LIKE change INCLUDING ALL)")
        raw = connection.connection.dbapi_connection
        assert raw is not None
        with raw.cursor() as cursor, cursor.copy(f"COPY bench_copy ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        Frontier().append(leaves).root()
    return count / (time.perf_counter() - started)


def main(words: list[str]) -> None:
    """Load, look, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=200_000)
    parser.add_argument("--laptops", type=int, default=40)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for the office, which stays: SQLite only")
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args(words)
    Path("build").mkdir(exist_ok=True)  # on the disk that is measured, and ignored by git
    with (
        tempfile.TemporaryDirectory(dir="build", prefix="scale-") as folder,
        offices(asked.keep or Path(folder), postgresql=asked.postgresql) as (name, office),
    ):
        rows = measure(office, asked.sessions, asked.laptops, name)
        rows += pages.rows(office, f"{asked.sessions:,} sessions, {name}")
        rows += reports.rows(office, f"{asked.sessions:,} sessions, {name}")
        if asked.postgresql:
            fast = copy_and_tree(office)
            rows[0] = replace(rows[0], baseline=fast, limit=0.5, at_least=True)
        else:
            size = sum(path.stat().st_size for path in office.folder.glob("office.db*"))
            rows.append(Row(f"{name}: bytes on disk a session", size / asked.sessions, "B"))
    print(machine())
    print()
    for line in show([HEADER, *map(cells, rows)], markdown=asked.markdown):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
