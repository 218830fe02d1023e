"""The way out of the automated agent: a passphrase that opens this laptop, whoever's of the staff."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from itinerant.errors import ItinerantError
from itinerant.texts import _
from itinerant.tui.screens.page import Dialog
from itinerant.tui.work import ask

_PATIENCE_S = 30


class LeaveDialog(Dialog[str]):
    """Answers with the code of the person whose passphrase it was, or None. Goes away when nobody types."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="window"):
            yield Static(_("Solo para el personal"), classes="title", markup=False)
            yield Static(_("Para salir, escriba su frase de acceso. Esc vuelve."), classes="prose", markup=False)
            yield Input(password=True, id="passphrase")
            yield Static("", id="say")

    def on_mount(self) -> None:
        self._waiting = self.set_timer(_PATIENCE_S, lambda: self.dismiss(None))
        self.query_one(Input).focus()

    def on_key(self, _event: events.Key) -> None:
        self._waiting.reset()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        typed, event.input.value = event.value, ""
        if typed:
            event.input.disabled = True
            accesses = self.itinerant.laptop.accesses
            ask(self, lambda: accesses.check(typed), self.dismiss, otherwise=self._refused)

    def _refused(self, error: ItinerantError) -> None:
        field = self.query_one(Input)
        field.disabled = False
        field.focus()
        self.query_one("#say", Static).update(Content.styled(f"! {error.sentence}", "bold $error"))
