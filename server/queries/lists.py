"""Records a page at a time, newest first, and one record with its whole history.

* Sessions and visits are followed back along the ledger, a stretch at a time: a page costs the same whatever the
  history's size, and a filter that fits few says how far it looked.
* Other kinds are few: they are read by the time when they were made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, and_, or_, select

from itinerant.domain.fields import VOID, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.log.change import Change
from itinerant.log.merge import Record, history, merge
from itinerant.tables import from_cell
from itinerant.texts import _
from server import ledger, records
from server.reports.period import Period
from server.tables import RECORDS, ChangeRow, table

PAGE = 50
STRETCH = 20_000
"""Leaves of the ledger that one page looks through at most."""
MANY = ("session",)
"""Kinds of which there are too many to sort."""

_change = table(ChangeRow)


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a list. `made_by` is a person's code, `author` a laptop's; `made_at` that laptop's clock (ms)."""

    record: str
    values: Mapping[str, Value]
    void: bool
    conflicts: int
    author: str
    made_by: str
    made_at: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. `after` asks for the next one, empty at the end; `looked_back` when it ended for having looked
    long enough, not for being full."""

    lines: Sequence[Line]
    after: str
    looked_back: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One change of a record's history, with its place in the ledger (None: it is not there)."""

    change: Change
    position: int | None


def page(
    connection: Connection, kind: str, where: Mapping[str, Value], after: str = "", *, voided: bool | None = None
) -> Page:
    """A page of records of a kind whose fields have these values; `scope` among them asks for a brigade's.

    `voided`: only the annulled, or only the others. `after` is what the page before gave. Raises `UserError` for an
    unknown kind or field.
    """
    if kind not in KINDS:
        raise UserError(_("No existe la clase «{kind}».").format(kind=kind), place="kind", code="unknown_kind")
    source = RECORDS[kind]
    wanted = [~source.c.partial]
    for name, value in where.items():
        if name in _ENDS:
            wanted.append(_ends(source, name, str(value)))
            continue
        if name != "scope" and name not in KINDS[kind].by_name:
            raise UserError(_("Este campo no existe en el formulario."), place=name, code="unknown_field")
        number = name in KINDS[kind].by_name and KINDS[kind].by_name[name].type in (Type.INTEGER, Type.INSTANT)
        wanted.append(source.c[name] == (_number(str(value)) if number else value))
    if voided is not None:
        wanted.append(source.c.void == voided)
    return (_along_the_ledger if kind in MANY else _by_time)(connection, kind, wanted, after)


_ENDS = ("dia_desde", "dia_hasta")
"""Filters by day of sessions: from one (`2026-11-23`), up to another."""


def _ends(source: Table, name: str, day: str) -> Any:
    first, after = Period.of(day, day, 0).instants()
    return source.c.started_at >= first if name == _ENDS[0] else source.c.started_at < after


def _along_the_ledger(connection: Connection, kind: str, wanted: Sequence[Any], after: str) -> Page:
    source = RECORDS[kind]
    before = _number(after) if after else ledger.size(connection)
    floor = max(0, before - STRETCH)
    here = (_change.c.position < before) & (_change.c.position >= floor) & (_change.c.kind == kind) & _change.c.creates
    statement = (
        select(source, _change.c.position)
        .join(_change, _change.c.record == source.c.record)
        .where(here, *wanted)
        .order_by(_change.c.position.desc())
        .limit(PAGE + 1)
    )
    rows = connection.execute(statement).mappings().all()
    lines = [_line(kind, row) for row in rows[:PAGE]]
    if len(rows) > PAGE:
        return Page(lines, str(rows[PAGE - 1]["position"]))
    return Page(lines, str(floor) if floor else "", looked_back=floor > 0)


def _by_time(connection: Connection, kind: str, wanted: Sequence[Any], after: str) -> Page:
    source = RECORDS[kind]
    if after:
        at, _dot, ref = after.partition(".")
        since = _number(at)
        wanted = [*wanted, or_(source.c.made_at < since, and_(source.c.made_at == since, source.c.record < ref))]
    statement = select(source).where(*wanted).order_by(source.c.made_at.desc(), source.c.record.desc()).limit(PAGE + 1)
    rows = connection.execute(statement).mappings().all()
    lines = [_line(kind, row) for row in rows[:PAGE]]
    return Page(lines, f"{lines[-1].made_at}.{lines[-1].record}" if len(rows) > PAGE else "")


def one(connection: Connection, ref: str) -> tuple[Record, Sequence[Told]] | None:
    """A record as the ledger makes it, and its changes, each after what it was based on; None when there is none."""
    placed = records.load(connection, [ref]).get(ref)
    if not placed:
        return None
    changes = [item.change for item in placed]
    positions: dict[str, int] = {}
    for device in {change.device for change in changes}:
        seqs = [change.seq for change in changes if change.device == device]
        for chunk in records.chunks(seqs):
            mine = (_change.c.device == device) & _change.c.seq.in_(chunk)
            found = connection.execute(select(_change.c.seq, _change.c.position).where(mine))
            positions |= {f"{device}-{seq}": position for seq, position in found}
    told = [Told(change, positions.get(change.ref)) for change in history(changes)]
    return merge(changes), told


def names(connection: Connection, kind: str) -> dict[str, str]:
    """What the codes (or the records) of a kind are called, for lists and choices; annulled ones too."""
    source, declared = RECORDS[kind], KINDS[kind]
    key = source.c[declared.code_field] if declared.code_field else source.c.record
    label = next((source.c[name] for name in ("name", "subject", "place") if name in declared.by_name), key)
    statement = select(key, label).where(~source.c.partial).order_by(label)
    return {code: str(text or code) for code, text in connection.execute(statement) if code}


def by_record(connection: Connection, kind: str) -> dict[str, str]:
    """What the records of a kind with names are called; the annulled are left out."""
    source = RECORDS[kind]
    statement = select(source.c.record, source.c.name).where(~source.c.void, ~source.c.partial).order_by(source.c.name)
    return {ref: str(name or ref) for ref, name in connection.execute(statement)}


def _line(kind: str, row: Mapping[Any, Any]) -> Line:
    values = {item.name: from_cell(item, row[item.name]) for item in KINDS[kind].fields}
    return Line(
        record=row["record"],
        values=values,
        void=bool(row[VOID]),
        conflicts=row["conflicts"],
        author=row["author"],
        made_by=row["made_by"],
        made_at=row["made_at"],
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise UserError(_("La página pedida no existe."), place="desde", code="page")
    return int(text)
