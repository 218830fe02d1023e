"""The visit of today and what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from itinerant.store import records
from itinerant.store.records import StoredRecord

_COUNTED = ("outcome", "service", "access", "segment", "language", "age_band", "by")


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
    """Count a visit's sessions."""
    totals = connection.exec_driver_sql(
        "SELECT count(*) FILTER (WHERE NOT void), count(*) FILTER (WHERE void),"
        " coalesce(sum(duration_s) FILTER (WHERE NOT void), 0), coalesce(sum(fee_cents) FILTER (WHERE NOT void), 0)"
        " FROM record_session WHERE visit = ?",
        (visit,),
    ).one()
    outcome, service, access, segment, language, age_band, author = (_by(connection, visit, name) for name in _COUNTED)
    return Counters(
        total=totals[0],
        void=totals[1],
        seconds=totals[2],
        fee_cents=totals[3],
        by_outcome=outcome,
        by_service=service,
        by_access=access,
        by_segment=segment,
        by_language=language,
        by_age_band=age_band,
        by_author=author,
    )


def _by(connection: Connection, visit: str, name: str) -> dict[str, int]:
    column = "made_by" if name == "by" else name
    rows = connection.exec_driver_sql(
        f"SELECT coalesce({column}, ''), count(*) AS sessions FROM record_session"  # noqa: S608 - fixed names above
        " WHERE visit = ? AND NOT void GROUP BY 1 ORDER BY sessions DESC, 1",
        (visit,),
    )
    return {row[0]: row.sessions for row in rows}
