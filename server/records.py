"""Records and conflicts from changes: what the ledger's new leaves do to the tables that people read.

* A record that one change made and nothing touched (nearly all) is written without reading anything but the index of
  amendments, where one may already wait for it.
* Any other touched record is merged again from all its changes; rows are replaced, never patched.
* The totals of sessions (`rollups`) follow in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TypeVar

import orjson
from sqlalchemy import ColumnElement, Connection, and_, bindparam, select, text

from itinerant.domain.fields import VOID, Type, Value, is_reference
from itinerant.domain.kinds import KINDS
from itinerant.log.change import Change, order
from itinerant.log.merge import Conflict, merge
from itinerant.tables import to_cell
from server import rollups
from server.database import Database
from server.tables import RECORDS, ChangeRow, ConflictRow, table

CHUNK = 500
"""Parameters of one `IN`: far below every database's limit."""

SESSION = "session"

_change = table(ChangeRow)
AMENDS = text("NOT creates")
"""Changes that did not make their record, in the very words of the index `change_amends`: for `creates = 0` SQLite
would read the whole ledger."""

_AMENDED = select(_change.c.record).where(AMENDS, _change.c.record.in_(bindparam("refs", expanding=True)))

_conflict = table(ConflictRow)


@dataclass(frozen=True, slots=True)
class Placed:
    """A change of the ledger with the brigade whose laptops receive it."""

    change: Change
    scope: str
    creates: bool
    """The change made its record (`Change.creates`, computed once)."""


_Item = TypeVar("_Item", str, int)

Earlier = Mapping[str, list[Placed]]
"""What the ledger already holds of some records, in no particular order."""


def load(connection: Connection, refs: Iterable[str]) -> dict[str, list[Placed]]:
    """Every change of the ledger about the records `refs`; what has none, or is no reference, is left out."""
    wanted = set(filter(is_reference, refs))
    found: dict[str, list[Placed]] = defaultdict(list)
    for chunk in chunks(wanted):
        _add(connection, found, and_(AMENDS, _change.c.record.in_(chunk)))
    numbers: dict[str, list[int]] = defaultdict(list)
    for device, seq in map(order, wanted):
        numbers[device].append(seq)
    for device, seqs in numbers.items():
        for some in chunks(seqs):
            made = and_(_change.c.device == device, _change.c.seq.in_(some), _change.c.creates)
            _add(connection, found, made)
    return dict(found)


def _add(connection: Connection, found: dict[str, list[Placed]], which: ColumnElement[bool]) -> None:
    for data, scope in connection.execute(select(_change.c.data, _change.c.scope).where(which)):
        change = stored(data)
        found[change.record].append(Placed(change, scope, change.creates))


def stored(data: bytes) -> Change:
    """The change of bytes that were verified when they came in, without verifying them again."""
    value = orjson.loads(data)
    return Change(**(value | {"base": tuple(value["base"])}))


def awaited(connection: Connection, refs: Collection[str]) -> set[str]:
    """Which of the records `refs` were amended before the change that makes them arrived."""
    found: set[str] = set()
    for chunk in chunks(refs):
        found.update(connection.scalars(_AMENDED, {"refs": chunk}))
    return found


def write(connection: Connection, database: Database, fresh: Sequence[Placed], earlier: Earlier, at: int) -> None:
    """Bring records and conflicts up to date with `fresh` changes.

    `earlier` holds all earlier changes of every record that `fresh` amends or that `awaited` named. `at`: ms.
    """
    touched: dict[str, list[Placed]] = {}
    for placed in fresh:
        touched.setdefault(placed.change.record, []).append(placed)
    rows: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    merged: list[list[Placed]] = []
    for ref, placed_here in touched.items():
        if len(placed_here) == 1 and placed_here[0].creates and ref not in earlier:
            change = placed_here[0].change
            rows[change.kind].append(_row(change.kind, placed_here[0], change.set, change.set.get(VOID) is True))
        else:
            merged.append([*earlier.get(ref, ()), *placed_here])
    before = _replace(connection, database, merged, rows, at)
    for kind, made in rows.items():
        database.insert(connection, RECORDS[kind], made)
    if before or rows.get(SESSION):
        rollups.update(connection, database, rows.get(SESSION, []), before)


def _replace(
    connection: Connection,
    database: Database,
    merged: list[list[Placed]],
    rows: dict[str, list[tuple[object, ...]]],
    at: int,
) -> list[Sequence[object]]:
    """Remove the rows of the records in `merged` and add to `rows` what they are now; answers with the rows of
    sessions that were removed."""
    before: list[Sequence[object]] = []
    stale: dict[str, set[str]] = defaultdict(set)
    conflicts: list[tuple[Conflict, str]] = []
    for placed in merged:
        record = merge(item.change for item in placed)
        first = min(placed, key=lambda item: (not item.creates, order(item.change.ref)))
        rows[record.kind].append(_row(record.kind, first, record.values, record.void, len(record.conflicts)))
        conflicts.extend((conflict, first.scope) for conflict in record.conflicts)
        for kind in {item.change.kind for item in placed}:
            stale[kind].add(record.ref)
    for kind, refs in stale.items():
        for chunk in chunks(refs):
            here = RECORDS[kind].c.record.in_(chunk)
            if kind == SESSION:
                before += [tuple(row) for row in connection.execute(select(RECORDS[kind]).where(here))]
            connection.execute(RECORDS[kind].delete().where(here))
    _replace_conflicts(connection, database, {ref for refs in stale.values() for ref in refs}, conflicts, at)
    return before


def _replace_conflicts(
    connection: Connection, database: Database, refs: set[str], conflicts: list[tuple[Conflict, str]], at: int
) -> None:
    opened: dict[tuple[str, str], int] = {}
    for chunk in chunks(refs):
        here = _conflict.c.record.in_(chunk)
        statement = select(_conflict.c.record, _conflict.c.field, _conflict.c.opened_at).where(here)
        opened.update({(ref, name): since for ref, name, since in connection.execute(statement)})
        connection.execute(_conflict.delete().where(here))
    rows = [
        (
            conflict.record,
            conflict.field,
            conflict.kind,
            scope,
            _json(conflict.base),
            _json(conflict.provisional),
            _json([{"value": c.value, "change": c.change, "by": c.by, "at": c.at} for c in conflict.candidates]),
            opened.get((conflict.record, conflict.field), at),
        )
        for conflict, scope in conflicts
    ]
    database.insert(connection, _conflict, rows)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _row(kind: str, first: Placed, values: Mapping[str, Value], void: bool, conflicts: int = 0) -> tuple[object, ...]:
    change = first.change
    device, seq = (change.device, change.seq) if first.creates else order(change.record)
    return (
        change.record,
        first.scope,
        device,
        seq,
        change.by,
        change.at,
        not first.creates,
        conflicts,
        void,
        *_cells(kind)(values),
    )


@cache
def _cells(kind: str) -> Callable[[Mapping[str, Value]], Iterable[object]]:
    """What turns a record's values into the cells of its kind's fields, in order. Other fields are left out: they
    come from a change that took the record for another kind, and stay in its history."""
    names = tuple(item.name for item in KINDS[kind].fields)
    lists = tuple(place for place, item in enumerate(KINDS[kind].fields) if item.type is Type.CODES)

    def cells(values: Mapping[str, Value]) -> Iterable[object]:
        row: list[object] = list(map(values.get, names))
        for place in lists:
            if row[place] is not None:
                row[place] = to_cell(values[names[place]])
        return row

    return cells


def chunks(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """The items in lists of at most `CHUNK`."""
    remaining = iter(items)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
