"""An error: what happened, what is safe, what to do. It stays until it is dismissed; a fault of the program can be put
into a file that only the office opens."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Static

from itinerant.errors import ItinerantError
from itinerant.texts import _
from itinerant.tui.screens.page import Dialog
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.work import UNEXPECTED


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
            yield Button(_("Entendido"), id="understood", classes="answer -first")
            if error.code == UNEXPECTED and self.itinerant.unlocked:
                yield Button(_("Guardar un informe para el área de TI"), id="report", classes="answer")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(Button).focus()

    @on(Button.Pressed, "#understood")
    def _understood(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#report")
    def _report(self) -> None:
        self.dismiss(None)
        self.itinerant.routes.fault_report(self._error)
