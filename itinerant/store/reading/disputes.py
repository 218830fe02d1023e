"""Conflicts on the laptop: those that are open, those that somebody decided, and how either is changed.

* Deciding and undoing are changes like any other, with a reason, based on all that is known here of the record.
* Undoing goes back to what was shown before the decision (or to the other value, when it was that one that was taken);
  the conflict itself is history: nobody can make two people disagree again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from itinerant.domain.fields import Value
from itinerant.errors import UserError
from itinerant.log.chain import Link
from itinerant.log.change import Draft
from itinerant.log.merge import Conflict, Decision, before, decisions
from itinerant.store import views
from itinerant.store.disk.database import ask
from itinerant.store.opening import Opened
from itinerant.store.reading import records
from itinerant.texts import _

Write = Callable[[Sequence[Draft]], list[Link]]
"""Makes drafts durable, all or none."""

SHOWN = 200
"""Records with decisions that are looked at, those with the latest changes first."""

_MERGED = (
    "SELECT amends FROM change WHERE amends <> '' AND body IS NOT NULL AND json_array_length(body, '$.base') > 1"
    " GROUP BY amends ORDER BY max(n) DESC LIMIT ?"
)


class Disputes:
    """The queue of conflicts of one laptop."""

    def __init__(self, opened: Opened, write: Write) -> None:
        self._opened = opened
        self._write = write

    def open(self, ref: str = "") -> list[Conflict]:
        """The open conflicts, of one record or of all, the latest found first."""
        with self._opened.database.reader() as connection:
            return records.conflicts(connection, ref)

    def count(self) -> int:
        """How many conflicts are open."""
        with self._opened.database.reader() as connection:
            ((count,),) = ask(connection, "SELECT count(*) FROM conflict")
        return int(count)

    def decided(self, ref: str = "") -> list[Decision]:
        """The decisions that stand, of one record or of all, the latest records first."""
        with self._opened.database.reader() as connection:
            refs = [ref] if ref else [record for (record,) in list(ask(connection, _MERGED, SHOWN))]
            histories = [views.changes(connection, each) for each in refs]
        known = [[item.change for item in each if item.change is not None] for each in histories]
        return [decision for each in known if each for decision in decisions(each)]

    def visit_of(self, ref: str) -> str:
        """The number of the visit that a record belongs to; empty when it belongs to none."""
        with self._opened.database.reader() as connection:
            record = records.get(connection, ref)
        if record is None:
            return ""
        return ref if record.kind == "visit" else str(record.values.get("visit") or "")

    def resolve(self, record: str, field: str, value: Value, why: str) -> str:
        """Settle a conflict with one of its values or another, with a reason; the change's number.

        Raises `UserError`: no such conflict (any more), no reason, or a value that the field cannot have.
        """
        if field not in {one.field for one in self.open(record)}:
            raise self._no_conflict(record, field)
        return self._one(record, field, value, why)

    def undo(self, record: str, field: str, why: str) -> str:
        """Take back the decision that stands about a field, with a reason; the change's number."""
        found = next((one for one in self.decided(record) if one.conflict.field == field), None)
        if found is None:
            sentence = _("No hay una decisión que deshacer en «{field}» de {ref}.").format(field=field, ref=record)
            raise UserError(sentence, place=field, code="no_decision")
        return self._one(record, field, before(found), why)

    def _one(self, record: str, field: str, value: Value, why: str) -> str:
        if not why.strip():
            raise UserError(_("Diga el motivo."), place="why", code="required")
        (link,) = self._write([Draft(kind="", set={field: value}, record=record, why=why)])
        return link.change.ref

    def _no_conflict(self, record: str, field: str) -> UserError:
        sentence = _("{ref} no tiene un conflicto en «{field}».").format(ref=record, field=field)
        found = next((one for one in self.decided(record) if one.conflict.field == field), None)
        if found is not None:
            sentence = _("«{field}» de {ref} ya lo decidió {who} ({change}).").format(
                field=field, ref=record, who=found.change.by, change=found.change.ref
            )
        return UserError(sentence, place=field, code="no_conflict")
