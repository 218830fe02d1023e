"""A screen that writes one record through a form: checks it, saves it in a worker, keeps a draft if it has a key.

* "Guardado" is said only after the commit; while it runs, nothing can be sent twice.
* Esc and every other way out keep the draft first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from textual import on
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Static

from itinerant.domain.fields import VOID, Kind, Value
from itinerant.errors import ItinerantError, UserError
from itinerant.texts import _
from itinerant.tui.actions import bindings, key_name
from itinerant.tui.drafts import DraftKeeper
from itinerant.tui.screens.page import Page
from itinerant.tui.widgets.field_row import FieldRow
from itinerant.tui.widgets.form import Form
from itinerant.tui.work import ask


class FormPage(Page[str]):
    """Answers with the reference of what was written, or None."""

    CSS_PATH: ClassVar[Any] = ["../styles/fields.tcss", "../styles/form.tcss"]
    BINDINGS = bindings("save", "details", "jump")
    SAVE = ""
    """Label of the main button, a source text."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind
        self.keeper: DraftKeeper | None = None
        self._saving = False

    # What a subclass says.

    def make_form(self) -> Form:
        """The form to fill."""
        raise NotImplementedError

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """The record's values from the form's: what the screen knows by itself is added here."""
        return dict(values)

    def write(self, values: Mapping[str, Value]) -> Callable[[], str]:
        """The job that stores the record and answers with its reference."""
        raise NotImplementedError

    def top(self) -> Iterable[Widget]:
        """What stands over the form."""
        return ()

    def beside_the_button(self) -> Iterable[Widget]:
        """What stands beside the main button."""
        return ()

    # The screen.

    def body(self) -> Iterable[Widget]:
        self.form = self.make_form()
        yield from self.top()
        yield self.form
        yield Horizontal(
            Button(f"{_(self.SAVE)}  {key_name('ctrl+s')}", id="save", classes="primary"),
            *self.beside_the_button(),
            Static("", id="folded"),
            classes="foot",
        )

    def on_mount(self) -> None:
        self._show_folded()
        self.form.call_after_refresh(self.form.focus_first)

    def waits(self) -> bool:
        return not self.is_mounted or self._saving or (self.form.under_way and self.focused is None)

    def on_descendant_focus(self) -> None:
        """The cursor is in a field: here is what was typed before."""
        self.itinerant.type_ahead.go_on()

    def on_unmount(self) -> None:
        """What was typed while it was saved is for the screen behind."""
        self.itinerant.type_ahead.go_on()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "details":
            return self.form.has_details if self.is_mounted else False
        return super().check_action(action, parameters)

    def action_details(self) -> None:
        """Show or hide the fields that are seldom used."""
        self.form.unfold(self.form.folded)
        self.form.focus_details()
        self._show_folded()

    def action_jump(self) -> None:
        """Go to a field by its name."""
        from itinerant.tui.screens.jump import JumpDialog  # noqa: PLC0415 - imported when asked for

        self.app.push_screen(JumpDialog(self.form.reachable()), self._jump)

    def _jump(self, name: str | None) -> None:
        if name is not None:
            self.form.go_to(name)
            self._show_folded()

    def _show_folded(self) -> None:
        text = ""
        if self.form.has_details:
            text = _("F4 muestra más datos") if self.form.folded else _("F4 los oculta")
        self.query_one("#folded", Static).update(text)

    @on(Form.Changed)
    def form_changed(self, event: Form.Changed) -> None:
        """A value is another: keep the draft."""
        event.stop()
        if self.keeper is not None:
            self.keeper.touch()

    @on(Form.Finished)
    def _past_the_end(self) -> None:
        self.query_one("#save", Button).focus()

    @on(Button.Pressed, "#save")
    def _pressed(self) -> None:
        self.action_save()

    def focus_next(self, selector: str | type[Widget] = "*") -> Widget | None:
        """Go on to the next field, which may come in a moment."""
        return self.focused if self._step(1) else super().focus_next(selector)

    def focus_previous(self, selector: str | type[Widget] = "*") -> Widget | None:
        """Go back to the field before."""
        return self.focused if self._step(-1) else super().focus_previous(selector)

    def _step(self, way: int) -> bool:
        inside = self.focused.ancestors_with_self if self.focused else ()
        row = next((each for each in inside if isinstance(each, FieldRow)), None)
        return row is not None and self.form.step(row, way)

    def action_save(self) -> None:
        """Check the record and store it; keys that are there already were meant for what comes after."""
        if self._saving:
            return
        values = self.checked()
        if values is None:
            self.itinerant.type_ahead.forget()
        else:
            self.confirm(values)

    def confirm(self, values: dict[str, Value]) -> None:
        """Store what was checked; a screen may ask something before."""
        self.store(values)

    def checked(self) -> dict[str, Value] | None:
        """The record's values; None when something is wrong, which is said."""
        if self.form.unfinished():
            return None
        values = self.complete(self.form.values())
        problems = self.kind.problems(values)
        if self.form.complain(problems):
            return None
        if problems:
            self.itinerant.show_error(UserError(" ".join(problem.sentence for problem in problems)))
            return None
        return values

    def store(self, values: Mapping[str, Value]) -> None:
        """Write checked values, once, after whatever is being written of the draft."""
        if self._saving:
            return
        self._set_saving(True)
        job = self.write(values)

        def start() -> None:
            ask(self, job, self._saved, otherwise=self._not_saved)

        if self.keeper is not None:
            self.keeper.settle(start)
        else:
            start()

    def _set_saving(self, saving: bool) -> None:
        self._saving = saving
        button = self.query_one("#save", Button)
        button.label = _("Guardando…") if saving else f"{_(self.SAVE)}  {key_name('ctrl+s')}"

    def _saved(self, ref: str) -> None:
        self.dismiss(ref)

    def _not_saved(self, error: ItinerantError) -> None:
        self._set_saving(False)
        self.itinerant.type_ahead.forget()
        if self.keeper is not None:
            self.keeper.touch()
        self.itinerant.show_error(error)

    def put_away(self, then: Callable[[], Any]) -> None:
        if self._saving:
            return  # it ends in a moment, and this screen goes away with it
        if self.keeper is not None:
            self.keeper.flush(then)
        else:
            then()


def presentable(kind: Kind, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values that a draft may hold: a text in which the guard finds personal data is never stored, not even so."""
    found = {problem.field for problem in kind.problems(values, partial=True) if problem.code == "personal_data"}
    return {name: value for name, value in values.items() if name not in found and name != VOID}
