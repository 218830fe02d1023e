"""Record tables are a view of the log: how they follow it, change by change, and how they are made anew.

* A record that one change made, which is almost every record, is written as that change says; any other is merged
  again from all its changes.
* Part of a record forgotten, or a kind of a later version: its changes are kept, and no table shows it. A change of a
  later version is kept and looked at by none; once the program reads it, the tables are made anew.
* Whatever goes through all of the log (`rebuild`, `differing`) goes through it once, in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.schema import CreateIndex, CreateTable

from itinerant.domain.fields import VOID
from itinerant.log.change import VERSION, Change, order
from itinerant.log.merge import Conflict, Record, merge
from itinerant.store.disk import meta
from itinerant.store.disk.database import ask, do_many
from itinerant.store.disk.shapes import SHAPES, Row, Shape, StoredRecord
from itinerant.store.reading.records import conflicts


class Arrived(NamedTuple):
    """A change with its order of arrival; None for one that was forgotten."""

    n: int
    change: Change | None


_READ = "change_version"
"""Name of the value that says which version of changes the tables were made from."""

_OF_RECORD = (
    "SELECT n, body FROM change WHERE device = ? AND seq = ? AND amends = ''"
    " UNION ALL SELECT n, body FROM change WHERE amends = ? AND amends <> '' ORDER BY n"
)
_ALL = "SELECT iif(amends = '', device || '-' || seq, amends) AS record, n, body FROM change ORDER BY record, n"
_AMENDED = "SELECT DISTINCT amends FROM change WHERE amends <> '' AND amends IN (SELECT value FROM json_each(?))"


def stored(body: bytes) -> Change:
    """The change of bytes that we wrote: they were canonical then, and each page of the file is authenticated."""
    value = json.loads(body)
    value["base"] = tuple(value["base"])
    return Change(**value)


def changes(connection: Connection, ref: str) -> list[Arrived]:
    """Every change of a record that is here, in order of arrival."""
    rows = ask(connection, _OF_RECORD, *order(ref), ref)
    return [Arrived(n, None if body is None else stored(body)) for n, body in rows]


def forgotten(connection: Connection, ref: str) -> bool:
    """Whether the record was erased here; a change that comes later keeps its hash alone, like the others."""
    return any(item.change is None for item in changes(connection, ref))


def follow(connection: Connection, written: Sequence[tuple[int, Change]]) -> None:
    """Bring the tables up to changes that were just written, each with its order of arrival."""
    if not written:
        return
    made = json.dumps([change.record for _n, change in written if change.creates])
    amended = {ref for (ref,) in ask(connection, _AMENDED, made)}
    alone: dict[str, list[Row]] = {}
    again: dict[str, None] = {}
    for n, change in written:
        if not change.creates or change.record in amended:
            again[change.record] = None
        elif change.kind in SHAPES and change.v <= VERSION:
            alone.setdefault(change.kind, []).append(_alone(n, change))
    for kind, rows in alone.items():
        do_many(connection, SHAPES[kind].put, rows)
    for ref in again:
        renew(connection, ref)


def renew(connection: Connection, ref: str) -> None:
    """Merge a record again from all its changes and write what comes out, conflicts included."""
    made = _make(changes(connection, ref))
    if made is None:
        return
    for kind in made.others & SHAPES.keys():
        connection.exec_driver_sql(SHAPES[kind].delete, (made.row[0],))
    connection.exec_driver_sql(made.shape.put, made.row)
    connection.exec_driver_sql("DELETE FROM conflict WHERE record = ?", (ref,))
    _keep(connection, made.record.conflicts)


def erase(connection: Connection, record: StoredRecord) -> None:
    """Take a record and its conflicts out of the tables; its changes are the journal's."""
    connection.exec_driver_sql("DELETE FROM conflict WHERE record = ?", (record.record,))
    connection.exec_driver_sql(SHAPES[record.kind].delete, (record.n,))


def adapt(connection: Connection) -> bool:
    """Make the tables fit the declarations: new kinds and new fields. Whether they have to be made anew: something
    had to change, or changes are read now that were not."""
    read = (meta.load(connection, _READ) or {"v": VERSION})["v"]
    changed = bool(read < VERSION)
    meta.save(connection, _READ, {"v": VERSION})
    for shape in SHAPES.values():
        present = {name for (name,) in ask(connection, f"SELECT name FROM pragma_table_info('{shape.name}')")}  # noqa: S608 - a declaration's name
        if not present:
            connection.execute(CreateTable(shape.table))
            for index in shape.table.indexes:
                connection.execute(CreateIndex(index))
            changed = True
        for column in shape.table.columns:
            if present and column.name not in present:
                kind = column.type.compile(connection.dialect)
                connection.exec_driver_sql(f'ALTER TABLE {shape.name} ADD COLUMN "{column.name}" {kind}')
                changed = True
    return changed


def rebuild(connection: Connection) -> int:
    """Make every record anew from the log and return how many there are: the log is the truth, tables are a view."""
    connection.exec_driver_sql("DELETE FROM conflict")
    for shape in SHAPES.values():
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {shape.name}")
    adapt(connection)
    rows: dict[Shape, list[Row]] = {}
    disputed: list[Conflict] = []
    for made in _everything(connection):
        rows.setdefault(made.shape, []).append(made.row)
        disputed.extend(made.record.conflicts)
    for shape, of_shape in rows.items():
        do_many(connection, shape.put, sorted(of_shape, key=itemgetter(0)))
    _keep(connection, disputed)
    return sum(map(len, rows.values()))


def differing(connection: Connection) -> list[str]:
    """The numbers of the records that the tables do not hold as the log makes them, or that the log does not make."""
    held = {(shape, row[0]): row for shape in SHAPES.values() for row in ask(connection, shape.select)}
    disputed = {(one.record, one.field): one for one in conflicts(connection)}
    found: list[str] = []
    for made in _everything(connection):
        same = held.pop((made.shape, made.row[0]), None) == made.row
        for one in made.record.conflicts:
            same &= disputed.pop((one.record, one.field), None) == one
        if not same:
            found.append(made.record.ref)
    return [*found, *(row[1] for row in held.values()), *(record for record, _field in disputed)]


class _Made(NamedTuple):
    """A record as its changes make it, its table and row; `others`: kinds that some of its changes call it by."""

    record: Record
    shape: Shape
    row: Row
    others: set[str]


def _make(arrived: Sequence[Arrived]) -> _Made | None:
    known = [item.change for item in arrived if item.change is not None]
    if len(known) < len(arrived):
        return None
    known = [change for change in known if change.v <= VERSION]
    if not known:
        return None
    record = merge(known)
    shape = SHAPES.get(record.kind)
    if shape is None:
        return None
    made = next((change for change in known if change.creates), known[0])
    row = shape.row(arrived[0].n, record, made, max(change.at for change in known))
    return _Made(record, shape, row, {change.kind for change in known} - {record.kind})


def _alone(n: int, change: Change) -> Row:
    record = Record(change.ref, change.kind, change.set, change.set.get(VOID) is True, (change.ref,))
    return SHAPES[change.kind].row(n, record, change, change.at)


def _everything(connection: Connection) -> Iterator[_Made]:
    """Each record as the log makes it."""
    for _ref, rows in groupby(ask(connection, _ALL), key=itemgetter(0)):
        made = _make([Arrived(n, None if body is None else stored(body)) for _record, n, body in rows])
        if made is not None:
            yield made


def _keep(connection: Connection, disputed: Iterable[Conflict]) -> None:
    rows = [
        (
            one.record,
            one.field,
            one.kind,
            json.dumps(one.base),
            json.dumps(one.provisional),
            json.dumps([[item.value, item.change, item.by, item.at] for item in one.candidates]),
        )
        for one in disputed
    ]
    do_many(connection, "INSERT INTO conflict VALUES (?, ?, ?, ?, ?, ?)", rows)
