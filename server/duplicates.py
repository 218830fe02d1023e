"""Possible duplicates at the office: the domain's rule over whole visits, and the two decisions.

* Intake does nothing for them. Whoever asks brings the table up to the ledger first: the visits that new changes of
  sessions touched are looked at again, each whole, a bounded number of changes a transaction.
* Deciding writes changes of CENTRAL, with a reason; the pair that is no longer proposed is refused in words.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, select

from itinerant.domain import duplicates
from itinerant.domain.duplicates import Attention, Pair
from itinerant.domain.fields import VOID, Value
from itinerant.errors import UserError
from itinerant.log.change import Draft
from itinerant.texts import _
from server import central, ledger
from server.access import accesses
from server.office import Office
from server.records import chunks
from server.tables import RECORDS, ChangeRow, DuplicateRow, Meta, table

STRETCH = 5_000
"""Leaves of the ledger that one transaction catches up with."""

_UPTO = "duplicates_upto"
_change = table(ChangeRow)
_duplicate = table(DuplicateRow)
_meta = table(Meta)
_session = RECORDS["session"]


def listed(office: Office, *, at_once: bool = True) -> list[dict[str, object]]:
    """What is proposed now, the oldest first: `first`, `second`, `lost`, `visit`, `scope`, `found_at`.

    `at_once`: wait until all of the ledger was looked at; else look at one more stretch of it.
    """
    refresh(office, stretches=None if at_once else 1)
    with office.database.reader() as connection:
        return list(rows(connection))


def rows(connection: Connection) -> Iterator[dict[str, object]]:
    """The same, as it was when it was last brought up to the ledger."""
    statement = select(_duplicate).order_by(_duplicate.c.found_at, _duplicate.c.first, _duplicate.c.second)
    for row in connection.execute(statement).mappings():
        yield dict(row) | {"lost": bool(row["lost"])}


def behind(connection: Connection) -> int:
    """How many leaves of the ledger were not looked at yet."""
    return max(0, ledger.size(connection) - _upto(connection))


def refresh(office: Office, *, stretches: int | None = None) -> bool:
    """Bring the table up to the ledger, or at most so many stretches nearer to it; whether it is there."""
    while stretches is None or stretches > 0:
        with office.database.reader() as connection:
            if not behind(connection):
                return True
        with office.database.writer() as connection:
            ledger.lock(connection)
            _catch_up(connection, office.now_ms())
        stretches = None if stretches is None else stretches - 1
    return False


def confirm(office: Office, repeated: str, of: str, why: str, *, by: str) -> list[str]:
    """Annul `repeated`, which logs the same attention as `of`; answers with the changes.

    Raises `UserError` for a pair that is not proposed any more (code `no_duplicate`), or without a reason.
    """
    return _decide(office, repeated, of, why, by=by, action="duplicate.confirm")


def dismiss(office: Office, one: str, other: str, why: str, *, by: str) -> list[str]:
    """Write that they are two attentions: both count and are not proposed again. Raises as `confirm`."""
    return _decide(office, one, other, why, by=by, action="duplicate.dismiss")


def _decide(office: Office, one: str, other: str, why: str, *, by: str, action: str) -> list[str]:
    if not why.strip():
        raise UserError(_("Diga el motivo con --why."), place="why", code="required")
    refresh(office)
    with office.database.writer() as connection:
        ledger.lock(connection)
        known = _proposed(connection, one, other)
        rule = duplicates.confirming if action == "duplicate.confirm" else duplicates.dismissing
        drafts = [_draft(connection, ref, values, why) for ref, values in rule(known[one], known[other]).items()]
        links = central.write(connection, office, drafts, by=by)
        at = office.now_ms()
        accesses.note(connection, at=at, account=by, action=action, subject=f"{one} {other}", why=why)
    refresh(office)
    return [link.change.ref for link in links]


def _proposed(connection: Connection, one: str, other: str) -> Mapping[str, Attention]:
    """The sessions of the visit of a pair that is proposed at this moment."""
    first = {ref: visit for ref, visit in _visits_of(connection, {one, other}).items() if visit}
    found = _attentions(connection, set(first.values()))
    if not any({one, other} == {pair.first, pair.second} for pair in duplicates.find(found.values())):
        raise UserError(
            _("{one} y {other} no figuran como posibles duplicadas, o alguien ya lo decidió.").format(
                one=one, other=other
            ),
            next_step=_("Vea la lista de posibles duplicadas."),
            place=one,
            code="no_duplicate",
        )
    return found


def _draft(connection: Connection, ref: str, values: Mapping[str, Value], why: str) -> Draft:
    record = central.read(connection, ref)
    altered = {name: value for name, value in values.items() if name == VOID or record.values.get(name) != value}
    return Draft(record.kind, altered, record=ref, base=record.heads, why=why)


def _catch_up(connection: Connection, now_ms: int) -> None:
    start = _upto(connection)
    end = min(ledger.size(connection), start + STRETCH)
    here = (_change.c.position >= start) & (_change.c.position < end) & (_change.c.kind == "session")
    touched = set(connection.scalars(select(_change.c.record).where(here)))
    visits = {visit for visit in _visits_of(connection, touched).values() if visit}
    before: dict[Pair, int] = {}
    for chunk in chunks(touched):
        mine = _duplicate.c.first.in_(chunk) | _duplicate.c.second.in_(chunk)
        visits.update(connection.scalars(select(_duplicate.c.visit).where(mine)))
    for chunk in chunks(visits):
        known = connection.execute(select(_duplicate).where(_duplicate.c.visit.in_(chunk)))
        before |= {Pair(row.first, row.second, bool(row.lost)): row.found_at for row in known}
        connection.execute(_duplicate.delete().where(_duplicate.c.visit.in_(chunk)))
    rows_now = _rows(connection, visits, before, now_ms)
    if rows_now:
        connection.execute(_duplicate.insert(), rows_now)
    connection.execute(_meta.delete().where(_meta.c.name == _UPTO))
    connection.execute(_meta.insert().values(name=_UPTO, value=str(end)))


def _rows(
    connection: Connection, visits: Collection[str], before: Mapping[Pair, int], now_ms: int
) -> list[dict[str, object]]:
    known = _attentions(connection, visits)
    scopes = _scopes(connection, visits)
    by_visit: dict[str, list[Attention]] = defaultdict(list)
    for one in known.values():
        by_visit[one.visit].append(one)
    return [
        {
            "first": pair.first,
            "second": pair.second,
            "lost": pair.lost,
            "visit": visit,
            "scope": scopes.get(pair.first, ""),
            "found_at": before.get(pair, now_ms),
        }
        for visit, sessions in by_visit.items()
        for pair in duplicates.find(sessions)
    ]


def _upto(connection: Connection) -> int:
    """How far the table follows the ledger."""
    return int(connection.scalar(select(_meta.c.value).where(_meta.c.name == _UPTO)) or 0)


def _visits_of(connection: Connection, refs: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(refs):
        statement = select(_session.c.record, _session.c.visit).where(_session.c.record.in_(chunk))
        found |= {record: visit or "" for record, visit in connection.execute(statement)}
    return found


def _scopes(connection: Connection, visits: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(visits):
        statement = select(_session.c.record, _session.c.scope).where(_session.c.visit.in_(chunk))
        found |= {row.record: row.scope for row in connection.execute(statement)}
    return found


def _attentions(connection: Connection, visits: Collection[str]) -> dict[str, Attention]:
    """The sessions of some visits whose creating change is here, by number."""
    names = ("record", "made_by", "visit", "service", "terminal", "started_at", "duration_s", "void", "duplicate_of")
    columns = [_session.c[name] for name in names]
    found: dict[str, Attention] = {}
    for chunk in chunks(visits):
        statement = select(*columns, _session.c.distinct_from).where(_session.c.visit.in_(chunk), ~_session.c.partial)
        for row in connection.execute(statement).mappings():
            cells = {name: row[name] for name in names if name != "made_by"}
            distinct = tuple(json.loads(row["distinct_from"])) if row["distinct_from"] else ()
            found[row["record"]] = Attention(by=row["made_by"], distinct_from=distinct, **cells)
    return found
