"""How far the log had come, written outside the database: a restored or copied home gives itself away.

* After each change the file says which database it saw (device and inode) and its head. A database behind its file
  was restored from an older copy, or lost its last pages; one that lives elsewhere was copied or moved.
* What it found once it repeats: a restored log stays one until the laptop is enrolled anew.
* It is a witness, not a lock: it is written without waiting for the disk, and one that is missing or unreadable says
  nothing.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from enum import StrEnum
from io import FileIO
from pathlib import Path

from itinerant.log.chain import Head
from itinerant.store.faults import storing

_SIZE = 512


class Past(StrEnum):
    """What the file says about the database found beside it."""

    SAME = "same"
    UNKNOWN = "unknown"
    RESTORED = "restored"
    COPIED = "copied"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the file holds: the head that was committed, the identity of the database file, and what was found."""

    seq: int
    hash: str
    inode: str
    restored: bool = False


class EpochFile:
    """The witness file, rewritten in place."""

    def __init__(self, path: Path, database: Path) -> None:
        self._path = path
        self._database = database
        self._file: FileIO | None = None
        self._inode = ""
        self._restored = False

    def read(self) -> Mark | None:
        """The last mark, or None when there is none that can be read."""
        try:
            content = json.loads(self._path.read_bytes())
            return Mark(int(content["seq"]), str(content["hash"]), str(content["inode"]), content["restored"] is True)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def compare(self, head: Head, hash_at_mark: str | None) -> Past:
        """What the mark says about a log with this head, whose hash at the mark's number is `hash_at_mark`."""
        mark = self.read()
        if mark is None:
            return Past.UNKNOWN
        if mark.restored or mark.seq > head.seq or mark.hash != hash_at_mark:
            self._restored = True
            return Past.RESTORED
        return Past.SAME if mark.inode == _inode(self._database) else Past.COPIED

    def write(self, head: Head) -> None:
        """Note the committed head: in place and of one size, so that a process that dies leaves a whole mark."""
        with storing(self._path):
            if self._file is None:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
                self._file = FileIO(descriptor, "r+")
                self._file.truncate(_SIZE)
                self._inode = _inode(self._database)
            mark = {
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
