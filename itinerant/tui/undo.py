"""Taking back the last thing that was saved: a change like any other, with its reason; nothing is erased.

What was new is annulled; what was altered gets back what it held, as the log says it was before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from itinerant.domain.fields import VOID, Value
from itinerant.errors import UserError
from itinerant.log.change import Change
from itinerant.log.merge import merge
from itinerant.texts import N_, _
from itinerant.tui.ports import Laptop

WHY = N_("Deshecho al momento")


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved last: the record and the change's number."""

    record: str
    change: str


def undo(laptop: Laptop, saved: Saved) -> str:
    """Take it back and return the new change's number. Raises `UserError` when the record was altered since."""
    history = laptop.history(saved.record)
    if not history or history[-1].ref != saved.change:
        raise UserError(
            _("{ref} se modificó después: ya no se deshace de un solo paso.").format(ref=saved.record),
            next_step=_("Ábralo y corríjalo con M."),
            code="altered_since",
        )
    return laptop.amend(saved.record, before(history), _(WHY))


def before(history: Sequence[Change]) -> dict[str, Value]:
    """The values that take back the last change of a record's history."""
    *earlier, last = history
    if last.creates:
        return {VOID: True}
    record = merge(earlier)
    held: dict[str, Value] = {**record.values, VOID: record.void}
    return {name: held.get(name) for name in last.set}
