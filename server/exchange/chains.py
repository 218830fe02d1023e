"""Where a parcel's changes belong: how far each device's log is here, and its branches when a laptop was copied.

* Branch 0 is the log that came first. A change that takes a number already taken by other bytes starts a new branch:
  both are kept, neither is believed before a person has looked.
* A change that is here already, on whatever branch, is the same change again: nothing happens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, Text, bindparam, select

from itinerant.log.chain import START, Head, Link
from server.tables import ChainRow, ChangeRow, QuarantineRow, table

_chain = table(ChainRow)
_change = table(ChangeRow)
_quarantine = table(QuarantineRow)

MAIN = 0

_mine = bindparam("mine", type_=Text)
_BRANCHES = select(_chain.c.branch, _chain.c.upto, _chain.c.head).where(_chain.c.device == _mine)
_ADVANCE = _chain.update().where(_chain.c.device == _mine, _chain.c.branch == bindparam("on"))
_ACCEPTED = select(_change.c.seq, _change.c.hash).where(
    _change.c.device == _mine, _change.c.seq.between(bindparam("first"), bindparam("last"))
)
_ASIDE = select(_quarantine.c.seq, _quarantine.c.hash, _quarantine.c.branch).where(
    _quarantine.c.device == _mine, _quarantine.c.seq.between(bindparam("first"), bindparam("last"))
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run of changes belongs. `fresh`: those that are not here yet. `forks`: they start `branch`."""

    branch: int
    fresh: Sequence[Link] = ()
    forks: bool = False
    forked_at: int = 0


class Nowhere(Enum):
    """Why a run has no place."""

    GAP = "gap"
    """It follows changes that have not arrived."""
    DIVERGED = "diverged"
    """It follows other changes than those that are here under the same numbers."""


def open_chain(connection: Connection, device: str) -> None:
    """Start a device's log; once, when it is enrolled."""
    connection.execute(_chain.insert().values(device=device, branch=MAIN, forked_at=0, upto=START.seq, head=START.hash))


def branches(connection: Connection, device: str) -> dict[int, Head]:
    """The head of each branch of a device's log; empty when it was never enrolled."""
    rows = connection.execute(_BRANCHES, {"mine": device})
    return {branch: Head(upto, head) for branch, upto, head in rows}


def place(connection: Connection, device: str, before: Head, links: Sequence[Link]) -> Place | Nowhere:
    """Find the place of `links`, which follow `before`; without links, the place of that head itself."""
    last = links[-1].change.seq if links else before.seq
    heads = branches(connection, device)
    here = _known(connection, device, before.seq, last)
    found = MAIN if before == START else here.get((before.seq, bytes.fromhex(before.hash)))
    if found is None:
        return Nowhere.GAP if before.seq > max(head.seq for head in heads.values()) else Nowhere.DIVERGED
    branch, count = found, 0
    for link in links:
        found = here.get((link.change.seq, bytes.fromhex(link.hash)))
        if found is None:
            break
        branch, count = found, count + 1
    fresh = links[count:]
    if not fresh:
        return Place(branch)
    end = links[count - 1].head if count else before
    if heads[branch] == end:
        return Place(branch, fresh)
    return Place(max(heads) + 1, fresh, forks=True, forked_at=end.seq)


def advance(connection: Connection, device: str, where: Place) -> None:
    """Move the branch's head to the last of the fresh changes."""
    if not where.fresh:
        return
    head = where.fresh[-1].head
    if where.forks:
        row = {"device": device, "branch": where.branch, "forked_at": where.forked_at}
        connection.execute(_chain.insert().values(**row, upto=head.seq, head=head.hash))
    else:
        connection.execute(_ADVANCE, {"mine": device, "on": where.branch, "upto": head.seq, "head": head.hash})


def leap(connection: Connection, device: str, upto: int) -> None:
    """Let a log go on after number `upto`, with the head that it has: the numbers between are never used."""
    mine = (_chain.c.device == device) & (_chain.c.branch == MAIN)
    connection.execute(_chain.update().where(mine).values(upto=upto))


def _known(connection: Connection, device: str, first: int, last: int) -> Mapping[tuple[int, bytes], int]:
    """Branch of every change of the device that is here, by number and hash; both ends included."""
    found: dict[tuple[int, bytes], int] = {}
    run = {"mine": device, "first": first, "last": last}
    for seq, data in connection.execute(_ACCEPTED, run):
        found[seq, data] = MAIN
    for seq, data, branch in connection.execute(_ASIDE, run):
        found[seq, data] = branch  # also of a change that was released: only this row knows its branch
    return found
