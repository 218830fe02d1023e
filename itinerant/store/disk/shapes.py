"""Each kind's table, derived from its declaration: its columns, its statements, and its rows from and to records.

* `n` is the order of arrival on this laptop: the number of the record's first change here. It is the key of the rows
  and of the pages, for no clock is trusted.
* `words` holds what a person may search a record by, folded (no accents, no capitals); it lives inside the
  encrypted file like everything else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Integer, Table, Text

from itinerant.domain.fields import VOID, Kind, Value
from itinerant.domain.kinds import KINDS
from itinerant.log.change import Change
from itinerant.log.merge import Record
from itinerant.store.disk.schema import METADATA
from itinerant.store.reading.search import words
from itinerant.tables import from_cell, record_table, to_cell

Row = tuple[Any, ...]


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


class Shape:
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

    def row(self, n: int, record: Record, made: Change, changed_at: int) -> Row:
        """The row of a record. `made`: the change that made it; `changed_at`: the latest clock among its changes."""
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

    def read(self, row: Row) -> StoredRecord:
        """The record of a row."""
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


SHAPES: Mapping[str, Shape] = {name: Shape(kind) for name, kind in KINDS.items()}
