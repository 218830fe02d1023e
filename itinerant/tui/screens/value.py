"""Asks for one value of one field."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from itinerant.domain.fields import Field, Value
from itinerant.tui.actions import bindings
from itinerant.tui.screens.page import Dialog
from itinerant.tui.widgets.field_row import FieldRow
from itinerant.tui.widgets.form import row_for
from itinerant.tui.widgets.key_bar import KeyBar


class ValueDialog(Dialog[tuple[Value]]):
    """Answers with the value alone in a tuple (it may be empty), or None."""

    CSS_PATH = "../styles/fields.tcss"
    BINDINGS = bindings("save")

    def __init__(self, title: str, declared: Field) -> None:
        super().__init__()
        self._title = title
        self._declared = declared

    def compose(self) -> ComposeResult:
        with Vertical(classes="window -wide"):
            yield Static(self._title, classes="title", markup=False)
            self._row = row_for(self._declared, None)
            yield self._row
        yield KeyBar()

    def on_mount(self) -> None:
        self._row.take_focus()

    @on(FieldRow.Done)
    def action_save(self) -> None:
        """Answer, unless the value is not accepted."""
        sentence = self._row.find_problem()
        self._row.complain(sentence)
        if not sentence:
            self.dismiss((self._row.value,))
