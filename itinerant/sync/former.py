"""What becomes of a laptop's log when it takes a new code: asked in the enrolment, answered in its receipt.

* The laptop names the log that it had and how far the office has all of it; the office says, run by run, what of it
  never entered the ledger and under which numbers it enters now.
* Whatever is in no run stays where it is: in the ledger under its old number, or in quarantine for a person.
* Both ends count alike: the runs of the new code, in order, are its changes from the first on. What the former log
  holds after `upto` follows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeGuard

from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged
from itinerant.log.chain import START, Head
from itinerant.log.change import MAX_SEQ
from itinerant.sync import keys
from itinerant.texts import _

_MAX_RUNS = 10_000
_MAX_POSITION = 2**53 - 1


@dataclass(frozen=True, slots=True)
class FormerLog:
    """The log that a laptop had: under which code, its head as far as the office has it, and the ledger's position up
    to which that laptop had pulled."""

    device: str
    head: Head
    have: int = 0

    def as_dict(self) -> dict[str, object]:
        """As it travels in an enrolment request."""
        head = keys.encode(bytes.fromhex(self.head.hash))
        return {"device": self.device, "seq": self.head.seq, "hash": head, "have": self.have}

    @classmethod
    def from_dict(cls, value: object) -> FormerLog:
        """What `as_dict` made. Raises `Damaged`."""
        if not isinstance(value, Mapping):
            raise _damaged()
        device, seq, have = value.get("device"), value.get("seq"), value.get("have")
        if not (isinstance(device, str) and _whole(seq, MAX_SEQ) and _whole(have, _MAX_POSITION)):
            raise _damaged()
        head = Head(seq, keys.decode(value.get("hash"), place="former").hex())
        if device == CENTRAL or (seq == START.seq) != (head == START):
            raise _damaged()
        return cls(device, head, have)


class Moved(NamedTuple):
    """Former numbers `first` to `last`, which are now `device`'s from `start` on; an empty `device`: nobody's, because
    the ledger has other changes under those numbers."""

    first: int
    last: int
    device: str
    start: int


@dataclass(frozen=True, slots=True)
class Former:
    """The office's word on a former log, up to its change `upto`."""

    device: str
    upto: int
    moved: Sequence[Moved] = ()

    def as_dict(self) -> dict[str, object]:
        """As it travels in a receipt."""
        return {"device": self.device, "upto": self.upto, "moved": [list(run) for run in self.moved]}

    @classmethod
    def from_dict(cls, value: object) -> Former:
        """What `as_dict` made. Raises `Damaged`, also for runs out of order."""
        if not isinstance(value, Mapping):
            raise _damaged()
        device, upto, rows = value.get("device"), value.get("upto"), value.get("moved")
        if not (isinstance(device, str) and _whole(upto, MAX_SEQ) and isinstance(rows, list)):
            raise _damaged()
        if len(rows) > _MAX_RUNS or not all(_is_run(row) for row in rows):
            raise _damaged()
        moved = tuple(Moved(*row) for row in rows)
        ends = [0, *(end for run in moved for end in (run.first, run.last)), upto]
        if any(later < earlier for earlier, later in pairwise(ends)):
            raise _damaged()
        return cls(device, upto, moved)


def runs(places: Iterable[tuple[int, str, int]]) -> list[Moved]:
    """(number, new device, new number) in order of the first, as runs."""
    found: list[Moved] = []
    for seq, device, start in places:
        last = found[-1] if found else None
        if (
            last
            and last.last + 1 == seq
            and last.device == device
            and (not device or last.start + seq - last.first == start)
        ):
            found[-1] = last._replace(last=seq)
        else:
            found.append(Moved(seq, seq, device, start))
    return found


def _is_run(row: object) -> bool:
    return isinstance(row, list) and tuple(map(type, row)) == (int, int, str, int) and min(row[0], row[3] + 1) >= 1


def _whole(value: object, maximum: int) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= maximum


def _damaged() -> Damaged:
    return Damaged(_("Lo que se dice del registro anterior no tiene la forma debida."), place="former", code="former")
