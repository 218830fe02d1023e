"""Forgetting: what is closed, received and old enough leaves the laptop; its numbers and hashes stay.

* A visit goes whole: its records, its conflicts and the bodies of their changes. The chain still closes over the
  hashes, and the counters of the visit are kept.
* It goes only if it is closed, every change about it is at the office by a receipt and none is in quarantine or in
  conflict, and the retention has passed since the receipt, by the office's clock.
* Erased pages are overwritten (`secure_delete`) and the write-ahead log is emptied by who calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from itinerant.domain.fields import Value
from itinerant.domain.kinds import KINDS
from itinerant.log.change import order
from itinerant.store import views
from itinerant.store.disk import meta
from itinerant.store.disk.database import Database
from itinerant.store.disk.shapes import StoredRecord
from itinerant.store.journal import Journal
from itinerant.store.office import former, provisional
from itinerant.store.reading import records, visits
from itinerant.store.reading.visits import Counters

DAY_MS = 86_400_000
AT_ONCE = 10
_MANY = 1_000_000
_OLD = "SELECT upto, arrived FROM receipt WHERE at <= ? ORDER BY upto DESC, arrived DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class PastVisit:
    """What stays of a forgotten visit: where and when it was (ms), and what it counted."""

    visit: str
    stop: str
    ubigeo: str
    place: str
    opened_at: int
    closed_at: int
    counters: Counters


def forget(database: Database, journal: Journal, now_ms: int) -> list[str]:
    """Erase the visits whose time has come; their numbers. `now_ms`: the laptop's clock, corrected by the skew.

    In transactions of `AT_ONCE` visits: whoever saves meanwhile waits for no more than those.
    """
    gone: list[str] = []
    while True:
        with database.writer() as connection:
            some = _some(connection, journal, now_ms)
        gone += some
        if len(some) < AT_ONCE:
            return gone


def _some(connection: Connection, journal: Journal, now_ms: int) -> list[str]:
    state = meta.load_sync(connection)
    standing = meta.load_standing(connection)
    if standing is None or state.last_receipt_at is None:
        return []
    limit = now_ms - (state.clock_skew_ms or 0) - standing.retention_d * DAY_MS
    old = connection.exec_driver_sql(_OLD, (limit,)).first()
    if old is None:
        return []
    connection.exec_driver_sql("DELETE FROM receipt WHERE upto < ?", (old.upto,))
    former.forget(connection, old.upto)
    aside = {item.ref for item in standing.quarantined}
    gone: list[str] = []
    for visit in _closed(connection):
        about = [visit, *_of(connection, visit.record)]
        if all(_may_go(connection, journal, record, old, aside) for record in about):
            _erase(connection, visit, about)
            gone.append(visit.record)
            if len(gone) == AT_ONCE:
                break
    return gone


def past(connection: Connection) -> list[PastVisit]:
    """The visits that were forgotten, latest first."""
    rows = connection.exec_driver_sql("SELECT content FROM visit_total ORDER BY rowid DESC").scalars()
    return [PastVisit(**content | {"counters": Counters(**content["counters"])}) for content in map(json.loads, rows)]


def _closed(connection: Connection) -> Iterator[StoredRecord]:
    """Oldest first: in that order they are kept as past."""
    for visit in reversed(records.page(connection, "visit", where={}, limit=_MANY)):
        if visit.values["closed_at"] is not None or visit.void:
            yield visit


def _of(connection: Connection, visit: str) -> Iterator[StoredRecord]:
    """The records that name the visit."""
    for kind in KINDS.values():
        for item in kind.fields:
            if item.to == "visit":
                yield from records.page(connection, kind.name, where={item.name: visit}, limit=_MANY)


def _may_go(connection: Connection, journal: Journal, record: StoredRecord, old: Any, aside: set[str]) -> bool:
    """Whether the record is settled, and every change of it was here and at the office by the `old` receipt."""
    if record.conflicts:
        return False
    for n, change in views.changes(connection, record.record):
        if change is None or change.ref in aside or n > old.arrived:
            return False
        if provisional.is_pending(connection, change):
            return False
        if change.device == journal.device and change.seq > old.upto:
            return False
    return True


def _erase(connection: Connection, visit: StoredRecord, about: list[StoredRecord]) -> None:
    values = visit.values
    total = PastVisit(
        visit=visit.record,
        stop=str(values["stop"] or ""),
        ubigeo=str(values["ubigeo"] or ""),
        place=str(values["place"] or ""),
        opened_at=_instant(values["opened_at"]),
        closed_at=_instant(values["closed_at"]),
        counters=visits.count(connection, visit.record),
    )
    connection.exec_driver_sql(
        "INSERT OR REPLACE INTO visit_total VALUES (?, ?)", (visit.record, json.dumps(asdict(total)))
    )
    for record in about:
        views.erase(connection, record)
        device, seq = order(record.record)
        connection.exec_driver_sql("UPDATE change SET body = NULL WHERE device = ? AND seq = ?", (device, seq))
        connection.exec_driver_sql("UPDATE change SET body = NULL WHERE amends = ? AND amends <> ''", (record.record,))


def _instant(value: Value) -> int:
    return value if isinstance(value, int) else 0
