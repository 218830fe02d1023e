"""Bytes of the column form: a cursor that reads them without trusting them, and the writer's side."""

from __future__ import annotations

import orjson

from itinerant.errors import Damaged
from itinerant.log import canonical
from itinerant.texts import _

_VARINT_BITS = 63


class Reader:
    """A cursor over untrusted bytes. Every method raises `Damaged` when they end early or are not what is asked."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._name = name
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return len(self._data) - self._at

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start = self._at
        if count > len(self._data) - start:
            raise self.damaged()
        self._at = start + count
        return self._data[start : self._at]

    def varint(self) -> int:
        """An unsigned LEB128 number below 2^63."""
        value = shift = 0
        while shift < _VARINT_BITS:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise self.damaged()

    def count(self, limit: int) -> int:
        """A varint that counts things, at most `limit`."""
        value = self.varint()
        if value > limit:
            raise self.damaged()
        return value

    def signed(self) -> int:
        """A zigzag varint."""
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def text(self, limit: int) -> str:
        """A text of at most `limit` bytes of UTF-8 after its length."""
        try:
            return self.take(self.count(limit)).decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.damaged() from error

    def json(self) -> object:
        """A JSON value after its length."""
        try:
            value: object = orjson.loads(self.take(self.varint()))
        except orjson.JSONDecodeError as error:
            raise self.damaged() from error
        return value

    def end(self) -> None:
        """Nothing may be left."""
        if self.left:
            raise self.damaged()

    def damaged(self) -> Damaged:
        """The error that names this place."""
        return Damaged(
            _("El contenido no tiene la forma debida."), place=f"{self._name} byte {self._at}", code="columns"
        )


def varint(value: int) -> bytes:
    """Unsigned LEB128."""
    output = bytearray()
    while value >= 0x80:
        output.append(value & 0x7F | 0x80)
        value >>= 7
    output.append(value)
    return bytes(output)


def signed(value: int) -> bytes:
    """Zigzag varint: small for small numbers of either sign."""
    return varint(value * 2 if value >= 0 else -value * 2 - 1)


def prefixed(data: bytes) -> bytes:
    """Bytes after their length."""
    return varint(len(data)) + data


def json(value: object) -> bytes:
    """A JSON value after its length."""
    return prefixed(canonical.encode_trusted(value))


def canonical_json(value: object) -> bytes:
    """Canonical JSON, or nothing for nothing."""
    return canonical.encode_trusted(value) if value else b""
