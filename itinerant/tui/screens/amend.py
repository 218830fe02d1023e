"""Corrects a session: the same form, then the reason. Only what was altered is written; the rest stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import on

from itinerant.domain.fields import Problem, Value
from itinerant.domain.session import SESSION
from itinerant.errors import UserError
from itinerant.texts import N_, _
from itinerant.tui.ports import Row, Services
from itinerant.tui.screens.form_page import FormPage
from itinerant.tui.screens.reason import Reason
from itinerant.tui.screens.session import session_form
from itinerant.tui.widgets.form import Form


class AmendScreen(FormPage):
    """Answers with the reference of the change, or None."""

    TITLE = N_("Modificar la atención")
    SAVE = N_("Guardar la corrección")

    def __init__(self, row: Row, services: Services) -> None:
        super().__init__(SESSION)
        self._row = row
        self._services = services
        self._touched: set[str] = set()
        self._why = ""

    def heading(self) -> str:
        return _("Modificar {ref}").format(ref=self._row.record)

    def make_form(self) -> Form:
        return session_form(self._services)

    def on_mount(self) -> None:
        self.form.put(self._row.values)

    @on(Form.Changed)
    def _note(self, event: Form.Changed) -> None:
        self._touched.add(event.name)

    def _altered(self) -> dict[str, Value]:
        """The fields whose value is another; one that was emptied, or that makes no sense any more, becomes null."""
        now, before = self.form.values(), self._row.values
        names = self._touched | {name for name in ("cause", "card_code") if name not in now}
        return {name: now.get(name) for name in sorted(names) if now.get(name) != before.get(name)}

    def action_save(self) -> None:
        """Check the whole, ask for the reason, then store what was altered."""
        if self.form.unfinished():
            return
        altered = self._altered()
        if not altered:
            self.itinerant.show_error(UserError(_("No hay nada que cambiar.")))
            return
        whole = {name: value for name, value in {**self._row.values, **altered}.items() if value is not None}
        problems: list[Problem] = SESSION.problems(whole)
        if self.form.complain(problems):
            return
        labels = ", ".join(_(SESSION.by_name[name].label) for name in altered)
        question = Reason(_("¿Por qué se corrige?"), _("Cambia: {fields}.").format(fields=labels))
        self.app.push_screen(question, lambda why: self._write(altered, why))

    def _write(self, altered: Mapping[str, Value], why: str | None) -> None:
        if why is not None:
            self._why = why
            self.store(altered)

    def write(self, values: Mapping[str, Value]) -> Callable[[], str]:
        laptop, why = self.itinerant.laptop, self._why
        return lambda: laptop.amend(self._row.record, values, why)
