"""Totals of a period from the roll-ups: whole months by month, the days at the ends by visit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Select, and_, func, or_, select

from itinerant.domain import rules
from server import records
from server.reports.period import Period
from server.tables import RECORDS, RollupMonthRow, RollupRow, RollupVisitRow, table

_rollup = table(RollupRow)
_by_visit = table(RollupVisitRow)
_folded = table(RollupMonthRow)
_visit, _stop = RECORDS["visit"], RECORDS["stop"]

Totals = dict[str, dict[str, int]]

NO_DATE = 0
"""The day of what has none."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: a period; and one brigade, places (a UBIGEO's first digits) or a campaign, if asked."""

    period: Period
    brigade: str = ""
    ubigeo: str = ""
    campaign: str = ""

    @property
    def by_visits(self) -> bool:
        """Whether it can only be added up from visits."""
        return bool(self.ubigeo or self.campaign)


def totals(connection: Connection, scope: Scope, dims: Collection[str]) -> Totals:
    """The numbers of each dimension and value."""
    found: Totals = {dim: {} for dim in dims}
    for _brigade, dim, content in _parts(connection, scope, dims):
        _sum(found[dim], content)
    return found


def ever(connection: Connection, dim: str) -> dict[str, int]:
    """The numbers of one dimension over all that there is, sessions without a date included."""
    found: dict[str, int] = {}
    folded = select(_folded.c.content).where(_folded.c.dim == dim)
    others = _rollup.c.month.not_in(select(_folded.c.month).distinct())
    for part in (folded, select(_rollup.c.content).where(_rollup.c.dim == dim, others)):
        for content in connection.scalars(part):
            _sum(found, orjson.loads(content))
    return found


def by_brigade(connection: Connection, scope: Scope, dim: str) -> dict[str, dict[str, int]]:
    """The numbers of one dimension, brigade by brigade."""
    found: dict[str, dict[str, int]] = {}
    for brigade, _dim, content in _parts(connection, scope, [dim], apart=True):
        _sum(found.setdefault(brigade, {}), content)
    return found


def by_month(connection: Connection, scope: Scope) -> dict[int, int]:
    """Sessions of each month (202511) that the period touches."""
    first, last = scope.period.numbers
    wanted = [_by_visit.c.day.between(first, last), *_narrowed(connection, scope)]
    statement = select(_by_visit.c.day, func.sum(_by_visit.c.sessions)).where(*wanted).group_by(_by_visit.c.day)
    found: dict[int, int] = {}
    for day, count in connection.execute(statement):
        found[day // 100] = found.get(day // 100, 0) + int(count)
    return found


def by_place(connection: Connection, scope: Scope) -> list[tuple[str, int, int]]:
    """Sessions and visits of each district (empty: not known)."""
    return [(str(code or ""), sessions, visits) for code, sessions, visits in _grouped(connection, scope, _district())]


def by_campaign(connection: Connection, scope: Scope) -> list[tuple[str, int, int]]:
    """Sessions and visits of each campaign (its record; empty: none)."""
    return [
        (str(ref or ""), sessions, visits) for ref, sessions, visits in _grouped(connection, scope, _stop.c.campaign)
    ]


def few_terminals(connection: Connection, scope: Scope, most: int) -> tuple[int, Sequence[Any]]:
    """The visits of the period with fewer terminals than the rule asks for (`rules.terminals_required`): how many, and
    record, scope, place, capacity and terminals of the latest `most`."""
    capacity = func.coalesce(_visit.c.capacity, _stop.c.capacity)
    present = func.coalesce(_visit.c.terminals, 0)
    columns = (
        _visit.c.record, _visit.c.scope, func.coalesce(_visit.c.place, _stop.c.place).label("place"),
        capacity.label("capacity"), present.label("terminals"),
    )  # fmt: skip
    few = (present == 0) | (capacity > present * rules.PEOPLE_PER_TERMINAL + rules.PEOPLE_PER_TERMINAL // 2)
    count = connection.scalar(_visits(scope, (func.count(),)).where(few)) or 0
    order = (_visit.c.opened_at.desc(), _visit.c.record)
    return count, connection.execute(_visits(scope, columns).where(few).order_by(*order).limit(most)).all()


def reached(connection: Connection, scope: Scope) -> set[str]:
    """The districts with a visit in the period."""
    return {code for code in connection.scalars(_visits(scope, (_district(),)).distinct()) if code}


def _visits(scope: Scope, columns: Sequence[Any]) -> Select[Any]:
    """Of the visits of the period that are not annulled."""
    first, after = scope.period.instants()
    wanted: list[Any] = [~_visit.c.void, ~_visit.c.partial, _visit.c.opened_at >= first, _visit.c.opened_at < after]
    if scope.brigade:
        wanted.append(_visit.c.scope == scope.brigade)
    if scope.ubigeo:
        wanted.append(_district().like(f"{scope.ubigeo}%"))
    if scope.campaign:
        wanted.append(_stop.c.campaign == scope.campaign)
    joined = _visit.outerjoin(_stop, _stop.c.record == _visit.c.stop)
    return select(*columns).select_from(joined).where(*wanted)


def _parts(
    connection: Connection, scope: Scope, dims: Collection[str], *, apart: bool = False
) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    """Pieces that add up to a scope: brigade (empty for all together, unless `apart`), dimension, numbers."""
    period = scope.period
    if scope.by_visits:
        ranges = [period.numbers]
    else:
        ranges = list(period.edges())
        months = period.months()
        wanted: list[Any] = [_rollup.c.dim.in_(list(dims))]
        if months:
            wanted.append(_rollup.c.month.between(months[0], months[-1]))
            if scope.brigade:
                wanted.append(_rollup.c.brigade == scope.brigade)
            elif not apart:
                inside = _folded.c.month.between(months[0], months[-1])
                wanted.append(_rollup.c.month.not_in(select(_folded.c.month).where(inside).distinct()))
                together = select(_folded.c.dim, _folded.c.content).where(inside, _folded.c.dim.in_(list(dims)))
                for dim, content in connection.execute(together):
                    yield "", dim, orjson.loads(content)
            statement = select(_rollup.c.brigade, _rollup.c.dim, _rollup.c.content).where(*wanted)
            for brigade, dim, content in connection.execute(statement):
                yield brigade, dim, orjson.loads(content)
    if not ranges:
        return
    days = or_(*(_by_visit.c.day.between(first, last) for first, last in ranges))
    for chunk in _visit_chunks(connection, scope):
        statement = select(_by_visit.c.brigade, _by_visit.c.content).where(days, *chunk)
        for brigade, content in connection.execute(statement):
            whole = orjson.loads(content)
            for dim in dims:
                if dim in whole:
                    yield brigade, dim, whole[dim]


def _visit_chunks(connection: Connection, scope: Scope) -> Iterator[list[Any]]:
    """Conditions that together choose the visits of a scope, each small enough for a statement."""
    brigade = [_by_visit.c.brigade == scope.brigade] if scope.brigade else []
    if not scope.by_visits:
        yield brigade
        return
    for chunk in records.chunks(_of_places(connection, scope)):
        yield [_by_visit.c.visit.in_(chunk), *brigade]


def _of_places(connection: Connection, scope: Scope) -> list[str]:
    wanted: list[Any] = [~_visit.c.void]
    if scope.ubigeo:
        wanted.append(_district().like(f"{scope.ubigeo}%"))
    if scope.campaign:
        wanted.append(_stop.c.campaign == scope.campaign)
    joined = _visit.outerjoin(_stop, _stop.c.record == _visit.c.stop)
    return list(connection.scalars(select(_visit.c.record).select_from(joined).where(*wanted)))


def _narrowed(connection: Connection, scope: Scope) -> list[Any]:
    wanted = [_by_visit.c.brigade == scope.brigade] if scope.brigade else []
    if scope.by_visits:
        wanted.append(or_(*(_by_visit.c.visit.in_(some) for some in records.chunks(_of_places(connection, scope)))))
    return wanted


def _grouped(connection: Connection, scope: Scope, by: Any) -> list[tuple[Any, int, int]]:
    first, last = scope.period.numbers
    wanted: list[Any] = [_by_visit.c.day.between(first, last)]
    if scope.brigade:
        wanted.append(_by_visit.c.brigade == scope.brigade)
    places: list[Any] = []
    if scope.ubigeo:
        places.append(_district().like(f"{scope.ubigeo}%"))
    if scope.campaign:
        places.append(_stop.c.campaign == scope.campaign)
    sessions = func.sum(_by_visit.c.sessions).label("sessions")
    each = select(_by_visit.c.visit, sessions).where(*wanted).group_by(_by_visit.c.visit).subquery()
    joined = each.outerjoin(_visit, and_(_visit.c.record == each.c.visit, ~_visit.c.void)).outerjoin(
        _stop, _stop.c.record == _visit.c.stop
    )
    statement = select(by, func.sum(each.c.sessions), func.count()).select_from(joined).where(*places).group_by(by)
    return [(key, int(sessions), int(count)) for key, sessions, count in connection.execute(statement)]


def _district() -> Any:
    return func.coalesce(_visit.c.ubigeo, _stop.c.ubigeo)


def _sum(into: dict[str, int], more: Mapping[str, int]) -> None:
    for value, number in more.items():
        into[value] = into.get(value, 0) + number
