"""The visit of today and what it counts.

What was counted is held in memory, and only what was added since is counted at the next question: each save asks.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from itinerant.store.disk.database import Database, ask
from itinerant.store.disk.shapes import StoredRecord
from itinerant.store.reading import records

_GROUPED = (
    "SELECT outcome, service, access, segment, language, age_band, made_by, void, count(*),"
    " coalesce(sum(duration_s), 0), coalesce(sum(fee_cents), 0)"
    " FROM record_session WHERE visit = ? AND n > ? GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
)
_LAST = "SELECT coalesce(max(n), 0) FROM record_session"


class _Group(NamedTuple):
    """What sessions have in common that are counted together."""

    outcome: str | None
    service: str | None
    access: str | None
    segment: str | None
    language: str | None
    age_band: str | None
    made_by: str
    void: int


class _Sum(NamedTuple):
    """What a group comes to."""

    sessions: int = 0
    seconds: int = 0
    fee_cents: int = 0


_Groups = dict[_Group, _Sum]


@dataclass(frozen=True, slots=True)
class Counters:
    """What a visit's sessions come to, annulled ones left out. `seconds` is the sum of durations.

    Each mapping counts sessions by value, most first; a field left blank counts under "".
    """

    total: int
    void: int
    seconds: int
    fee_cents: int
    by_outcome: Mapping[str, int]
    by_service: Mapping[str, int]
    by_access: Mapping[str, int]
    by_segment: Mapping[str, int]
    by_language: Mapping[str, int]
    by_age_band: Mapping[str, int]
    by_author: Mapping[str, int]

    @property
    def minutes(self) -> int:
        """Whole minutes of attention, rounded."""
        return round(self.seconds / 60)


def current(connection: Connection, brigade: str) -> StoredRecord | None:
    """The brigade's open visit: the latest one that is neither closed nor void."""
    where = {"brigade": brigade, "closed_at": None, "void": False}
    found = records.page(connection, "visit", where=where, limit=1)
    return found[0] if found else None


def count(connection: Connection, visit: str) -> Counters:
    """Count a visit's sessions, in one pass over them."""
    groups: _Groups = {}
    _add(groups, connection, visit, 0)
    return _counters(groups)


class Tallies:
    """The counts of visits, held in memory. Safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, _Groups]] = {}
        """By visit: the last record that was counted, and the groups."""

    def altered(self, kind: str) -> None:
        """Records of that kind were altered or erased, not only added: count again."""
        if kind == "session":
            with self._lock:
                self._known.clear()

    def count(self, visit: str) -> Counters:
        """What a visit's sessions come to now."""
        with self._lock, self._database.reader() as connection:
            after, groups = self._known.get(visit, (0, {}))
            ((last,),) = ask(connection, _LAST)
            if last > after:
                groups = dict(groups)  # what is known stays as it is if the disk fails half-way
                _add(groups, connection, visit, after)
                self._known[visit] = last, groups
            return _counters(groups)


def _add(groups: _Groups, connection: Connection, visit: str, after: int) -> None:
    """Add to `groups` the sessions that came after number `after`."""
    for *key, sessions, seconds, fee_cents in ask(connection, _GROUPED, visit, after):
        group = _Group(*key)
        known = groups.get(group, _Sum())
        groups[group] = _Sum(known.sessions + sessions, known.seconds + seconds, known.fee_cents + fee_cents)


def _counters(groups: _Groups) -> Counters:
    counted = {group: total for group, total in groups.items() if not group.void}

    def by(column: str) -> dict[str, int]:
        place = _Group._fields.index(column)
        tally: Counter[str] = Counter()
        for group, total in counted.items():
            tally[str(group[place] or "")] += total.sessions
        return dict(sorted(tally.items(), key=lambda item: (-item[1], item[0])))

    return Counters(
        total=sum(total.sessions for total in counted.values()),
        void=sum(total.sessions for group, total in groups.items() if group.void),
        seconds=sum(total.seconds for total in counted.values()),
        fee_cents=sum(total.fee_cents for total in counted.values()),
        by_outcome=by("outcome"),
        by_service=by("service"),
        by_access=by("access"),
        by_segment=by("segment"),
        by_language=by("language"),
        by_age_band=by("age_band"),
        by_author=by("made_by"),
    )
