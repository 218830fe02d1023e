"""Reading records: one by its number, or in pages, latest first; and the open conflicts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from itinerant.domain.fields import VOID, Kind, Value, is_reference
from itinerant.log.change import order
from itinerant.log.merge import Candidate, Conflict
from itinerant.store.disk.database import ask
from itinerant.store.disk.shapes import SHAPES, StoredRecord
from itinerant.tables import to_cell

_FIRST = (
    "SELECT n, json_extract(body, '$.kind') FROM change"
    " WHERE (device = ? AND seq = ? AND amends = '') OR (amends = ? AND amends <> '') ORDER BY n"
)


def get(connection: Connection, ref: str) -> StoredRecord | None:
    """The record of that number, or None."""
    if not is_reference(ref):
        return None
    arrived = list(ask(connection, _FIRST, *order(ref), ref))
    for kind in {kind for _n, kind in arrived} & SHAPES.keys():
        shape = SHAPES[kind]
        for row in ask(connection, f"{shape.select} WHERE n = ?", arrived[0][0]):
            return shape.read(row)
    return None


def page(
    connection: Connection,
    kind: str,
    *,
    where: Mapping[str, Value],
    among: Sequence[int] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[StoredRecord]:
    """A page of a kind's records, latest first, that follows the record whose `n` is `before`.

    `where` holds equal values by field (or `void`); `among` lets only those `n` through.
    """
    shape = SHAPES[kind]
    tests, bound = _tests(shape.kind, where)
    if among is not None:
        tests.append("n IN (SELECT value FROM json_each(?))")
        bound.append(json.dumps(among))
    if before is not None:
        tests.append("n < ?")
        bound.append(before)
    condition = f" WHERE {' AND '.join(tests)}" if tests else ""
    statement = f"{shape.select}{condition} ORDER BY n DESC LIMIT ?"
    return [shape.read(row) for row in ask(connection, statement, *bound, limit)]


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


def conflicts(connection: Connection, ref: str = "") -> list[Conflict]:
    """The open conflicts, of one record or of all, the latest found first."""
    select = "SELECT record, kind, field, base, provisional, candidates FROM conflict"
    rows = (
        ask(connection, f"{select} WHERE record = ? ORDER BY rowid DESC", ref)
        if ref
        else ask(connection, f"{select} ORDER BY rowid DESC")
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
