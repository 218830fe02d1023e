"""One column of values to bytes and back, each in the smallest of six codings.

* A coding has a *plan* (what it is, its parameters) and a *stream* (its bulk, zstd's raw material).
* CONSTANT one value for all rows · DICTIONARY an alphabet and packed indices · INTEGER residuals as byte planes after a
  prediction · TEXT lengths and UTF-8 · LIST lengths and elements · SPARSE which rows have a value, and those values.
* `choosing.py` writes what this reads; whichever coding it chose, the values are the same. `docs/protocol.md` has the
  bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, compress
from typing import Any

from itinerant.sync.limits import Limits
from itinerant.sync.wire import Reader

CONSTANT, DICTIONARY, INTEGER, TEXT, LIST, SPARSE = range(6)

PLAIN, DELTA, BEFORE, BEFORE_SECONDS = range(4)
"""Predictions of an integer: none; the row above; the row's reference (its `at` or `seq`) minus the residual; the same
minus 1,000 times another column (a session starts its duration before it is saved)."""

ABSENT: Any = type("Absent", (), {"__repr__": lambda _self: "ABSENT"})()
"""Stands where a row has no value for a field."""

PRESENT, MISSING, NULL = range(3)
"""States of a row of a SPARSE column."""

MAX_WIDTH = 8
_MAX_DEPTH = 4
"""A column of optional lists of texts: SPARSE, LIST, TEXT, and the lengths."""

_FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_UNPACK = {
    bits: [bytes(value >> shift & (1 << bits) - 1 for shift in range(0, 8, bits)) for value in range(256)]
    for bits in (1, 2, 4)
}


@dataclass(frozen=True, slots=True)
class Rows:
    """What a column may lean on: how many rows, their reference numbers, and the columns of integers before it."""

    count: int
    reference: Sequence[int] = ()
    earlier: list[Sequence[Any]] = field(default_factory=list)

    def only(self, mask: Sequence[bool]) -> Rows:
        """The rows that `mask` keeps."""
        return Rows(
            sum(mask),
            list(compress(self.reference, mask)),
            [list(compress(column, mask)) for column in self.earlier],
        )

    def seconds(self, index: int) -> Sequence[int] | None:
        """The earlier column of that index when it holds integers only."""
        if index < len(self.earlier) and set(map(type, self.earlier[index])) <= {int}:
            return self.earlier[index]
        return None


@dataclass(slots=True)
class Decoder:
    """Reads columns from a plan and a stream; raises `Damaged` for anything that no writer writes."""

    plan: Reader
    stream: Reader
    limits: Limits
    items: int = 0
    """Elements of lists that were read so far: a few bytes can claim many."""

    def column(self, rows: Rows, depth: int = _MAX_DEPTH) -> list[Any]:
        """The values of the next column, one a row; a column without rows takes no byte."""
        if not rows.count:
            return []
        if not depth:
            raise self.plan.damaged()
        tag = self.plan.byte()
        match tag:
            case 0:
                return [self._value(self.plan.json())] * rows.count
            case 1:
                return self._dictionary(rows)
            case 2:
                return self._integers(rows)
            case 3:
                return self._texts(rows, depth)
            case 4:
                return self._lists(rows, depth)
            case 5:
                return self._sparse(rows, depth)
            case _:
                raise self.plan.damaged()

    def counts(self, rows: Rows, depth: int = _MAX_DEPTH) -> tuple[list[int], int]:
        """A column of numbers of things, and their sum, within bounds."""
        values = self.column(Rows(rows.count), depth - 1)
        if not set(map(type, values)) <= {int} or (values and min(values) < 0):
            raise self.plan.damaged()
        return values, sum(values)

    def _value(self, value: object) -> Any:
        """A JSON value of an alphabet; `{}` stands for no value."""
        return ABSENT if value == {} else value

    def _dictionary(self, rows: Rows) -> list[Any]:
        alphabet = self.plan.json()
        if not isinstance(alphabet, list):
            raise self.plan.damaged()
        values = [self._value(item) for item in alphabet]
        bits = self.plan.byte()
        if bits == 16:
            indices: Sequence[int] = self._planes(rows.count, 2)
        elif bits == 8:
            indices = self.stream.take(rows.count)
        elif bits in _UNPACK:
            packed = self.stream.take(-(-rows.count * bits // 8))
            indices = b"".join(map(_UNPACK[bits].__getitem__, packed))[: rows.count]
        else:
            raise self.plan.damaged()
        try:
            return list(map(values.__getitem__, indices))
        except IndexError as error:
            raise self.plan.damaged() from error

    def _planes(self, count: int, width: int) -> Sequence[int]:
        """Unsigned numbers of `width` bytes, lowest bytes first, all the lowest before all the next."""
        if width == 1:
            return self.stream.take(count)
        whole = next(size for size in (2, 4, 8) if size >= width)
        buffer = bytearray(count * whole)
        for plane in range(width):
            buffer[plane::whole] = self.stream.take(count)
        return struct.unpack(f"<{count}{_FORMATS[whole]}", buffer)

    def _integers(self, rows: Rows) -> list[int]:
        prediction = self.plan.byte()
        seconds: Sequence[int] | None = None
        start = 0
        if prediction == DELTA:
            start = self.plan.signed()
        elif prediction == BEFORE_SECONDS:
            seconds = rows.seconds(self.plan.varint())
        least, width = self.plan.signed(), self.plan.byte()
        count = rows.count - 1 if prediction == DELTA else rows.count
        if width > MAX_WIDTH or prediction > BEFORE_SECONDS:
            raise self.plan.damaged()
        raw = self._planes(count, width) if width else [0] * count
        if prediction == DELTA:
            return list(accumulate((number + least for number in raw), initial=start))
        if prediction == PLAIN:
            return [number + least for number in raw]
        if len(rows.reference) != rows.count or (prediction == BEFORE_SECONDS and seconds is None):
            raise self.plan.damaged()
        if seconds is None:
            return [at - number - least for at, number in zip(rows.reference, raw, strict=True)]
        columns = zip(rows.reference, seconds, raw, strict=True)
        return [at - 1_000 * second - number - least for at, second, number in columns]

    def _texts(self, rows: Rows, depth: int) -> list[str]:
        lengths, total = self.counts(rows, depth)
        data = self.stream.take(total)
        ends = list(accumulate(lengths))
        try:
            return [data[end - length : end].decode("utf-8") for end, length in zip(ends, lengths, strict=True)]
        except UnicodeDecodeError as error:
            raise self.plan.damaged() from error

    def _lists(self, rows: Rows, depth: int) -> list[list[Any]]:
        lengths, total = self.counts(rows, depth)
        self.items += total
        if self.items > self.limits.items:
            raise self.plan.damaged()
        items = self.column(Rows(total), depth - 1)
        ends = list(accumulate(lengths))
        return [items[end - length : end] for end, length in zip(ends, lengths, strict=True)]

    def _sparse(self, rows: Rows, depth: int) -> list[Any]:
        states, _sum = self.counts(rows, depth)
        mask = [state == PRESENT for state in states]
        present = iter(self.column(rows.only(mask), depth - 1))
        others = {MISSING: ABSENT, NULL: None}
        try:
            return [next(present) if here else others[state] for here, state in zip(mask, states, strict=True)]
        except KeyError as error:
            raise self.plan.damaged() from error
