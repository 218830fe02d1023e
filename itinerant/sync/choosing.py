"""The writer's side of `coding.py`: every coding that fits a column, and the one that comes out smallest.

* Smallest is measured, not guessed: each candidate is compressed on its own with a fast setting.
* Nothing here is part of the format: another writer may choose otherwise and is read just the same.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import zstandard

from itinerant.log import canonical
from itinerant.sync import wire
from itinerant.sync.coding import (
    ABSENT,
    BEFORE,
    BEFORE_SECONDS,
    CONSTANT,
    DELTA,
    DICTIONARY,
    INTEGER,
    LIST,
    MAX_WIDTH,
    MISSING,
    NULL,
    PLAIN,
    PRESENT,
    SPARSE,
    TEXT,
    Rows,
)
from itinerant.sync.compression import dictionary

_TRIAL_LEVEL = 3
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Coded:
    """A column in one coding: its plan and its streams, in the order in which they are read."""

    plan: bytes
    streams: tuple[bytes, ...] = ()


class Chooser:
    """Codes columns. One instance serves one body; it is not shared between threads."""

    def __init__(self) -> None:
        self._trial: Callable[[bytes], bytes] = zstandard.ZstdCompressor(
            level=_TRIAL_LEVEL, dict_data=dictionary(), write_content_size=False
        ).compress

    def column(self, values: Sequence[Any], rows: Rows) -> Coded:
        """`values`, one a row, in the smallest coding."""
        if not values:
            return Coded(b"")
        candidates = list(self._candidates(values, rows))
        return candidates[0] if len(candidates) == 1 else min(candidates, key=self._cost)

    def _cost(self, coded: Coded) -> int:
        bulk = sum(len(self._trial(stream)) for stream in coded.streams if stream)
        return len(self._trial(coded.plan)) + bulk

    def _candidates(self, values: Sequence[Any], rows: Rows) -> Iterator[Coded]:
        types = set(map(type, values))
        keys = values if types in ({str}, {int}) else [_key(value) for value in values]
        alphabet = dict(zip(keys, values, strict=True))
        if len(alphabet) == 1:
            yield Coded(bytes((CONSTANT,)) + wire.json(_marked(values[0])))
            return
        if types == {int}:
            yield from _integers(values, rows)
        elif types == {str}:
            yield self._texts(values)
        elif types == {list}:
            yield self._lists(values)
        elif len(types) > 1 and (type(None) in types or type(ABSENT) in types):
            yield self._sparse(values, rows)
        if len(alphabet) <= max(16, len(values) // 2) or types not in ({int}, {str}, {list}):
            yield from _dictionaries(keys, alphabet)

    def _texts(self, values: Sequence[str]) -> Coded:
        datas = [value.encode("utf-8") for value in values]
        lengths = self.column([len(data) for data in datas], Rows(len(values)))
        return Coded(bytes((TEXT,)) + lengths.plan, (*lengths.streams, b"".join(datas)))

    def _lists(self, values: Sequence[list[Any]]) -> Coded:
        items = [item for value in values for item in value]
        lengths = self.column([len(value) for value in values], Rows(len(values)))
        inner = self.column(items, Rows(len(items)))
        return Coded(bytes((LIST,)) + lengths.plan + inner.plan, lengths.streams + inner.streams)

    def _sparse(self, values: Sequence[Any], rows: Rows) -> Coded:
        states = [MISSING if value is ABSENT else NULL if value is None else PRESENT for value in values]
        mask = [state == PRESENT for state in states]
        coded = self.column(states, Rows(len(values)))
        inner = self.column([value for value, here in zip(values, mask, strict=True) if here], rows.only(mask))
        return Coded(bytes((SPARSE,)) + coded.plan + inner.plan, coded.streams + inner.streams)


def _key(value: Any) -> object:
    """Values as they are told apart: true is not 1."""
    return (list, *value) if isinstance(value, list) else (type(value), value)


def _marked(value: Any) -> object:
    return {} if value is ABSENT else value


def _dictionaries(keys: Sequence[Any], alphabet: dict[Any, Any]) -> Iterator[Coded]:
    """The dictionary coding with packed indices, and with one byte an index (more bulk, easier to compress)."""
    index = {key: number for number, key in enumerate(alphabet)}
    numbers = [index[key] for key in keys]
    text = canonical.encode_trusted([_marked(value) for value in alphabet.values()])
    head = bytes((DICTIONARY,)) + wire.prefixed(text)
    if len(index) > 256:
        yield Coded(head + bytes((16,)), (_planes(numbers, 2),))
        return
    plain = bytes(numbers)
    yield Coded(head + bytes((8,)), (plain,))
    bits = next(bits for bits in (1, 2, 4, 8) if len(index) <= 1 << bits)
    if bits < 8:
        yield Coded(head + bytes((bits,)), (_packed(plain, bits),))


def _packed(numbers: bytes, bits: int) -> bytes:
    """`8 // bits` numbers a byte, the first in the lowest bits. As one long integer: a shift by less than a byte keeps
    each number within its own."""
    per = 8 // bits
    numbers += bytes(-len(numbers) % per)
    whole = 0
    for place in range(per):
        whole |= int.from_bytes(numbers[place::per], "little") << bits * place
    return whole.to_bytes(len(numbers) // per, "little")


def _integers(values: Sequence[int], rows: Rows) -> Iterator[Coded]:
    yield _integer(bytes((PLAIN,)), values)
    deltas = [after - before for before, after in pairwise(values)]
    yield _integer(bytes((DELTA,)) + wire.signed(values[0]), deltas)
    if len(rows.reference) != len(values):
        return
    before = [at - value for at, value in zip(rows.reference, values, strict=True)]
    yield _integer(bytes((BEFORE,)), before)
    for index in range(len(rows.earlier)):
        seconds = rows.seconds(index)
        if seconds is not None and len(set(seconds)) > 1 and min(seconds) >= 0 and max(seconds) <= _DAY_S:
            residuals = [number - 1_000 * second for number, second in zip(before, seconds, strict=True)]
            yield _integer(bytes((BEFORE_SECONDS,)) + wire.varint(index), residuals)


def _integer(prediction: bytes, residuals: Sequence[int]) -> Coded:
    least = min(residuals)
    width = ((max(residuals) - least).bit_length() + 7) // 8
    plan = bytes((INTEGER,)) + prediction + wire.signed(least) + bytes((width,))
    return Coded(plan, (_planes([number - least for number in residuals], width),) if width else ())


def _planes(numbers: Sequence[int], width: int) -> bytes:
    whole = struct.pack(f"<{len(numbers)}Q", *numbers)
    return b"".join(whole[plane::MAX_WIDTH] for plane in range(width))
