"""Totals of sessions that every report is read from, kept up in the transaction of each parcel.

* Two sets: by month and brigade, a row a dimension, from which years are added up; and by visit and day, one row with
  all dimensions, from which the days at a period's ends, districts and campaigns are. So a visit that is corrected
  moves its sessions without touching them.
* Days are Peru's, by the laptop's clock as it was recorded.
* Only sessions that count are in: neither annulled nor without the change that made them. A session that changes is
  taken out as it was and put in as it is.
* Contents are canonical JSON without zeros: made anew from the records, they are the same bytes (`rebuild`).
* Times are kept as sums and as counts by class, so that means are exact and medians are to the class (`bin_of`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, bindparam, select, text, tuple_

from server.database import Database
from server.tables import RECORDS, RollupMonthRow, RollupRow, RollupVisitRow, table

DIMENSIONS = (
    "service", "access", "mode", "channel", "segment", "outcome", "cause", "language", "age_band", "sex", "card",
    "connectivity", "satisfaction", "terminal",
)  # fmt: skip
"""Fields of a session whose values are counted. A value that is not known is counted under the empty text."""

SECONDS, WAITING, WAITED, FEES = "seconds", "waiting", "waited", "fees"
"""By service: sum of durations (s), sum of waiting (s), sessions whose waiting is known, sum of fees (cents)."""
TIMED, DURATION_BIN, WAITING_BIN, OUTCOME_OF = "timed", "duration_bin", "waiting_bin", "outcome_of"
"""By service: sessions whose duration is known; by `service class`: sessions of each class of duration and waiting;
by `service outcome`: sessions."""

_DAY_MS = 86_400_000
_PERU_MS = 5 * 3_600_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DAY = 2_932_896  # 31/12/9999
_MINUTE, _HOUR = 60, 3_600

_AT_ONCE = 400
_Key = TypeVar("_Key")

_session = RECORDS["session"]
_rollup = table(RollupRow)
_visit = table(RollupVisitRow)
_folded = table(RollupMonthRow)
_COLUMNS = [column.name for column in _session.columns]


def _pick(*names: str) -> Any:
    return itemgetter(*map(_COLUMNS.index, names))


_values = _pick(*DIMENSIONS)
_place = _pick("started_at", "scope", "visit", "partial", "void")
_amounts = _pick("service", "outcome", "duration_s", "waiting_s", "fee_cents")

Totals = dict[str, dict[str, int]]
"""Numbers by dimension and value."""


def bin_of(seconds: int) -> int:
    """The class of a time, by its lower end (s): a minute wide below an hour, 5 minutes below 4 hours, then an hour."""
    width = _MINUTE if seconds < _HOUR else 5 * _MINUTE if seconds < 4 * _HOUR else _HOUR
    return seconds - seconds % width


@lru_cache(maxsize=4_096)
def _date(number: int) -> int:
    inside = min(max(number, -719_162), _LAST_DAY)  # a clock may say anything
    day = _EPOCH + timedelta(days=inside)
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(ms: int | None) -> int:
    """The day of an instant in Peru, as the number 20251123; 0 when it is not known."""
    return 0 if ms is None else _date((ms - _PERU_MS) // _DAY_MS)


def update(
    connection: Connection,
    database: Database,
    added: Collection[Sequence[Any]],
    removed: Collection[Sequence[Any]] = (),
) -> None:
    """Put rows of sessions in, and take out what they were before. Rows are those of the session's record table."""
    months: dict[tuple[int, str], Totals] = {}
    visits: dict[tuple[str, int, str], Totals] = {}
    for rows, sign in ((added, 1), (removed, -1)):
        by_visit: dict[tuple[str, int, str], list[Sequence[Any]]] = defaultdict(list)
        for row in rows:
            started, brigade, visit, partial, void = _place(row)
            if not partial and not void:
                day = day_of(started)
                by_visit[visit or "", day, brigade].append(_counted(row))
        for place, some in by_visit.items():
            totals = _totals(some)
            month = place[1] // 100, place[2]
            months[month] = _sum(months.get(month, {}), totals, sign)
            known = visits.get(place)
            visits[place] = totals if known is None and sign > 0 else _sum(known or {}, totals, sign)
    if months:
        over = {"months": list({month for month, _brigade in months})}
        connection.execute(_NO_FOLDED, over)  # made again when somebody looks (`folding`)
    for portion in _portions(months):
        _write_months(connection, database, portion)
    for part in _portions(visits):
        _write_visits(connection, database, part)


def rebuild(connection: Connection, database: Database, *, rows_at_once: int = 20_000) -> None:
    """Make all totals anew from the records of sessions."""
    connection.execute(_rollup.delete())
    connection.execute(_visit.delete())
    connection.execute(_folded.delete())
    result = connection.execution_options(yield_per=rows_at_once).execute(select(_session))
    for rows in result.partitions():
        update(connection, database, [tuple(row) for row in rows])


def _counted(row: Sequence[Any]) -> Sequence[Any]:
    """What one session adds: the values of `DIMENSIONS`, then those of `_DERIVED`, then amounts by service."""
    service, outcome, duration, waiting, fee = _amounts(row)
    return (
        *_values(row),
        f"{service} {outcome}",
        None if duration is None else f"{service} {bin_of(duration)}",
        None if waiting is None else f"{service} {bin_of(waiting)}",
        duration,
        waiting,
        fee,
    )


def _totals(rows: Sequence[Sequence[Any]]) -> Totals:
    """The totals of what sessions add, column by column."""
    columns = list(zip(*rows, strict=True))
    totals: Totals = {}
    for dim, column in zip(DIMENSIONS, columns, strict=False):
        totals[dim] = {"" if value is None else str(value): n for value, n in Counter(column).items()}
    for dim, column in zip(_DERIVED, columns[len(DIMENSIONS) :], strict=False):
        counts = Counter(column)
        del counts[None]
        totals[dim] = dict(counts)
    for place, (summed, counted) in enumerate(((SECONDS, TIMED), (WAITING, WAITED), (FEES, "")), start=-3):
        number: dict[str, int] = defaultdict(int)
        total: dict[str, int] = defaultdict(int)
        for service, amount in zip(columns[0], columns[place], strict=True):
            if amount is not None:
                number[service] += 1
                total[service] += amount
        totals[summed] = total
        if counted:
            totals[counted] = number
    return totals


def _sum(totals: Totals, more: Totals, sign: int = 1) -> Totals:
    """`totals`, with `more` added or taken away; zeros are left out."""
    for dim, values in more.items():
        known = totals.get(dim)
        if known is None:
            totals[dim] = {value: sign * number for value, number in values.items()}
            continue
        for value, number in values.items():
            known[value] = known.get(value, 0) + sign * number
    return totals


def _clean(values: dict[str, int]) -> dict[str, int]:
    if all(values.values()):
        return values
    return {value: number for value, number in values.items() if number}


def _portions(items: Mapping[_Key, Totals]) -> Iterator[dict[_Key, Totals]]:
    """The items, as many at a time as a statement takes parameters."""
    remaining = iter(items.items())
    while portion := dict(islice(remaining, _AT_ONCE)):
        yield portion


def _write_months(connection: Connection, database: Database, changed: Mapping[tuple[int, str], Totals]) -> None:
    places = {"places": list(changed)}
    known: dict[tuple[int, str], Totals] = defaultdict(dict)
    for dim, month, brigade, content in connection.execute(_MONTHS, places):
        known[month, brigade][dim] = orjson.loads(content)
    rows = [
        (dim, month, brigade, _json(values))
        for (month, brigade), totals in changed.items()
        for dim, values in ((dim, _clean(numbers)) for dim, numbers in _sum(known[month, brigade], totals).items())
        if values
    ]
    connection.execute(_NO_MONTHS, places)
    database.insert(connection, _rollup, rows)


def _write_visits(connection: Connection, database: Database, changed: Mapping[tuple[str, int, str], Totals]) -> None:
    visits = {"visits": list({visit for visit, _day, _brigade in changed})}
    known = {(row.visit, row.day, row.brigade): row for row in connection.execute(_VISITS, visits)}
    rows: list[tuple[object, ...]] = []
    for place, totals in changed.items():
        row = known.pop(place, None)
        whole = _sum(orjson.loads(row.content), totals) if row is not None else totals
        cleaned = {dim: values for dim, values in ((dim, _clean(numbers)) for dim, numbers in whole.items()) if values}
        if cleaned:
            rows.append((*place, sum(cleaned["mode"].values()), _json(cleaned)))
    connection.execute(_NO_VISITS, visits)
    database.insert(connection, _visit, [*rows, *map(tuple, known.values())])


def _json(content: Mapping[str, object]) -> str:
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


_DERIVED = (OUTCOME_OF, DURATION_BIN, WAITING_BIN)
_ALL = (*DIMENSIONS, *_DERIVED, SECONDS, WAITING, WAITED, FEES, TIMED)
# Every dimension is named, as words of ours and no parameters: the index begins with it.
_here = text(f"dim IN ({', '.join(map(repr, _ALL))})") & tuple_(_rollup.c.month, _rollup.c.brigade).in_(
    bindparam("places", expanding=True)
)
_MONTHS, _NO_MONTHS = select(_rollup).where(_here), _rollup.delete().where(_here)
_NO_FOLDED = _folded.delete().where(_folded.c.month.in_(bindparam("months", expanding=True)))
_these = _visit.c.visit.in_(bindparam("visits", expanding=True))
_VISITS, _NO_VISITS = select(_visit).where(_these), _visit.delete().where(_these)
