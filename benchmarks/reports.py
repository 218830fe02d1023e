"""How long each report of the office takes, over everything that it has; the baseline scans the sessions once."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from benchmarks._senders import SESSIONS, enrolled, offices
from benchmarks.row import Row, of
from server.exchange.handling import handle
from server.office import Office
from server.queries.totals import Scope
from server.reports import kinds
from server.reports.period import Period
from server.tables import RECORDS

LAPTOPS = 8
PARCELS = 40
TIMES = 5
ALWAYS = Scope(Period(date(2025, 1, 1), date(2039, 12, 31)))


def run() -> list[Row]:
    """Make forty thousand sessions of eight laptops, then ask for every report."""
    Path("build").mkdir(exist_ok=True)  # on the disk that is measured, and ignored by git
    with (
        tempfile.TemporaryDirectory(dir="build") as folder,
        offices(Path(folder), postgresql=False) as (_name, new_office),
    ):
        office = new_office()
        senders = [enrolled(office, number) for number in range(LAPTOPS)]
        for turn in range(PARCELS):
            handle(office, senders[turn % LAPTOPS].next(turn))
        return rows(office, f"{PARCELS * SESSIONS:,} sessions")


def rows(office: Office, what: str) -> list[Row]:
    """The slowest report and the middle one, beside a scan of the sessions by service."""
    took = {name: statistics.median(_seconds(office, name) for _time in range(TIMES)) for name in kinds.REPORTS}
    scan = statistics.median(_scan(office) for _time in range(TIMES)) * 1e3
    slowest = max(took, key=took.__getitem__)
    print(f"  … the slowest report is «{slowest}»", file=sys.stderr)
    return [
        of(f"reports of {what}: the {len(took)} of them", list(took.values()), "ms", scale=1e3, baseline=scan),
        Row(f"reports of {what}: the slowest", took[slowest] * 1e3, "ms", limit=200),
    ]


def _seconds(office: Office, name: str) -> float:
    started = time.perf_counter()
    with office.database.reader() as connection:
        kinds.make(connection, name, ALWAYS)
    return time.perf_counter() - started


def _scan(office: Office) -> float:
    session = RECORDS["session"]
    started = time.perf_counter()
    with office.database.reader() as connection:
        connection.execute(select(session.c.service, func.count()).group_by(session.c.service)).all()
    return time.perf_counter() - started
