"""A Parquet file of flat columns, written row group by row group.

* Apache Parquet format 2: one data page a column and group, PLAIN values, zstd pages, nulls as definition levels.
* Only what the records need: text, 64-bit integers, instants (ms, UTC), dates, booleans.
* Written here instead of by a library of 45 MB, whose bytes change with its version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from struct import pack
from typing import BinaryIO

import zstandard

from itinerant.domain.fields import Value

GROUP = 20_000
"""Rows of a group: what is held in memory of one kind."""

_MAGIC = b"PAR1"
_EPOCH = date(1970, 1, 1).toordinal()
_ZSTD, _PLAIN, _RLE, _OPTIONAL = 6, 0, 3, 1

# Types of the compact protocol of Apache Thrift.
_I32, _I64, _TEXT, _LIST, _STRUCT = 5, 6, 8, 9, 12

_Field = tuple[int, int, object]


class ColumnType(Enum):
    """A column's physical type, and its converted type (what it means), as the format numbers them."""

    TEXT = (6, 0)
    INTEGER = (2, None)
    INSTANT = (2, 9)
    DATE = (1, 6)
    BOOLEAN = (0, None)


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and type; every column may hold nulls."""

    name: str
    type: ColumnType


class ParquetWriter:
    """Writes one table. `add` rows, then `finish`."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        self._file = file
        self._columns = columns
        self._rows: list[Sequence[Value]] = []
        self._groups: list[list[_Field]] = []
        self._total = 0
        self._compress = zstandard.ZstdCompressor(level=3).compress
        self._at = file.write(_MAGIC)

    def add(self, row: Sequence[Value]) -> None:
        """Take one row, a value a column."""
        self._rows.append(row)
        if len(self._rows) == GROUP:
            self._write_group()

    def finish(self) -> None:
        """Write what is left and the footer."""
        self._write_group()
        root: list[_Field] = [(4, _TEXT, "records"), (5, _I32, len(self._columns))]
        schema = [root, *map(_schema, self._columns)]
        footer = _struct(
            [
                (1, _I32, 2),
                (2, _LIST, (_STRUCT, schema)),
                (3, _I64, self._total),
                (4, _LIST, (_STRUCT, self._groups)),
                (6, _TEXT, "itinerant"),
            ]
        )
        self._write(footer + pack("<I", len(footer)) + _MAGIC)

    def _write(self, data: bytes) -> None:
        self._at += self._file.write(data)

    def _write_group(self) -> None:
        if not self._rows:
            return
        start = self._at
        chunks = [
            self._chunk(column, list(cells))
            for column, cells in zip(self._columns, zip(*self._rows, strict=True), strict=True)
        ]
        count = len(self._rows)
        self._groups.append([(1, _LIST, (_STRUCT, chunks)), (2, _I64, self._at - start), (3, _I64, count)])
        self._total += count
        self._rows = []

    def _chunk(self, column: Column, cells: Sequence[Value]) -> list[_Field]:
        """Write a column's page; answers with its description."""
        present = [value for value in cells if value is not None]
        levels = _bits([value is not None for value in cells])
        runs = _varint(len(levels) << 1 | 1) + levels
        plain = pack("<I", len(runs)) + runs + _ENCODERS[column.type](present)
        packed = self._compress(plain)
        page: list[_Field] = [(1, _I32, len(cells)), (2, _I32, _PLAIN), (3, _I32, _RLE), (4, _I32, _RLE)]
        header = _struct([(1, _I32, 0), (2, _I32, len(plain)), (3, _I32, len(packed)), (5, _STRUCT, page)])
        offset = self._at
        self._write(header + packed)
        about: list[_Field] = [
            (1, _I32, column.type.value[0]),
            (2, _LIST, (_I32, [_PLAIN, _RLE])),
            (3, _LIST, (_TEXT, [column.name])),
            (4, _I32, _ZSTD),
            (5, _I64, len(cells)),
            (6, _I64, len(header) + len(plain)),
            (7, _I64, len(header) + len(packed)),
            (9, _I64, offset),
        ]
        return [(2, _I64, offset), (3, _STRUCT, about)]


def _schema(column: Column) -> list[_Field]:
    physical, converted = column.type.value
    fields: list[_Field] = [(1, _I32, physical), (3, _I32, _OPTIONAL), (4, _TEXT, column.name)]
    return [*fields, (6, _I32, converted)] if converted is not None else fields


def _texts(values: Iterable[Value]) -> bytes:
    encoded = [str(value).encode() for value in values]
    return b"".join([pack("<I", len(text)) + text for text in encoded])


def _integers(values: Sequence[Value]) -> bytes:
    return pack(f"<{len(values)}q", *values)


def _dates(values: Sequence[Value]) -> bytes:
    return pack(f"<{len(values)}i", *[date.fromisoformat(str(value)).toordinal() - _EPOCH for value in values])


def _bits(values: Sequence[Value | bool]) -> bytes:
    """One bit a value, the first in the lowest; whole groups of eight."""
    size = -(-len(values) // 8)
    text = "".join(["1" if value else "0" for value in reversed(values)]) or "0"
    return int(text, 2).to_bytes(size, "little")


_ENCODERS: dict[ColumnType, Callable[[Sequence[Value]], bytes]] = {
    ColumnType.TEXT: _texts,
    ColumnType.INTEGER: _integers,
    ColumnType.INSTANT: _integers,
    ColumnType.DATE: _dates,
    ColumnType.BOOLEAN: _bits,
}


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _struct(fields: Iterable[_Field]) -> bytes:
    """Thrift's compact form of a struct: fields by ascending number."""
    out, last = bytearray(), 0
    for number, kind, value in fields:
        out.append((number - last) << 4 | kind)
        out += _value(kind, value)
        last = number
    return bytes(out) + b"\0"


def _value(kind: int, value: object) -> bytes:
    if isinstance(value, int):
        return _varint(value << 1 ^ value >> 63)
    if isinstance(value, str):
        return _varint(len(value.encode())) + value.encode()
    if isinstance(value, tuple):
        inner, items = value
        head = bytes([min(len(items), 15) << 4 | inner]) + (_varint(len(items)) if len(items) >= 15 else b"")
        return head + b"".join(_value(inner, item) for item in items)
    assert isinstance(value, list), kind
    return _struct(value)
