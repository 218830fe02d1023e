"""Goes to a field of a form by its name: for long forms, and for hands that stay on the letters."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from itinerant.domain.fields import Field, Type
from itinerant.texts import N_, _
from itinerant.tui.screens.page import Dialog
from itinerant.tui.sources import among
from itinerant.tui.widgets.field_row import FieldRow
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.widgets.search_field import Option, SearchField

FIELD = Field("field", Type.CODE, N_("Campo"), required=True, help=N_("Unas letras de su nombre; Enter va."))


class JumpDialog(Dialog[str]):
    """Answers with the name of a field, or None."""

    CSS_PATH = "../styles/fields.tcss"

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__()
        self._options = [Option(item.name, _(item.label)) for item in fields]

    def compose(self) -> ComposeResult:
        with Vertical(classes="window -wide -jump"):
            yield Static(_("¿A qué campo?"), classes="title")
            yield SearchField(FIELD, among(self._options))
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(SearchField).take_focus()

    @on(FieldRow.Done)
    def _chosen(self, event: FieldRow.Done) -> None:
        self.dismiss(str(event.row.value))
