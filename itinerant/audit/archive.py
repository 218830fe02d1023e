"""The export's ZIP, read strictly: every byte of it is one that the office's writer would have written.

* No member twice, none hidden between, before or behind the others, none that another program would read otherwise:
  headers are not interpreted, they are written again and compared.
* Plain ZIP only: stored or deflated, no encryption, no ZIP64, no comment, names of plain characters, one fixed date.
* Sizes are bounded before anything is unpacked, and unpacking streams.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from itinerant.audit.report import Broken

CHUNK = 1 << 18
MAX_RATIO = 200
"""Honest files shrink to a tenth; what shrinks to less than a two-hundredth is a bomb."""

MAX_SMALL = 64 << 20
"""Bytes of a file that is read whole (manifest, checkpoint …)."""

MAX_LINE = 1 << 20
STORED, DEFLATED = 0, 8
END_SIZE = 22
MEMBER_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,120}")


class Member(NamedTuple):
    """One file of the ZIP; `offset` is where its local header starts, `packed` its size in the ZIP."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def local_header(member: Member) -> bytes:
    """What stands before a member's bytes."""
    name = member.name.encode()
    sizes = (member.crc, member.packed, member.size)
    return struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, member.method, 0, 33, *sizes, len(name), 0) + name


def central_header(member: Member) -> bytes:
    """A member's entry in the directory at the end."""
    name = member.name.encode()
    sizes = (member.crc, member.packed, member.size)
    fixed = (b"PK\x01\x02", 0x0314, 20, 0, member.method, 0, 33, *sizes, len(name))
    return struct.pack("<4s6H3I5H2I", *fixed, 0, 0, 0, 0, 0o100644 << 16, member.offset) + name


def end_record(count: int, size: int, offset: int) -> bytes:
    """The last 22 bytes."""
    return struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


class Archive:
    """An open export whose layout was checked. Contents are checked while they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members = self._directory()

    def _at(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(size)

    def _directory(self) -> dict[str, Member]:
        total = self._file.seek(0, 2)
        end = self._at(max(0, total - END_SIZE), END_SIZE)
        if len(end) < END_SIZE or not end.startswith(b"PK\x05\x06"):
            raise Broken("zip", "No es un ZIP completo de la oficina: le falta el final o tiene algo añadido.")
        count, size, offset = struct.unpack("<H2I", end[10:20])
        if end != end_record(count, size, offset) or offset + size + END_SIZE != total:
            raise Broken("zip", "El final del ZIP no es el que escribe la oficina.")
        members: dict[str, Member] = {}
        directory, at, expected = self._at(offset, size), 0, 0
        for _number in range(count):
            member = self._entry(directory, at)
            at += 46 + len(member.name)
            if member.name in members:
                raise Broken("zip", "Está dos veces en el ZIP.", member.name)
            if member.offset != expected:
                raise Broken("zip", "Hay bytes ocultos o superpuestos en el ZIP.", member.name)
            header = local_header(member)
            if self._at(member.offset, len(header)) != header:
                raise Broken("zip", "Su encabezado en el ZIP no es el que escribe la oficina.", member.name)
            expected += len(header) + member.packed
            members[member.name] = member
        if at != size or expected != offset:
            raise Broken("zip", "Hay bytes ocultos en el ZIP, antes de su directorio o dentro de él.")
        return members

    @staticmethod
    def _entry(directory: bytes, at: int) -> Member:
        fixed = directory[at : at + 46]
        if len(fixed) < 46:
            raise Broken("zip", "El directorio del ZIP está cortado.")
        length = int.from_bytes(fixed[28:30], "little")
        raw = directory[at + 46 : at + 46 + length]
        name = raw.decode("ascii", "replace")
        if not MEMBER_NAME.fullmatch(name) or ".." in name or "//" in name:
            raise Broken("zip", "Hay un nombre de archivo que la oficina no escribe.", ascii(name)[1:60])
        method, crc, packed, size = struct.unpack("<H4x3I", fixed[10:28])
        member = Member(name, method, crc, packed, size, int.from_bytes(fixed[42:], "little"))
        if fixed + raw != central_header(member) or method not in {STORED, DEFLATED}:
            raise Broken("zip", "Su entrada en el ZIP no es la que escribe la oficina.", name)
        if size > MAX_RATIO * packed + CHUNK or (method == STORED and size != packed):
            raise Broken("zip", "Su tamaño declarado no es creíble.", name)
        return member

    def packed(self, name: str) -> Iterator[bytes]:
        """A member's bytes as they are in the ZIP."""
        member = self.members[name]
        at = member.offset + len(local_header(member))
        end = at + member.packed
        while at < end:
            data = self._at(at, min(CHUNK, end - at))
            if not data:
                raise Broken("zip", "El ZIP está cortado.", name)
            at += len(data)
            yield data

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's bytes, unpacked; size and CRC are checked at the end."""
        member = self.members[name]
        source = self.packed(name) if member.method == STORED else self._inflated(name)
        crc = size = 0
        for data in source:
            crc, size = zlib.crc32(data, crc), size + len(data)
            if size > member.size:
                break
            yield data
        if crc != member.crc or size != member.size:
            raise Broken("zip", "Su contenido no corresponde a su suma de control.", name)

    def _inflated(self, name: str) -> Iterator[bytes]:
        inflate = zlib.decompressobj(-15)
        try:
            for data in self.packed(name):
                while data:
                    yield inflate.decompress(data, CHUNK)
                    data = inflate.unconsumed_tail
            yield inflate.flush()
        except zlib.error as error:
            raise Broken("zip", "No se puede descomprimir.", name) from error
        if not inflate.eof or inflate.unused_data:
            raise Broken("zip", "Le faltan o le sobran bytes comprimidos.", name)

    def read(self, name: str) -> bytes:
        """A small member, whole."""
        if name not in self.members:
            raise Broken("member", "Falta este archivo.", name)
        if self.members[name].size > MAX_SMALL:
            raise Broken("zip", "Es demasiado grande.", name)
        return b"".join(self.chunks(name))

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member, without their line ends. The last one must have its end too."""
        if name not in self.members:
            raise Broken("member", "Falta este archivo.", name)
        rest = b""
        for data in self.chunks(name):
            *whole, rest = (rest + data).split(b"\n")
            yield from whole
            if len(rest) > MAX_LINE:
                raise Broken("line", "Tiene una línea demasiado larga.", name)
        if rest:
            raise Broken("line", "La última línea está cortada.", name)

    def digests(self, name: str) -> tuple[str, str]:
        """SHA-256 (hex) of a member's contents, and of its bytes in the ZIP."""
        contents, packed = hashlib.sha256(), hashlib.sha256()
        for data in self.chunks(name):
            contents.update(data)
        for data in self.packed(name):
            packed.update(data)
        return contents.hexdigest(), packed.hexdigest()


def refuse_number(text: str) -> int:
    """Numbers with a point, and NaN and its like, have no place in the log."""
    raise ValueError(text)


DECODER = json.JSONDecoder(parse_float=refuse_number, parse_constant=refuse_number)
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain_canonical(value: object) -> bytes:
    """The one way to write a JSON value (RFC 8785 for integers, texts, lists and objects)."""
    return ENCODER.encode(value).encode()


def plain_decode(line: bytes) -> Any:
    """The value of a JSON text."""
    return DECODER.decode(line.decode())


canonical: Callable[[object], bytes] = plain_canonical
decode: Callable[[bytes], Any] = plain_decode
try:  # the same five times faster, where it is installed; what one refuses, the other does
    import orjson

    canonical = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)
    decode = orjson.loads
except ImportError:
    pass


def parse(line: bytes) -> dict[str, Any] | None:
    """The object of a line of canonical JSON, or None for anything else."""
    try:
        value = decode(line)
        exact = isinstance(value, dict) and canonical(value) == line
    except (ValueError, TypeError, RecursionError):
        return None
    return value if exact else None


def fits(value: object, shape: object) -> bool:
    """Whether a JSON value has a shape: a type, a pattern, None, or a dict, list or tuple (any of) of shapes."""
    if isinstance(shape, dict):
        return isinstance(value, dict) and value.keys() == shape.keys() and all(fits(value[k], shape[k]) for k in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, tuple):
        return any(fits(value, item) for item in shape)
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    return value is None if shape is None else type(value) is shape


def objects(archive: Archive, name: str, shape: dict[str, object]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file, each with its row; each must have the shape."""
    for row, line in enumerate(archive.lines(name), 1):
        value = parse(line)
        if value is None or not fits(value, shape):
            raise Broken("form", "La línea no tiene la forma que escribe la oficina.", name, row)
        yield row, value
