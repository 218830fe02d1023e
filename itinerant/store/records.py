"""Records as tables: one a kind, derived from the domain, written from what merge says and read in pages.

* A record table is a view of the log that can be made anew at any time (`rebuild`).
* `n` is the order of arrival on this laptop: the key of the pages, for no clock is trusted.
* `words` holds what a person may search a record by, folded (no accents, no capitals); it lives inside the
  encrypted file like everything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Integer, Table, Text
from sqlalchemy.schema import CreateIndex, CreateTable

from itinerant.domain.fields import VOID, Field, Kind, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.log.change import Change
from itinerant.log.merge import Candidate, Conflict, Record, merge
from itinerant.store.schema import METADATA
from itinerant.store.search import fold
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


_BOOKKEEPING = ("record", "made_by", "made_at", "changed_at", "heads", "conflicts", "words", VOID)


def _derive(kind: Kind) -> Table:
    return record_table(
        kind,
        METADATA,
        Column("n", Integer, primary_key=True),
        Column("record", Text, nullable=False, unique=True),
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
        self.fields = kind.fields
        names = [*_BOOKKEEPING, *(item.name for item in kind.fields)]
        columns = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join("?" * len(names))
        updates = ", ".join(f'"{name}" = excluded."{name}"' for name in names[1:])
        name = self.table.name
        self.select = f"SELECT n, {columns} FROM {name}"  # noqa: S608 - names of the declarations, values are bound
        self.insert = f"INSERT INTO {name} ({columns}) VALUES ({marks})"  # noqa: S608 - likewise
        self.upsert = f"{self.insert} ON CONFLICT (record) DO UPDATE SET {updates}"
        self.delete = f"DELETE FROM {name} WHERE record = ?"  # noqa: S608 - likewise

    def row(self, record: Record, made: Change, changed_at: int) -> tuple[Any, ...]:
        values = record.values
        return (
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

_SEARCHED = (Type.TEXT, Type.CODE, Type.CHOICE, Type.CODES, Type.DATE)


def words(kind: Kind, ref: str, by: str, values: Mapping[str, Value]) -> str:
    """The folded text by which a record is found: its number, author, codes, texts and the labels of its choices."""
    parts = [ref, by]
    for item in kind.fields:
        value = values.get(item.name)
        if value is not None and item.type in _SEARCHED:
            parts.extend(_spoken(item, value))
    return fold(" ".join(parts))


def _spoken(item: Field, value: Value) -> Iterator[str]:
    for one in value if isinstance(value, list) else (value,):
        yield item.label_of(one) if item.choices else str(one)


def add(connection: Connection, change: Change) -> None:
    """Write the record that a creating change makes: no other change names it yet."""
    shape = SHAPES[change.kind]
    record = Record(change.ref, change.kind, change.set, change.set.get(VOID) is True, (change.ref,))
    connection.exec_driver_sql(shape.insert, shape.row(record, change, change.at))


def renew(connection: Connection, ref: str) -> Record | None:
    """Merge a record again from all its changes and write what comes out, conflicts included.

    None when part of it was forgotten (a change that comes later finds nothing to change) or its kind is unknown.
    """
    bodies = connection.exec_driver_sql("SELECT body FROM change WHERE record = ?", (ref,)).scalars().all()
    if not bodies or None in bodies:
        return None
    changes = [Change.from_bytes(body) for body in bodies]
    record = merge(changes)
    shape = SHAPES.get(record.kind)
    if shape is None:
        return None
    made = next((change for change in changes if change.creates), changes[0])
    connection.exec_driver_sql(shape.upsert, shape.row(record, made, max(change.at for change in changes)))
    _keep_conflicts(connection, record)
    return record


def erase(connection: Connection, ref: str, kind: str) -> None:
    """Take a record and its conflicts out of the tables; its changes are the journal's."""
    connection.exec_driver_sql("DELETE FROM conflict WHERE record = ?", (ref,))
    if kind in SHAPES:
        connection.exec_driver_sql(SHAPES[kind].delete, (ref,))


def get(connection: Connection, ref: str) -> StoredRecord | None:
    """The record of that number, or None."""
    body = connection.exec_driver_sql(
        "SELECT body FROM change WHERE record = ? AND body IS NOT NULL ORDER BY n LIMIT 1", (ref,)
    ).scalar()
    if body is None:
        return None
    shape = SHAPES.get(json.loads(body)["kind"])
    row = connection.exec_driver_sql(f"{shape.select} WHERE record = ?", (ref,)).first() if shape else None
    return shape.read(row) if shape and row else None


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
        name = shape.table.name
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


def rebuild(connection: Connection) -> int:
    """Make every record anew from the log and return how many there are: the log is the truth, tables are a view."""
    connection.exec_driver_sql("DELETE FROM conflict")
    for shape in SHAPES.values():
        connection.exec_driver_sql(f"DELETE FROM {shape.table.name}")  # noqa: S608 - a declaration's name
    refs = connection.exec_driver_sql("SELECT record FROM change GROUP BY record ORDER BY min(n)").scalars().all()
    return sum(renew(connection, ref) is not None for ref in refs)
