"""SQL tables from the declarations of the domain: the one place where a kind's fields become columns.

* Both stores derive their record tables here; each adds the columns of its own bookkeeping.
* Core tables, not SQLModel classes: making twenty classes takes half a second, twenty tables forty milliseconds, and a
  `table=True` class would validate nothing (the declarations do).
* Integers are 64 bits wide on every database; a list of codes is JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text

from itinerant.domain.fields import VOID, Field, Kind, Type, Value

PREFIX = "record_"

_SQL_TYPES: Mapping[Type, type[BigInteger | Boolean]] = {
    Type.INTEGER: BigInteger,
    Type.INSTANT: BigInteger,
    Type.BOOLEAN: Boolean,
}


def record_table(kind: Kind, metadata: MetaData, *extra: Column[Any]) -> Table:
    """The table of a kind's records: `extra` columns first, then `void` and one column a field.

    Every field may be null: a record whose creating change has not arrived yet, or is of an older form, is kept as
    it is. Columns that other fields name (`visit`) and the code of a catalogue have an index.
    """
    columns = [Column(item.name, _SQL_TYPES.get(item.type, Text), index=_indexed(kind, item)) for item in kind.fields]
    return Table(PREFIX + kind.name, metadata, *extra, Column(VOID, Boolean, nullable=False), *columns)


def to_cell(value: Value) -> str | int | None:
    """A field's value as a database keeps it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


def from_cell(declared: Field, cell: Any) -> Value:
    """The field's value from what `to_cell` made (SQLite answers 0 and 1 for booleans)."""
    if cell is None:
        return None
    if declared.type is Type.BOOLEAN:
        return bool(cell)
    if declared.type is Type.CODES:
        value: list[str] = json.loads(cell)
        return value
    value_as_is: str | int = cell
    return value_as_is


def _indexed(kind: Kind, item: Field) -> bool:
    return item.name == kind.code_field or item.to == "visit"
