"""Differences: a datum that two people wrote each in their own way, both kept until somebody decides.

* The list says which record and field; below, the value that both had seen, and each one's, who and when.
* A digit takes one of the values, O writes another one; either asks for the reason, and is a change like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import words
from itinerant.domain.fields import VOID, Field, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.log.merge import Candidate, Conflict
from itinerant.texts import N_, _, ngettext
from itinerant.tui import services as catalogue
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Services
from itinerant.tui.screens.page import Page
from itinerant.tui.screens.reason import Reason
from itinerant.tui.screens.value import ValueDialog
from itinerant.tui.widgets.record_table import Column, RecordTable
from itinerant.tui.widgets.status_bar import StatusBar
from itinerant.tui.work import ask

_LABEL = 22
_VOID = Field(VOID, Type.BOOLEAN, N_("Anulada"))


@dataclass(frozen=True, slots=True)
class _Found:
    conflicts: Sequence[Conflict]
    names: Mapping[str, str]
    services: Services


class ConflictsScreen(Page[None]):
    """The conflicts that concern this laptop."""

    TITLE = N_("Diferencias por decidir")
    CSS_PATH = "../styles/conflicts.tcss"
    BINDINGS = bindings("another_value")

    def __init__(self) -> None:
        super().__init__()
        self._found: _Found | None = None

    def body(self) -> Iterable[Widget]:
        self._table: RecordTable[Conflict] = RecordTable(
            [
                Column(_("Registro"), 14, lambda one: one.record),
                Column(_("Clase"), 14, lambda one: _(KINDS[one.kind].label), muted=True),
                Column(_("Dato"), 0, lambda one: _(_field(one).label)),
                Column(_("Ahora vale"), 22, lambda one: self._text(one, one.provisional)),
            ],
            empty=_("✓ No hay nada que decidir."),
        )
        yield self._table
        yield VerticalScroll(Static("", id="compared"), can_focus=False)

    def on_mount(self) -> None:
        self._table.focus()

    def on_screen_resume(self) -> None:
        if not self.itinerant.unlocked:
            return  # the screens above are being closed by a lock
        laptop = self.itinerant.laptop
        job = lambda: _Found(laptop.conflicts(), dict(laptop.person_names), laptop.services)  # noqa: E731 - handed on
        ask(self, job, self._show, group="conflicts", exclusive=True)

    def _show(self, found: _Found) -> None:
        self._found = found
        self._table.show(found.conflicts, more=False, keep=lambda one: (one.record, one.field))
        count = len(found.conflicts)
        title = ngettext("{n} diferencia por decidir", "{n} diferencias por decidir", count).format(n=count)
        self.query_one(StatusBar).retitle(title if count else _("Diferencias"))
        self._compare()
        self.refresh_bindings()

    def on_record_table_moved(self) -> None:
        """Show what the marked line is about."""
        self._compare()

    def _compare(self) -> None:
        one = self._table.marked
        self.query_one("#compared", Static).update(Content("\n").join(self._lines(one)) if one else Content(""))

    def _lines(self, one: Conflict) -> Iterable[Content]:
        yield Content.styled(f"{_(_field(one).label)} · {one.record}", "bold $accent")
        base = self._text(one, one.base) or _("vacío")
        values = [self._text(one, candidate.value) or _("vacío") for candidate in one.candidates]
        widest = max(len(value) for value in values)
        yield Content.assemble((_("   Antes decía").ljust(_LABEL), "$muted"), "  ", base)
        for index, candidate in enumerate(one.candidates, 1):
            whose = _("suyo") if self._is_mine(candidate) else self._who(candidate.by)
            label = f" {index} {whose}".ljust(_LABEL)
            value = values[index - 1].ljust(widest)
            when = f"  {words.moment(candidate.at)} · {candidate.change}"
            now = "✓ " if candidate.value == one.provisional else "  "
            yield Content.assemble((label, "bold"), (now, "$success"), (value, "bold"), (when, "$muted"))
        yield Content("")
        keys = _(
            "✓ vale por ahora. Un número elige; O escribe otro valor. Se pide el motivo; todos quedan en la historia."
        )
        yield Content.styled(keys, "$muted")

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
        if one is not None and event.character and event.character in "123456789"[: len(one.candidates)]:
            event.stop()
            self._decide(one, one.candidates[int(event.character) - 1].value)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "another_value":
            return self.is_mounted and self._table.marked is not None
        return super().check_action(action, parameters)

    def action_another_value(self) -> None:
        """Write a third value."""
        one = self._table.marked
        if one is not None:
            dialog = ValueDialog(_("Otro valor para {ref}").format(ref=one.record), _field(one))
            self.app.push_screen(dialog, lambda answer: self._decide(one, answer[0]) if answer else None)

    def _decide(self, one: Conflict, value: Value) -> None:
        text = _("«{field}» queda en: {value}.").format(
            field=_(_field(one).label), value=self._text(one, value) or _("vacío")
        )
        self.app.push_screen(Reason(_("¿Por qué?"), text), lambda why: self._resolve(one, value, why))

    def _resolve(self, one: Conflict, value: Value, why: str | None) -> None:
        if why is not None:
            laptop = self.itinerant.laptop
            ask(self, lambda: laptop.resolve(one.record, one.field, value, why), self._resolved)

    def _resolved(self, ref: str) -> None:
        self.itinerant.good_news(_("✓ Guardado {ref}").format(ref=ref))
        self.on_screen_resume()


def _field(one: Conflict) -> Field:
    return _VOID if one.field == VOID else KINDS[one.kind].by_name[one.field]
