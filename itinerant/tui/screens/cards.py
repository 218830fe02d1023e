"""Readers and cards as they are now, and one's own card: let it open the laptop, or shut it out when it is lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from itinerant.texts import N_, _
from itinerant.tui import card_watch
from itinerant.tui.actions import bindings
from itinerant.tui.screens.page import Page
from itinerant.tui.screens.pin import PinDialog, insisting
from itinerant.tui.screens.question import Question
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.tui.ports_card import NewAccess, Readers


class CardsScreen(Page[None]):
    """What is in the readers, live."""

    TITLE = N_("Tarjetas y lectores")
    CSS_PATH = "../styles/cards.tcss"
    BINDINGS = bindings("card_access", "card_lost")

    def body(self) -> Iterable[Widget]:
        yield VerticalScroll(Static("", id="readers"), Static("", id="mine"), Static("", id="about"))

    def on_mount(self) -> None:
        self.cards_changed(self.itinerant.cards.now)
        about = _(
            "De una tarjeta no se guarda nada: ni nombre, ni número, ni certificado. Retirar la tarjeta con la que"
            " entró bloquea la laptop; su borrador queda a salvo. Siempre puede entrar con su frase."
        )
        self.query_one("#about", Static).update(Content.styled(about, "$muted"))
        self.query_one(VerticalScroll).focus()
        self._look()

    def cards_changed(self, now: Readers | None) -> None:
        """Show what there is."""
        shown = [Content.styled(text, style) for text, style in card_watch.lines(now)]
        self.query_one("#readers", Static).update(Content("\n").join(shown))

    def _look(self) -> None:
        laptop = self.itinerant.laptop
        ask(self, lambda: any(one.me and one.card for one in laptop.accesses.list()), self._show)

    def _show(self, mine: bool) -> None:
        words = _("✓ Su tarjeta y su PIN abren esta laptop.") if mine else _("· Ninguna tarjeta suya abre esta laptop.")
        self.query_one("#mine", Static).update(Content.styled(words, "bold $success" if mine else "$muted"))

    def action_card_access(self) -> None:
        """Let the card that is in open the laptop for whoever is here."""
        text = _("Su tarjeta (con llave de cifrado) y su PIN abrirán esta laptop, junto a su frase de acceso.")
        self.app.push_screen(PinDialog(_("Entrar con tarjeta"), text), self._typed)

    def _typed(self, pin: str | None) -> None:
        if pin is not None:
            cards, laptop = self.itinerant.desk.cards, self.itinerant.laptop

            def job(insist: bool) -> NewAccess:
                made = cards.new_access(pin, insist=insist)
                laptop.accesses.add_card(laptop.person, made.kept, made.key)
                return made

            insisting(self, job, self._added, self.itinerant.show_error)

    def _added(self, made: NewAccess) -> None:
        self.itinerant.good_news(_("✓ Su tarjeta ya abre: {words}.").format(words=made.trust.words))
        self._look()

    def action_card_lost(self) -> None:
        """Shut out one's card, after asking."""
        text = _("La tarjeta dejará de abrir esta laptop, y el cuaderno se vuelve a cifrar. Su frase sigue abriendo.")
        answers = [("no", _("No, que siga")), ("yes", _("Sí, quitar mi tarjeta"))]
        self.app.push_screen(Question(_("¿Quitar su tarjeta?"), text, answers), self._lost)

    def _lost(self, answer: str | None) -> None:
        if answer == "yes":
            laptop = self.itinerant.laptop

            def gone(_nothing: None) -> None:
                self.itinerant.good_news(_("✓ Su tarjeta ya no abre esta laptop."))
                self._look()

            ask(self, lambda: laptop.accesses.remove_card(laptop.person), gone)
