"""The visit of today and what it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from itinerant.store import records
from itinerant.store.shapes import StoredRecord

_GROUPED = (
    "SELECT outcome, service, access, segment, language, age_band, made_by, void, count(*) AS sessions,"
    " coalesce(sum(duration_s), 0) AS seconds, coalesce(sum(fee_cents), 0) AS fee_cents"
    " FROM record_session WHERE visit = ? GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
)


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
    groups = connection.exec_driver_sql(_GROUPED, (visit,)).all()
    counted = [group for group in groups if not group.void]

    def by(column: str) -> dict[str, int]:
        tally: Counter[str] = Counter()
        for group in counted:
            tally[getattr(group, column) or ""] += group.sessions
        return dict(sorted(tally.items(), key=lambda item: (-item[1], item[0])))

    return Counters(
        total=sum(group.sessions for group in counted),
        void=sum(group.sessions for group in groups if group.void),
        seconds=sum(group.seconds for group in counted),
        fee_cents=sum(group.fee_cents for group in counted),
        by_outcome=by("outcome"),
        by_service=by("service"),
        by_access=by("access"),
        by_segment=by("segment"),
        by_language=by("language"),
        by_age_band=by("age_band"),
        by_author=by("made_by"),
    )
