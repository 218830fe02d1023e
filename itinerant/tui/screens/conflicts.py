"""Differences: a datum that two people wrote each in their own way, both kept until somebody decides.

* The list says which record and field; below, the value that both had seen, and each one's, who and when.
* A digit takes one of the values, O writes another one; either asks for the reason, and is a change like any other.
* H shows those that were decided, who by and why; Z undoes a decision, the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content

from itinerant.domain import words
from itinerant.domain.fields import VOID, Field, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.log.merge import Candidate, Conflict, Decision, before
from itinerant.texts import N_, _, ngettext
from itinerant.tui import services as catalogue
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Laptop, Services
from itinerant.tui.screens.compared import ComparedPage
from itinerant.tui.screens.value import ValueDialog
from itinerant.tui.widgets.record_table import Column
from itinerant.tui.work import ask

_LABEL = 22
_VOID = Field(VOID, Type.BOOLEAN, N_("Anulada"))


@dataclass(frozen=True, slots=True)
class _Found:
    conflicts: Sequence[Conflict]
    decisions: Mapping[tuple[str, str], Decision]
    visits: Mapping[str, str]
    names: Mapping[str, str]
    services: Services


def _load(laptop: Laptop, *, decided: bool) -> _Found:
    decisions = {(one.conflict.record, one.conflict.field): one for one in laptop.disputes.decided()} if decided else {}
    shown = [one.conflict for one in decisions.values()] if decided else laptop.conflicts()
    visits = {ref: laptop.disputes.visit_of(ref) for ref in {one.record for one in shown}}
    return _Found(shown, decisions, visits, dict(laptop.person_names), laptop.services)


class ConflictsScreen(ComparedPage[Conflict]):
    """The conflicts that concern this laptop."""

    TITLE = N_("Diferencias por decidir")
    BINDINGS = bindings("another_value", "undo_decision", "decided")
    NOTHING = N_("✓ No hay nada que decidir.")

    def __init__(self) -> None:
        super().__init__()
        self._found: _Found | None = None
        self._past = False
        """Whether those are shown that were decided."""

    def columns(self) -> Sequence[Column[Conflict]]:
        return [
            Column(_("Registro"), 14, lambda one: one.record),
            Column(_("Clase"), 14, lambda one: _(KINDS[one.kind].label), muted=True),
            Column(_("Dato"), 0, lambda one: _(_field(one).label)),
            Column(_("Ahora vale"), 22, lambda one: self._text(one, self._now(one))),
        ]

    def read(self) -> None:
        laptop, decided = self.itinerant.laptop, self._past
        ask(self, lambda: _load(laptop, decided=decided), self._show, group="conflicts", exclusive=True)

    def _show(self, found: _Found) -> None:
        self._found = found
        count = len(found.conflicts)
        title = ngettext("{n} diferencia por decidir", "{n} diferencias por decidir", count)
        if self._past:
            title = ngettext("{n} diferencia decidida", "{n} diferencias decididas", count)
        title = title.format(n=count) if count else _("Diferencias")
        self.fill(found.conflicts, title, lambda one: (one.record, one.field))

    def lines(self, one: Conflict) -> Iterable[Content]:
        visit = self._found.visits.get(one.record, "") if self._found else ""
        where = f" · {_('jornada')} {visit}" if visit and visit != one.record else ""
        yield Content.assemble((f"{_(_field(one).label)} · {one.record}", "bold $accent"), (where, "$muted"))
        base = self._text(one, one.base) or _("vacío")
        values = [self._text(one, candidate.value) or _("vacío") for candidate in one.candidates]
        widest = max(len(value) for value in values)
        yield Content.assemble((_("   Antes decía").ljust(_LABEL), "$muted"), "  ", base)
        for index, candidate in enumerate(one.candidates, 1):
            whose = _("suyo") if self._is_mine(candidate) else self._who(candidate.by)
            label = f" {index} {whose}".ljust(_LABEL)
            value = values[index - 1].ljust(widest)
            when = f"  {words.moment(candidate.at)} · {candidate.change}"
            now = "✓ " if candidate.value == self._now(one) else "  "
            yield Content.assemble((label, "bold"), (now, "$success"), (value, "bold"), (when, "$muted"))
        yield Content("")
        decision = self._decision(one)
        if decision is not None:
            change, now = decision.change, self._text(one, self._now(one)) or _("vacío")
            words_ = _("Decidió {who}: {value} · {when} · {change}")
            who = self._who(change.by)
            yield Content(words_.format(who=who, value=now, when=words.moment(change.at), change=change.ref))
            yield Content.styled(_("Motivo: {why}").format(why=change.why), "$muted")
            yield Content.styled(_("Z deshace la decisión. Se pide el motivo; todo queda en la historia."), "$muted")
            return
        keys = _(
            "✓ vale por ahora. Un número elige; O escribe otro valor. Se pide el motivo; todos quedan en la historia."
        )
        yield Content.styled(keys, "$muted")

    def _decision(self, one: Conflict) -> Decision | None:
        return self._found.decisions.get((one.record, one.field)) if self._found else None

    def _now(self, one: Conflict) -> Value:
        """What the field says now: what was decided, or the provisional value."""
        decision = self._decision(one)
        return one.provisional if decision is None else decision.change.set[one.field]

    def _is_mine(self, candidate: Candidate) -> bool:
        return candidate.change.startswith(f"{self.itinerant.laptop.device}-")

    def _who(self, code: str) -> str:
        return self._found.names.get(code, code) if self._found else code

    def _text(self, one: Conflict, value: Value) -> str:
        item = _field(one)
        if item.to == "service" and self._found and value is not None:
            return catalogue.label(self._found.services, value)
        return words.shown(item, value)

    def on_key(self, event: events.Key) -> None:
        one = self._table.marked
        digits = "123456789"[: len(one.candidates)] if one is not None and not self._past else ""
        if one is not None and event.character and event.character in digits:
            event.stop()
            self._decide(one, one.candidates[int(event.character) - 1].value)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("another_value", "undo_decision"):
            marked = self.is_mounted and self._table.marked is not None
            return marked and self._past == (action == "undo_decision")
        return super().check_action(action, parameters)

    def action_another_value(self) -> None:
        """Write a third value."""
        one = self._table.marked
        if one is not None:
            dialog = ValueDialog(_("Otro valor para {ref}").format(ref=one.record), _field(one))
            self.app.push_screen(dialog, lambda answer: self._decide(one, answer[0]) if answer else None)

    def action_decided(self) -> None:
        """Go from the open ones to the decided ones, or back."""
        self._past = not self._past
        self._table.show([], more=False)
        self.read()

    def action_undo_decision(self) -> None:
        """Undo the marked decision."""
        one = self._table.marked
        decision = self._decision(one) if one is not None else None
        if one is None or decision is None:
            return
        laptop, back = self.itinerant.laptop, self._text(one, before(decision)) or _("vacío")
        text = _("«{field}» vuelve a: {value}.").format(field=_(_field(one).label), value=back)
        self.decide(text, lambda why: laptop.disputes.undo(one.record, one.field, why))

    def _decide(self, one: Conflict, value: Value) -> None:
        text = _("«{field}» queda en: {value}.").format(
            field=_(_field(one).label), value=self._text(one, value) or _("vacío")
        )
        laptop = self.itinerant.laptop
        self.decide(text, lambda why: laptop.resolve(one.record, one.field, value, why))


def _field(one: Conflict) -> Field:
    return _VOID if one.field == VOID else KINDS[one.kind].by_name[one.field]
