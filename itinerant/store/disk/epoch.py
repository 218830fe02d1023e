"""How far the log had come, written outside the database: a restored or copied home gives itself away.

* After each change the file says which database it saw (device and inode) and its head. A database behind its file
  was restored from an older copy, or lost its last pages; one that lives elsewhere was copied or moved.
* What it found once it repeats: a restored log stays one until the laptop takes a new code, a copied one until the
  office answers it as usual.
* It is a witness, not a lock: it is written without waiting for the disk, and one that is missing or unreadable says
  nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import FileIO
from pathlib import Path

from itinerant.log.chain import Head
from itinerant.store.disk.faults import storing

_SIZE = 512


class Past(StrEnum):
    """What the file says about the database found beside it."""

    SAME = "same"
    UNKNOWN = "unknown"
    RESTORED = "restored"
    COPIED = "copied"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the file holds: the head that was committed, of which device's log, the identity of the database file, and
    what was found."""

    seq: int
    hash: str
    inode: str
    restored: bool = False
    copied: bool = False
    device: str = ""


class EpochFile:
    """The witness file, rewritten in place."""

    def __init__(self, path: Path, database: Path, device: str = "") -> None:
        """`device`: the code that the log is kept under."""
        self._path = path
        self._database = database
        self._device = device
        self._file: FileIO | None = None
        self._inode = ""
        self._restored = False
        self._copied = False

    def read(self) -> Mark | None:
        """The last mark, or None when there is none that can be read."""
        try:
            content = json.loads(self._path.read_bytes())
            return Mark(
                seq=int(content["seq"]),
                hash=str(content["hash"]),
                inode=str(content["inode"]),
                restored=content["restored"] is True,
                copied=content.get("copied") is True,
                device=str(content.get("device", "")),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def compare(self, head: Head, hash_at_mark: str | None, formers: Sequence[str] = ()) -> Past:
        """What the mark says about a log with this head, whose hash at the mark's number is `hash_at_mark`.

        `formers`: codes that the laptop had before; a mark of theirs was left when it took the new one.
        """
        mark = self.read()
        if mark is None:
            return Past.UNKNOWN
        former = mark.device in formers
        ours = mark.device in ("", self._device) and mark.seq <= head.seq and mark.hash == hash_at_mark
        if not former and (mark.restored or not ours):
            self._restored = True
            return Past.RESTORED
        self._copied = (mark.copied and not former) or mark.inode != _inode(self._database)
        return Past.COPIED if self._copied else Past.SAME

    def believe(self) -> None:
        """Let a copy be as good as the original: whoever sees both logs found no other one."""
        self._copied = False

    def write(self, head: Head) -> None:
        """Note the committed head: in place and of one size, so that a process that dies leaves a whole mark."""
        with storing(self._path):
            if self._file is None:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
                self._file = FileIO(descriptor, "r+")
                self._file.truncate(_SIZE)
                self._inode = _inode(self._database)
            mark = {
                "copied": self._copied,
                "device": self._device,
                "hash": head.hash,
                "inode": self._inode,
                "restored": self._restored,
                "seq": head.seq,
                "v": 1,
            }
            self._file.seek(0)
            self._file.write(json.dumps(mark).encode().ljust(_SIZE - 1) + b"\n")

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _inode(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_dev}:{found.st_ino}"
