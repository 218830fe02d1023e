"""Records as tables: one a kind, derived from the domain, written from what merge says and read in pages.

* A record table is a view of the log that can be made anew at any time (`rebuild`).
* `n` is the order of arrival on this laptop: the number of the record's first change here. It is the key of the rows
  and of the pages, for no clock is trusted.
* `words` holds what a person may search a record by, folded (no accents, no capitals); it lives inside the
  encrypted file like everything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Integer, Table, Text
from sqlalchemy.schema import CreateIndex, CreateTable

from itinerant.domain.fields import VOID, Kind, Value, is_reference
from itinerant.domain.kinds import KINDS
from itinerant.domain.lookup import fold
from itinerant.log.change import Change, order
from itinerant.log.merge import Candidate, Conflict, Record, merge
from itinerant.store.schema import METADATA
from itinerant.store.search import words
from itinerant.tables import from_cell, record_table, to_cell


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as the screen and the commands show it.

    `values` has every declared field; `heads` is the base of the next change; `conflicts` counts the fields with
    several candidates. `made_at` and `changed_at` are the authors' clocks in ms, `n` this laptop's order.
    """

    record: str
    kind: str
    values: Mapping[str, Value]
    void: bool
    made_by: str
    made_at: int
    changed_at: int
    heads: tuple[str, ...]
    conflicts: int
    n: int

    def flat(self) -> dict[str, Value]:
        """The flat object of the commands: number, void and fields."""
        return {"record": self.record, VOID: self.void, **self.values}


_BOOKKEEPING = ("n", "record", "made_by", "made_at", "changed_at", "heads", "conflicts", "words", VOID)


def _derive(kind: Kind) -> Table:
    return record_table(
        kind,
        METADATA,
        Column("n", Integer, primary_key=True),
        Column("record", Text, nullable=False),
        Column("made_by", Text, nullable=False),
        Column("made_at", Integer, nullable=False),
        Column("changed_at", Integer, nullable=False),
        Column("heads", Text, nullable=False),
        Column("conflicts", Integer, nullable=False),
        Column("words", Text, nullable=False),
    )


class _Shape:
    """One kind's table with its statements made once."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.table = _derive(kind)
        self.name = self.table.name
        self.fields = kind.fields
        names = [*_BOOKKEEPING, *(item.name for item in kind.fields)]
        columns = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join("?" * len(names))
        self.select = f"SELECT {columns} FROM {self.name}"  # noqa: S608 - names of the declarations, values are bound
        self.put = f"INSERT OR REPLACE INTO {self.name} ({columns}) VALUES ({marks})"  # noqa: S608 - likewise
        self.delete = f"DELETE FROM {self.name} WHERE n = ?"  # noqa: S608 - likewise

    def row(self, n: int, record: Record, made: Change, changed_at: int) -> tuple[Any, ...]:
        values = record.values
        return (
            n,
            record.ref,
            made.by,
            made.at,
            changed_at,
            json.dumps(record.heads),
            len(record.conflicts),
            words(self.kind, record.ref, made.by, values),
            record.void,
            *(to_cell(values.get(item.name)) for item in self.fields),
        )

    def read(self, row: Any) -> StoredRecord:
        n, ref, made_by, made_at, changed_at, heads, conflicts, _words, void, *cells = row
        return StoredRecord(
            record=ref,
            kind=self.kind.name,
            values={item.name: from_cell(item, cell) for item, cell in zip(self.fields, cells, strict=True)},
            void=bool(void),
            made_by=made_by,
            made_at=made_at,
            changed_at=changed_at,
            heads=tuple(json.loads(heads)),
            conflicts=conflicts,
            n=n,
        )


SHAPES: Mapping[str, _Shape] = {name: _Shape(kind) for name, kind in KINDS.items()}


class Arrived(NamedTuple):
    """A change with its order of arrival; None for one that was forgotten."""

    n: int
    change: Change | None


_OF_RECORD = (
    "SELECT n, body FROM change WHERE device = ? AND seq = ? AND amends = ''"
    " UNION ALL SELECT n, body FROM change WHERE amends = ? AND amends <> '' ORDER BY n"
)


def changes(connection: Connection, ref: str) -> list[Arrived]:
    """Every change of a record that is here, in order of arrival."""
    rows = connection.exec_driver_sql(_OF_RECORD, (*order(ref), ref))
    return [Arrived(n, None if body is None else Change.from_bytes(body)) for n, body in rows]


def forgotten(connection: Connection, ref: str) -> bool:
    """Whether the record was erased here; a change that comes later keeps its hash alone, like the others."""
    return any(item.change is None for item in changes(connection, ref))


def add(connection: Connection, n: int, change: Change) -> None:
    """Write the record that a creating change makes, when no other change names it yet. `n`: the change's arrival."""
    shape = SHAPES[change.kind]
    record = Record(change.ref, change.kind, change.set, change.set.get(VOID) is True, (change.ref,))
    connection.exec_driver_sql(shape.put, shape.row(n, record, change, change.at))


def renew(connection: Connection, ref: str) -> Record | None:
    """Merge a record again from all its changes and write what comes out, conflicts included.

    None when part of it was forgotten or its kind is unknown to this version: then nothing is written.
    """
    made = _make(connection, ref)
    if made is None:
        return None
    for kind in made.others & SHAPES.keys():
        connection.exec_driver_sql(SHAPES[kind].delete, (made.row[0],))
    connection.exec_driver_sql(made.shape.put, made.row)
    _keep_conflicts(connection, made.record)
    return made.record


class _Made(NamedTuple):
    """A record as its changes make it, its table and row; `others`: kinds that some of its changes call it by."""

    record: Record
    shape: _Shape
    row: tuple[Any, ...]
    others: set[str]


def _make(connection: Connection, ref: str) -> _Made | None:
    arrived = changes(connection, ref)
    known = [item.change for item in arrived if item.change is not None]
    if not known or len(known) < len(arrived):
        return None
    record = merge(known)
    shape = SHAPES.get(record.kind)
    if shape is None:
        return None
    made = next((change for change in known if change.creates), known[0])
    row = shape.row(arrived[0].n, record, made, max(change.at for change in known))
    return _Made(record, shape, row, {change.kind for change in known} - {record.kind})


def erase(connection: Connection, record: StoredRecord) -> None:
    """Take a record and its conflicts out of the tables; its changes are the journal's."""
    connection.exec_driver_sql("DELETE FROM conflict WHERE record = ?", (record.record,))
    connection.exec_driver_sql(SHAPES[record.kind].delete, (record.n,))


def get(connection: Connection, ref: str) -> StoredRecord | None:
    """The record of that number, or None."""
    if not is_reference(ref):
        return None
    arrived = changes(connection, ref)
    for kind in {item.change.kind for item in arrived if item.change is not None} & SHAPES.keys():
        shape = SHAPES[kind]
        row = connection.exec_driver_sql(f"{shape.select} WHERE n = ?", (arrived[0].n,)).first()
        if row is not None:
            return shape.read(row)
    return None


def _keep_conflicts(connection: Connection, record: Record) -> None:
    connection.exec_driver_sql("DELETE FROM conflict WHERE record = ?", (record.ref,))
    rows = [
        (
            record.ref,
            one.field,
            one.kind,
            json.dumps(one.base),
            json.dumps(one.provisional),
            json.dumps([[item.value, item.change, item.by, item.at] for item in one.candidates]),
        )
        for one in record.conflicts
    ]
    if rows:
        connection.exec_driver_sql("INSERT INTO conflict VALUES (?, ?, ?, ?, ?, ?)", rows)


def conflicts(connection: Connection, ref: str = "") -> list[Conflict]:
    """The open conflicts, of one record or of all, those of the latest records first."""
    where, bound = (" WHERE record = ?", (ref,)) if ref else ("", ())
    rows = connection.exec_driver_sql(
        f"SELECT record, kind, field, base, provisional, candidates FROM conflict{where} ORDER BY rowid DESC",  # noqa: S608 - fixed text
        bound,
    )
    return [
        Conflict(
            record,
            kind,
            field,
            json.loads(base),
            json.loads(provisional),
            tuple(Candidate(*item) for item in json.loads(candidates)),
        )
        for record, kind, field, base, provisional, candidates in rows
    ]


def page(
    connection: Connection,
    kind: str,
    *,
    where: Mapping[str, Value],
    text: str = "",
    also: Mapping[str, Iterable[str]] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[StoredRecord]:
    """A page of a kind's records, latest first, that follows the record whose `n` is `before`.

    `where` holds equal values by field (or `void`); every word of `text` must be part of the record's words, or, for
    a word that is a key of `also`, the record's service may be one of its codes.
    """
    shape = SHAPES[kind]
    tests, bound = _tests(shape.kind, where)
    for word in fold(text).split():
        codes = list((also or {}).get(word, ()))
        either = f" OR service IN ({', '.join('?' * len(codes))})" if codes else ""
        tests.append(f"(instr(words, ?) > 0{either})")
        bound.extend([word, *codes])
    if before is not None:
        tests.append("n < ?")
        bound.append(before)
    condition = f" WHERE {' AND '.join(tests)}" if tests else ""
    statement = f"{shape.select}{condition} ORDER BY n DESC LIMIT ?"
    return [shape.read(row) for row in connection.exec_driver_sql(statement, (*bound, limit))]


def _tests(kind: Kind, where: Mapping[str, Value]) -> tuple[list[str], list[Any]]:
    tests: list[str] = []
    bound: list[Any] = []
    for name, value in where.items():
        if name != VOID and name not in kind.by_name:
            raise KeyError(name)
        if value is None:
            tests.append(f'"{name}" IS NULL')
        else:
            tests.append(f'"{name}" = ?')
            bound.append(to_cell(value))
    return tests, bound


def adapt(connection: Connection) -> bool:
    """Make the tables fit the declarations: new kinds and new fields. Whether anything had to change."""
    changed = False
    for shape in SHAPES.values():
        name = shape.name
        present = set(connection.exec_driver_sql(f"SELECT name FROM pragma_table_info('{name}')").scalars())  # noqa: S608 - a declaration's name
        if not present:
            connection.execute(CreateTable(shape.table))
            for index in shape.table.indexes:
                connection.execute(CreateIndex(index))
            changed = True
        for column in shape.table.columns:
            if present and column.name not in present:
                kind = column.type.compile(connection.dialect)
                connection.exec_driver_sql(f'ALTER TABLE {name} ADD COLUMN "{column.name}" {kind}')
                changed = True
    return changed


_ALL = "SELECT DISTINCT iif(amends = '', device || '-' || seq, amends) FROM change"


def rebuild(connection: Connection) -> int:
    """Make every record anew from the log and return how many there are: the log is the truth, tables are a view."""
    connection.exec_driver_sql("DELETE FROM conflict")
    for shape in SHAPES.values():
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {shape.name}")
    adapt(connection)
    return sum(renew(connection, ref) is not None for ref in connection.exec_driver_sql(_ALL).scalars().all())


def differing(connection: Connection) -> list[str]:
    """The numbers of the records that the tables do not hold as the log makes them."""
    found: list[str] = []
    for ref in connection.exec_driver_sql(_ALL).scalars().all():
        made = _make(connection, ref)
        if made is None:
            continue
        held = connection.exec_driver_sql(f"{made.shape.select} WHERE n = ?", (made.row[0],)).first()
        disputed = {one.field: one for one in conflicts(connection, ref)}
        if held is None or tuple(held) != made.row or disputed != {one.field: one for one in made.record.conflicts}:
            found.append(ref)
    return found
