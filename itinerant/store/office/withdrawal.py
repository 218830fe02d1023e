"""What the office had written itself and lost, when a copy of its database was put back: taken out here too.

* The office tells the numbers; they will never be used again. What they said is no longer so for anybody: a decision
  among them is undone, and its conflict is open again with every value.
* Nothing is erased: they are kept with the former logs, out of the records.
* What was pulled of the ledger after the copy is pulled again: the ledger went on another way.
* A receipt from before, late on a stick, brings them back no more.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from sqlalchemy import Connection

from itinerant.domain.kinds import KINDS
from itinerant.domain.people import CENTRAL
from itinerant.log.change import Change
from itinerant.store import views
from itinerant.store.disk.database import ask
from itinerant.store.office import former
from itinerant.sync.standing import Standing, Withdrawn

_THERE = "SELECT seq FROM change WHERE device = ? AND seq > ? AND seq <= ?"


def without(changes: Sequence[Change], standing: Standing | None) -> list[Change]:
    """The changes less those that the office has withdrawn."""
    runs = standing.withdrawn if standing else ()
    return [
        change
        for change in changes
        if change.device != CENTRAL or not any(run.after < change.seq <= run.upto for run in runs)
    ]


def back_to(known: Standing | None, told: Standing | None) -> int | None:
    """The size to which the ledger went back, if that is news; the least of several."""
    if known is None or told is None:
        return None
    return min((run.size for run in told.withdrawn if run not in known.withdrawn), default=None)


def _there(connection: Connection, run: Withdrawn) -> Sequence[tuple[int]]:
    return list(ask(connection, _THERE, CENTRAL, run.after, run.upto))


def withdraw(connection: Connection, standing: Standing) -> Set[str]:
    """Take them out of the records; the kinds to be read again."""
    found = [seq for run in standing.withdrawn for (seq,) in _there(connection, run)]
    if not found:
        return frozenset()
    former.put_away(connection, CENTRAL, [(seq, "") for seq in found])
    views.rebuild(connection)
    return frozenset(KINDS)
