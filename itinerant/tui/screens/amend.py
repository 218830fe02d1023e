"""Corrects a record: the same form, then the reason. Only what was altered is written; the rest stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from textual import on
from textual.widget import Widget
from textual.widgets import Static

from itinerant.domain import words
from itinerant.domain.fields import Problem, Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.texts import N_, _
from itinerant.tui.drafts import DraftKeeper
from itinerant.tui.ports import Row, SavedDraft
from itinerant.tui.screens.form_page import FormPage, presentable
from itinerant.tui.screens.new_record import form_of
from itinerant.tui.screens.reason import Reason
from itinerant.tui.screens.session import session_form
from itinerant.tui.sources import Sources
from itinerant.tui.widgets.form import Form


def draft_key(record: str) -> str:
    """The name under which an unfinished correction is kept."""
    return f"amend/{record}"


class AmendScreen(FormPage):
    """Answers with the reference of the change, or None."""

    TITLE = N_("Modificar")
    SAVE = N_("Guardar la corrección")

    def __init__(self, row: Row, found: Sources, draft: SavedDraft | None = None) -> None:
        super().__init__(KINDS[row.kind])
        self._row = row
        self._sources = found
        self._draft = draft
        self._touched: set[str] = set()
        self._why = ""

    def heading(self) -> str:
        return _("Modificar {ref}").format(ref=self._row.record)

    def make_form(self) -> Form:
        return (
            session_form(self._sources.services) if self.kind.name == "session" else form_of(self.kind, self._sources)
        )

    def top(self) -> Iterable[Widget]:
        if self._draft:
            moment = words.moment(self._draft.at)
            yield Static(_("Continúa la corrección del {moment}").format(moment=moment), classes="notice")

    def on_mount(self) -> None:
        self.keeper = DraftKeeper(self, self.itinerant.laptop.drafts, draft_key(self._row.record), self._snapshot)
        self.form.put(self._row.values)
        kept = self._draft.values.get("altered") if self._draft else None
        if isinstance(kept, Mapping):
            self._touched.update(kept)
            self.form.put(kept)

    def _snapshot(self) -> dict[str, Any]:
        altered = self._altered()
        shown = presentable(self.kind, {name: value for name, value in altered.items() if value is not None})
        return {"altered": {name: shown.get(name) for name, value in altered.items() if value is None or name in shown}}

    @on(Form.Changed)
    def _note(self, event: Form.Changed) -> None:
        self._touched.add(event.name)

    def _altered(self) -> dict[str, Value]:
        """The fields whose value is another; one that was emptied, or that makes no sense any more, becomes null."""
        now, before = self.form.values(), self._row.values
        names = self._touched | {name for name in self.form.senseless() if before.get(name) is not None}
        return {name: now.get(name) for name in sorted(names) if now.get(name) != before.get(name)}

    def checked(self) -> dict[str, Value] | None:
        """What was altered, once the whole with it is in order."""
        if self.form.unfinished():
            return None
        altered = self._altered()
        if not altered:
            self.itinerant.show_error(UserError(_("No hay nada que cambiar.")))
            return None
        whole = {name: value for name, value in {**self._row.values, **altered}.items() if value is not None}
        problems: list[Problem] = self.kind.problems(whole)
        return None if self.form.complain(problems) else altered

    def confirm(self, values: dict[str, Value]) -> None:
        """Ask for the reason."""
        labels = ", ".join(_(self.kind.by_name[name].label) for name in values)
        question = Reason(_("¿Por qué se corrige?"), _("Cambia: {fields}.").format(fields=labels))
        self.app.push_screen(question, lambda why: self._write(values, why))

    def _write(self, altered: Mapping[str, Value], why: str | None) -> None:
        if why is not None:
            self._why = why
            self.store(altered)

    def write(self, values: Mapping[str, Value]) -> Callable[[], str]:
        laptop, why, record = self.itinerant.laptop, self._why, self._row.record

        def job() -> str:
            ref = laptop.amend(record, values, why)
            laptop.drafts.discard(draft_key(record))
            return ref

        return job
