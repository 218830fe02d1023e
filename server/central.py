"""The office as an author: catalogue, fleet and decisions are changes of CENTRAL's own log, like everybody's.

Functions work inside the caller's transaction; they check what a form would check and raise `UserError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from itinerant.domain.fields import VOID, Value
from itinerant.domain.kinds import KINDS
from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged, UserError
from itinerant.log.chain import Link
from itinerant.log.change import Draft, seal
from itinerant.log.merge import Record, merge
from itinerant.texts import _
from server import ledger, records
from server.exchange import chains
from server.exchange.admission import BRIGADE, Run, admit
from server.exchange.chains import MAIN, Place
from server.exchange.checks import judge
from server.office import Office
from server.tables import RECORDS


def write(
    connection: Connection, office: Office, drafts: Iterable[Draft], *, by: str, scope: str | None = None
) -> list[Link]:
    """Write drafts into CENTRAL's log, in order. `scope` overrides whose laptops receive them.

    Raises `UserError` for a draft that would land in quarantine: the office does not contradict itself.
    """
    end = ledger.lock(connection)
    at = office.now_ms()
    head = chains.branches(connection, CENTRAL)[MAIN]
    links: list[Link] = []
    for draft in drafts:
        try:
            link = Link.of(seal(draft, device=CENTRAL, seq=head.seq + 1, prev=head.hash, by=by, at=at))
        except Damaged as error:
            raise UserError(error.sentence, place=error.place) from error
        links.append(link)
        head = link.head
    objections = judge(links)
    if not links:
        return links
    for link, against in zip(links, objections, strict=True):
        if against is not None:
            raise UserError(against.sentence, place=against.field or link.change.ref, code=str(against.reason))
    admitted = admit(connection, office, end, Run(CENTRAL, "", links, objections, MAIN, at, scope))
    if admitted.aside:
        raise UserError(_("El cambio no corresponde al registro que corrige."), place=links[0].change.record)
    chains.advance(connection, CENTRAL, Place(MAIN, links))
    return links


def create(
    connection: Connection, office: Office, kind: str, items: Sequence[Mapping[str, Value]], *, by: str
) -> list[str]:
    """Make records of one kind; answers with their references. Fields left out take their defaults."""
    drafts = [Draft(kind, checked(kind, values)) for values in items]
    return [link.change.ref for link in write(connection, office, drafts, by=by)]


def amend(
    connection: Connection, office: Office, ref: str, values: Mapping[str, Value], *, by: str, why: str = ""
) -> bool:
    """Change fields of a record, on top of all that is known of it; false when they all had that value already.

    A record that moves to another brigade carries all its fields: its new laptops have not seen it before.
    """
    return amend_many(connection, office, {ref: values}, by=by, why=why) == 1


def amend_many(
    connection: Connection, office: Office, items: Mapping[str, Mapping[str, Value]], *, by: str, why: str = ""
) -> int:
    """`amend` for several records at once, by reference; answers with how many really changed."""
    placed = records.load(connection, items)
    drafts: list[Draft] = []
    for ref, values in items.items():
        if ref not in placed:
            raise _no_such(ref)
        record = merge(item.change for item in placed[ref])
        fresh = {name: value for name, value in values.items() if _differs(record, name, value)}
        for problem in KINDS[record.kind].problems(fresh, partial=True):
            raise UserError(problem.sentence, place=problem.field, code=problem.code)
        if BRIGADE in fresh:
            fresh = {**record.values, **fresh}
        if fresh:
            drafts.append(Draft(record.kind, fresh, record=ref, base=record.heads, why=why))
    write(connection, office, drafts, by=by)
    return len(drafts)


def read(connection: Connection, ref: str) -> Record:
    """The record as the ledger makes it; raises `UserError` when there is none."""
    placed = records.load(connection, [ref]).get(ref)
    if not placed:
        raise _no_such(ref)
    return merge(item.change for item in placed)


def by_code(connection: Connection, kind: str) -> dict[str, str]:
    """The record of each code of a catalogue, voided ones left out."""
    table = RECORDS[kind]
    column = table.c[KINDS[kind].code_field]
    statement = select(column, table.c.record).where(~table.c.void, ~table.c.partial).order_by(table.c.made_seq.desc())
    return {row[0]: row[1] for row in connection.execute(statement)}


def checked(kind: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values given, and the declared defaults of the fields left out; raises `UserError` at the first problem."""
    declared = KINDS[kind]
    complete = {item.name: item.default for item in declared.fields if item.default is not None} | dict(values)
    for problem in declared.problems(complete):
        raise UserError(problem.sentence, place=problem.field, code=problem.code)
    return complete


def _no_such(ref: str) -> UserError:
    return UserError(_("No hay ningún registro {ref}.").format(ref=ref), place=ref, code="unknown_record")


def _differs(record: Record, name: str, value: Value) -> bool:
    before = record.void if name == VOID else record.values.get(name)
    contested = any(conflict.field == name for conflict in record.conflicts)
    return contested or type(before) is not type(value) or before != value
