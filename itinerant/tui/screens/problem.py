"""An error: what happened, what is safe, what to do. It stays until it is dismissed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Static

from itinerant.errors import ItinerantError
from itinerant.texts import _
from itinerant.tui.screens.page import Dialog
from itinerant.tui.widgets.key_bar import KeyBar


class ProblemScreen(Dialog[None]):
    """Shows one error with its own words."""

    def __init__(self, error: ItinerantError) -> None:
        super().__init__()
        self._error = error

    def compose(self) -> ComposeResult:
        error = self._error
        with Vertical(classes="window -bad"):
            yield Static("! " + _(error.title), classes="title", markup=False)
            yield Static(error.sentence, classes="prose", markup=False)
            if error.safe:
                yield Static("✓ " + error.safe, classes="prose", markup=False)
            if error.next_step:
                yield Static("› " + error.next_step, classes="prose", markup=False)
            if error.place:
                yield Static(_("Dónde: {place}").format(place=error.place), classes="prose -muted", markup=False)
            yield Button(_("Entendido"), classes="answer -first", compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(Button).focus()

    def on_button_pressed(self) -> None:
        self.dismiss(None)
