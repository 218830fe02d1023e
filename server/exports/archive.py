"""A ZIP whose bytes depend on nothing but its contents: same range, same bytes.

* Plain ZIP: fixed date, no extra fields, no comment, deflate at one level or stored. What a verifier accepts can then
  be written down to the byte (`itinerant.audit.archive`).
* Members stream: sizes and CRC are filled in behind, so nothing is held in memory.
* Without ZIP64, one export holds 4 GiB and 65,535 files: ten million changes; a longer time is several exports.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from itinerant.errors import UserError
from itinerant.texts import _

LEVEL = 6
_LIMIT = 2**32 - 1
_MAX_MEMBERS = 2**16 - 1


@dataclass(frozen=True, slots=True)
class Member:
    """One file that was written: its contents' size and SHA-256 (hex), and that of its bytes in the ZIP."""

    name: str
    size: int
    sha256: str
    packed_sha256: str


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    method: int
    crc: int
    packed: int
    size: int
    offset: int

    def local(self) -> bytes:
        sizes = (self.crc, self.packed, self.size)
        header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, self.method, 0, 33, *sizes, len(self.name), 0)
        return header + self.name

    def central(self) -> bytes:
        fixed = (b"PK\x01\x02", 0x0314, 20, 0, self.method, 0, 33, self.crc, self.packed, self.size, len(self.name))
        return struct.pack("<4s6H3I5H2I", *fixed, 0, 0, 0, 0, 0o100644 << 16, self.offset) + self.name


class ArchiveWriter:
    """Writes members one after the other; `finish` writes the directory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._entries: list[_Entry] = []

    def add(self, name: str, chunks: Iterable[bytes], *, stored: bool = False) -> Member:
        """Write a member; `stored` is for what does not shrink (hashes). Raises `UserError` past the ZIP's limits."""
        offset = self._file.tell()
        method = 0 if stored else 8
        self._file.write(_Entry(name.encode(), method, 0, 0, 0, offset).local())
        deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
        contents, packed = hashlib.sha256(), hashlib.sha256()
        crc = size = written = 0
        for data in chunks:
            crc, size = zlib.crc32(data, crc), size + len(data)
            contents.update(data)
            out = data if stored else deflate.compress(data)
            packed.update(out)
            written += self._file.write(out)
        out = b"" if stored else deflate.flush()
        packed.update(out)
        written += self._file.write(out)
        if size > _LIMIT or offset + written > _LIMIT or len(self._entries) == _MAX_MEMBERS:
            raise UserError(
                _("La exportación no cabe en un solo archivo."),
                next_step=_("Expórtela por periodos, con --from y --to."),
                code="export_size",
            )
        entry = _Entry(name.encode(), method, crc, written, size, offset)
        self._file.seek(offset)
        self._file.write(entry.local())
        self._file.seek(0, 2)
        self._entries.append(entry)
        return Member(name, size, contents.hexdigest(), packed.hexdigest())

    def finish(self) -> None:
        """Write the directory at the end."""
        offset = self._file.tell()
        size = sum(self._file.write(entry.central()) for entry in self._entries)
        count = len(self._entries)
        self._file.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, offset, 0))
