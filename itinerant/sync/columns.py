"""The column form: changes turned on their side, so that what is alike stands together and compresses.

* Plain form: preamble (JSON, may be empty) ‖ plan (what the columns are) ‖ streams (their bulk). Compressed by zstd.
* Changes are grouped into *tables*: same kind, same way of naming record and base, same fields. One column a field.
* `prev` does not travel: who reads chains the changes again, and a signed head says whether they are genuine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress as compress_by
from typing import Any

import orjson

from itinerant.errors import Damaged
from itinerant.log.change import GENESIS, MAX_BASES, MAX_FIELDS, Change, are_heads, are_values, is_name, malformed
from itinerant.sync import wire
from itinerant.sync.choosing import Chooser, Coded
from itinerant.sync.coding import ABSENT, Decoder, Rows
from itinerant.sync.compression import compress, decompress
from itinerant.sync.limits import LIMITS, Limits
from itinerant.sync.wire import Reader

CREATES = 1
NO_BASE, BASE_IS_RECORD, BASE_LISTED = 0, 2, 4
"""Flags of a table: its changes make their records; and what their bases are."""

_NAME_LIMIT = 32
_SMALL = 256
"""Streams shorter than this share a zstd block with their neighbours: a block of its own costs more than it saves."""
_WHOLE = 8 * 1024
"""Bodies up to this size are compressed in one piece too, and the smaller of the two travels: 1 % for 100 sessions."""


@dataclass(frozen=True, slots=True)
class Table:
    """What the changes of a group have in common; `fields` in canonical order."""

    kind: str
    flags: int
    fields: tuple[str, ...]


def encode(changes: Sequence[Change], preamble: Mapping[str, object] | None = None) -> bytes:
    """The compressed column form of checked changes, in the order given; empty when there is nothing to say."""
    if not changes and not preamble:
        return b""
    chooser = Chooser()
    tables, groups, numbers = _group(changes)
    coded: list[Coded] = []
    head = [wire.varint(len(changes)), wire.varint(len(tables))]
    head.extend(_table_plan(table) for table in tables)
    coded.extend(_frame_columns(chooser, changes, tables, numbers))
    for table, group in zip(tables, groups, strict=True):
        coded.extend(_field_columns(chooser, table, group))
    plan = b"".join((*head, *(column.plan for column in coded)))
    front = wire.prefixed(wire.canonical_json(preamble)) + wire.prefixed(plan)
    blocks = list(_blocks(front, [stream for column in coded for stream in column.streams]))
    divided = compress(blocks, LIMITS.window)
    if len(divided) > _WHOLE or len(blocks) == 1:
        return divided
    return min(divided, compress([b"".join(blocks)], LIMITS.window), key=len)


def decode(data: bytes, limits: Limits = LIMITS) -> tuple[dict[str, object], list[Change]]:
    """Preamble and changes (each with `prev` of zeros) of a compressed column form.

    Every change is well formed. Raises `Damaged` for anything that `encode` would not have written.
    """
    if not data:
        return {}, []
    body = Reader(decompress(data, limits), "columnas")
    preamble = _preamble(body.take(body.count(limits.preamble)), body)
    plan = Reader(body.take(body.varint()), "plan")
    decoder = Decoder(plan, body, limits)
    changes = _changes(decoder)
    plan.end()
    body.end()
    return preamble, changes


def _preamble(text: bytes, body: Reader) -> dict[str, object]:
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise body.damaged() from error
    if not isinstance(value, dict):
        raise body.damaged()
    return value


# -- writing


def _group(changes: Sequence[Change]) -> tuple[list[Table], list[list[Change]], list[int]]:
    """Tables, the changes of each, and the table's number of every change.

    Changes that make records of a kind share one table, with holes; others share one when they set the same fields.
    """
    keys = [_group_key(change) for change in changes]
    index: dict[tuple[object, ...], int] = {}
    groups: list[list[Change]] = []
    numbers = []
    for key, change in zip(keys, changes, strict=True):
        number = index.setdefault(key, len(groups))
        if number == len(groups):
            groups.append([])
        groups[number].append(change)
        numbers.append(number)
    tables = [
        Table(group[0].kind, _flags(group[0]), tuple(sorted({name for change in group for name in change.set})))
        for group in groups
    ]
    return tables, groups, numbers


def _group_key(change: Change) -> tuple[object, ...]:
    flags = _flags(change)
    return (change.kind, flags) if flags & CREATES else (change.kind, flags, *sorted(change.set))


def _flags(change: Change) -> int:
    base = NO_BASE if not change.base else BASE_IS_RECORD if change.base == (change.record,) else BASE_LISTED
    return base | (CREATES if change.creates else 0)


def _table_plan(table: Table) -> bytes:
    names = (wire.prefixed(name.encode()) for name in table.fields)
    return b"".join((wire.prefixed(table.kind.encode()), bytes((table.flags, len(table.fields))), *names))


def _frame_columns(
    chooser: Chooser, changes: Sequence[Change], tables: Sequence[Table], numbers: Sequence[int]
) -> Iterator[Coded]:
    """The columns that every change has, then record and base of those that need them."""
    everyone = Rows(len(changes))
    yield chooser.column(numbers, everyone)
    yield chooser.column([change.device for change in changes], everyone)
    yield chooser.column([change.seq for change in changes], everyone)
    yield chooser.column([change.at for change in changes], everyone)
    yield chooser.column([change.by for change in changes], everyone)
    yield chooser.column([change.v for change in changes], everyone)
    yield chooser.column([change.why for change in changes], everyone)
    flags = [tables[number].flags for number in numbers]
    amending = [change for change, flag in zip(changes, flags, strict=True) if not flag & CREATES]
    yield from _reference_columns(chooser, [change.record for change in amending], [one.seq for one in amending])
    based = [change for change, flag in zip(changes, flags, strict=True) if flag & BASE_LISTED]
    yield chooser.column([len(change.base) for change in based], Rows(len(based)))
    bases = [ref for change in based for ref in change.base]
    yield from _reference_columns(chooser, bases, [change.seq for change in based for _ref in change.base])


def _reference_columns(chooser: Chooser, refs: Sequence[str], seqs: Sequence[int]) -> Iterator[Coded]:
    """Devices and numbers of references; a number is predicted from the number of the change that names it."""
    parts = [ref.rpartition("-") for ref in refs]
    yield chooser.column([device for device, _dash, _seq in parts], Rows(len(refs)))
    yield chooser.column([int(seq) for _device, _dash, seq in parts], Rows(len(refs), seqs))


def _field_columns(chooser: Chooser, table: Table, group: Sequence[Change]) -> Iterator[Coded]:
    rows = Rows(len(group), [change.at for change in group])
    for name in table.fields:
        values = [change.set.get(name, ABSENT) for change in group]
        yield chooser.column(values, rows)
        rows.earlier.append(values)


def _blocks(front: bytes, streams: Sequence[bytes]) -> Iterator[bytes]:
    """What becomes one zstd block each: long streams alone, short ones together with what stands before them."""
    block = front
    for stream in streams:
        if len(stream) < _SMALL:
            block += stream
        else:
            yield block
            block = stream
    yield block


# -- reading


def _changes(decoder: Decoder) -> list[Change]:
    """The changes, each of them well formed. What can be looked at by column is: few values are new in a row."""
    plan, limits = decoder.plan, decoder.limits
    count = plan.count(limits.changes)
    tables = [_read_table(plan) for _number in range(plan.count(limits.tables))]
    everyone = Rows(count)
    numbers = decoder.column(everyone)
    if not all(type(number) is int and 0 <= number < len(tables) for number in numbers):
        raise plan.damaged()
    devices = decoder.column(everyone)
    seqs = _integers(decoder, everyone)
    ats = _integers(decoder, everyone)
    bys, versions, whys = (decoder.column(everyone) for _column in range(3))
    flags = [tables[number].flags for number in numbers]
    amending = [seq for seq, flag in zip(seqs, flags, strict=True) if not flag & CREATES]
    records = iter(_references(decoder, amending))
    bases = iter(_bases(decoder, [seq for seq, flag in zip(seqs, flags, strict=True) if flag & BASE_LISTED]))
    sets, known = _sets(decoder, tables, numbers, ats)
    fine = known and are_heads(devices, seqs, ats, bys, versions, whys) and all(is_name(one.kind) for one in tables)
    changes = []
    for device, seq, at, by, v, why, flag, number in zip(
        devices, seqs, ats, bys, versions, whys, flags, numbers, strict=True
    ):
        record = f"{device}-{seq}" if flag & CREATES else next(records)
        base = next(bases) if flag & BASE_LISTED else (record,) if flag & BASE_IS_RECORD else ()
        fields = next(sets[number])
        change = Change(device, seq, at, by, tables[number].kind, record, base, fields, GENESIS, why, v)
        reason = "" if fine and flag == CREATES else malformed(change, fields_are_known=known)
        if reason:
            raise Damaged(reason, place=_place(change), code="change")
        changes.append(change)
    return changes


def _read_table(plan: Reader) -> Table:
    kind = plan.text(_NAME_LIMIT)
    flags = plan.byte()
    names = tuple(plan.text(_NAME_LIMIT) for _number in range(plan.count(MAX_FIELDS)))
    if flags not in (0, 1, 2, 3, 4, 5) or list(names) != sorted(set(names)):
        raise plan.damaged()
    return Table(kind, flags, names)


def _integers(decoder: Decoder, rows: Rows) -> list[int]:
    values = decoder.column(rows)
    if not set(map(type, values)) <= {int}:
        raise decoder.plan.damaged()
    return values


def _references(decoder: Decoder, seqs: Sequence[int]) -> list[str]:
    devices = decoder.column(Rows(len(seqs)))
    numbers = _integers(decoder, Rows(len(seqs), seqs))
    return [f"{device}-{number}" for device, number in zip(devices, numbers, strict=True)]


def _bases(decoder: Decoder, seqs: Sequence[int]) -> list[tuple[str, ...]]:
    counts, total = decoder.counts(Rows(len(seqs)))
    if counts and (max(counts) > MAX_BASES or min(counts) < 1):
        raise decoder.plan.damaged()
    repeated = [seq for seq, count in zip(seqs, counts, strict=True) for _place in range(count)]
    refs = iter(_references(decoder, repeated))
    assert total == len(repeated)
    return [tuple(next(refs) for _place in range(count)) for count in counts]


def _sets(
    decoder: Decoder, tables: Sequence[Table], numbers: Sequence[int], ats: Sequence[int]
) -> tuple[list[Iterator[dict[str, Any]]], bool]:
    """For each table, the fields of its changes in order; and whether all of them are ones that a change may have."""
    own: list[list[int]] = [[] for _table in tables]
    for number, at in zip(numbers, ats, strict=True):
        own[number].append(at)
    sets: list[Iterator[dict[str, Any]]] = []
    known = all(is_name(name) for table in tables for name in table.fields)
    for table, reference in zip(tables, own, strict=True):
        rows = Rows(len(reference), reference)
        for _name in table.fields:
            column = decoder.column(rows)
            known = known and are_values([value for value in column if value is not ABSENT])
            rows.earlier.append(column)
        sets.append(_rows_as_dicts(table.fields, rows))
    return sets, known


def _rows_as_dicts(names: tuple[str, ...], rows: Rows) -> Iterator[dict[str, Any]]:
    if not names:
        return ({} for _row in range(rows.count))
    whole = [ABSENT not in column for column in rows.earlier]
    present = list(compress_by(names, whole))
    made = [dict(zip(present, row, strict=True)) for row in zip(*compress_by(rows.earlier, whole), strict=True)]
    made = made or [{} for _row in range(rows.count)]
    for name, column, is_whole in zip(names, rows.earlier, whole, strict=True):
        if not is_whole:
            for fields, value in zip(made, column, strict=True):
                if value is not ABSENT:
                    fields[name] = value
    return iter(made)


def _place(change: Change) -> str:
    return f"{change.device}-{change.seq}"[:32]
