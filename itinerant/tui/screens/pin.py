"""A PIN is typed unseen, over the state of the readers; with few tries left the person is asked whether to go on.

An empty PIN is for readers with a pad of their own: it is typed there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from itinerant.errors import ItinerantError
from itinerant.texts import _
from itinerant.tui import card_watch
from itinerant.tui.screens.page import Dialog
from itinerant.tui.screens.question import Question
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.tui.ports_card import CardCheck, Readers
    from itinerant.tui.screens.page import Page

T = TypeVar("T")


class PinDialog(Dialog[str]):
    """Answers with what was typed, or None."""

    CSS_PATH = "../styles/cards.tcss"

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="window -wide"):
            yield Static(self._title, classes="title", markup=False)
            yield Static("", id="readers")
            yield Static(self._text, classes="prose", markup=False)
            yield Input(password=True, placeholder=_("PIN; vacío si el lector tiene teclado"), id="pin", max_length=8)
            yield Static("", id="say")
        yield KeyBar()

    def on_mount(self) -> None:
        self.cards_changed(self.itinerant.cards.now)
        self.query_one(Input).focus()

    def cards_changed(self, now: Readers | None) -> None:
        """Show what there is."""
        shown = [Content.styled(text, style) for text, style in card_watch.lines(now)]
        self.query_one("#readers", Static).update(Content("\n").join(shown))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.typed(event.input)

    def typed(self, field: Input) -> None:
        """Enter was pressed."""
        self.dismiss(field.value)


class CheckDialog(PinDialog):
    """Checks that a person holds a card; answers with the outcome once it was read, or None."""

    def __init__(self, accept: Callable[[CardCheck], Any]) -> None:
        super().__init__(
            _("Comprobar la tarjeta de la persona"),
            _("La persona escribe su PIN. De la tarjeta no se guarda nada: solo si se comprobó, o el código de falla."),
        )
        self._accept = accept
        self._done: CardCheck | None = None
        self._busy = False

    def typed(self, field: Input) -> None:
        """Check; then accept what came out."""
        if self._busy:
            return
        if self._done is not None:
            self._accept(self._done)
            self.dismiss(None)
            return
        self._busy = True
        self._say(_("Comprobando…"), "$muted")
        pin, cards, mine = field.value, self.itinerant.desk.cards, self.itinerant.cards.held
        field.value = ""
        job = lambda insist: cards.check(pin, insist=insist, skip=mine)  # noqa: E731 - handed on
        insisting(self, job, self._checked, self._failed)

    def _checked(self, done: CardCheck) -> None:
        self._busy, self._done = False, done
        good = done.card == "authenticated"
        words = f"{'✓' if good else '!'} {done.words}\n" + _("Enter lo anota en la atención; Esc no.")
        self._say(words, "bold $success" if good else "bold $warning")

    def _failed(self, error: ItinerantError) -> None:
        self._busy = False
        self._say(f"! {error.sentence} {error.next_step}".rstrip(), "bold $error")

    def _say(self, text: str, style: str) -> None:
        self.query_one("#say", Static).update(Content.styled(text, style))


def insisting(
    node: Page[Any] | Dialog[Any],
    job: Callable[[bool], T],
    then: Callable[[T], Any],
    otherwise: Callable[[ItinerantError], Any],
) -> None:
    """Run `job(False)`; when few tries of the PIN are left, ask, and run `job(True)` for a yes."""

    def failed(error: ItinerantError) -> None:
        if error.code != "few_tries":
            otherwise(error)
            return
        answers = [("no", _("No, dejarlo")), ("yes", _("Sí, estoy seguro del PIN"))]
        question = Question(_("Quedan pocos intentos"), f"{error.sentence} {error.next_step}", answers)

        def answered(answer: str | None) -> None:
            if answer == "yes":
                ask(node, lambda: job(True), then, otherwise=otherwise, group="card")
            else:
                otherwise(error)

        node.app.push_screen(question, answered)

    ask(node, lambda: job(False), then, otherwise=failed, group="card")
