"""Asks why: a correction, an annulment and a decision carry their reason."""

from __future__ import annotations

from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from itinerant.domain.fields import Field, Type
from itinerant.log.change import MAX_WHY
from itinerant.texts import N_, _
from itinerant.tui.actions import bindings
from itinerant.tui.screens.page import Dialog
from itinerant.tui.widgets.field_row import FieldRow
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.widgets.text_field import TextField

WHY = Field(
    "why",
    Type.TEXT,
    N_("Motivo"),
    required=True,
    length=MAX_WHY,
    help=N_("Sin nombres ni números de documento. Enter lo registra."),
)


class Reason(Dialog[str]):
    """Answers with the reason, or None."""

    CSS_PATH = "../styles/fields.tcss"
    BINDINGS = bindings("save")

    def __init__(self, title: str, text: str, *, length: int = MAX_WHY) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._length = length

    def compose(self) -> ComposeResult:
        with Vertical(classes="window -wide"):
            yield Static(self._title, classes="title", markup=False)
            yield Static(self._text, classes="prose", markup=False)
            yield TextField(replace(WHY, length=self._length))
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(TextField).take_focus()

    @on(FieldRow.Done)
    def action_save(self) -> None:
        """Answer, unless the reason is missing or not accepted."""
        row = self.query_one(TextField)
        sentence = row.find_problem() or ("" if row.value else _("Escriba el motivo."))
        row.complain(sentence)
        if not sentence:
            self.dismiss(str(row.value))
