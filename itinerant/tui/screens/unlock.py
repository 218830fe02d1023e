"""The first screen: who you are and your passphrase. It is the splash too: what is heavy loads behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from itinerant.errors import ItinerantError, Locked
from itinerant.texts import N_, _
from itinerant.tui import pauses
from itinerant.tui.actions import bindings
from itinerant.tui.screens.page import Page
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.tui.ports import Laptop  # brings the domain: 150 ms that the first frame does not need


class UnlockScreen(Page[None]):
    """Opens the vault. `hint` is the passphrase of a demonstration."""

    TITLE = N_("Itinerant")
    BINDINGS = bindings("leave", "use_card")
    SHOWS_STATE = False

    def __init__(self, hint: str = "") -> None:
        super().__init__()
        self._demo = hint
        self._people: Sequence[tuple[str, str]] = ()
        self._person = 0
        self._opening = False
        self._by_card = False

    def body(self) -> Iterable[Widget]:
        yield UnlockCard(self._demo)

    def on_mount(self) -> None:
        # After the first frame: the thread's imports would take turns with the drawing.
        self.call_after_refresh(lambda: ask(self, self._warm_up, self._show_people))
        self.query_one(Input).focus()

    def _warm_up(self) -> Sequence[tuple[str, str]]:
        pauses.collect_again()
        people = self.itinerant.opener.people()
        self.itinerant.import_screens()
        return people

    def _show_people(self, people: Sequence[tuple[str, str]]) -> None:
        self._people = people
        self._draw_people()
        self.itinerant.cards.start()

    def _draw_people(self) -> None:
        lines = []
        for index, (code, name) in enumerate(self._people):
            mark, style = ("✓", "bold $accent") if index == self._person else (" ", "$muted")
            lines.append(
                Content.assemble((f"{mark} ", style), (code if name in ("", code) else f"{code}  {name}", style))
            )
        self.query_one("#people", Static).update(Content("\n").join(lines))
        self.query_one("#choose", Static).display = len(self._people) > 1

    def cards_changed(self, _now: object) -> None:
        """Say that the staff's card is in, and how to use it."""
        reader = self.itinerant.cards.staff_card
        line = self.query_one("#card", Static)
        line.display = self._by_card or reader is not None
        if self._by_card:
            text = _("Escriba el PIN de su tarjeta. F6 vuelve a la frase.") if reader else _("Inserte su tarjeta…")
        else:
            text = _("✓ Tarjeta del personal en el lector: F6 para entrar con ella.")
        line.update(Content.styled(text, "bold $accent" if reader else "$muted"))

    def action_use_card(self) -> None:
        """Pass from the passphrase to the PIN of a card, and back."""
        self._by_card = not self._by_card
        field = self.query_one(Input)
        field.value = ""
        field.placeholder = _("PIN de la tarjeta") if self._by_card else _("Frase de acceso")
        self.cards_changed(None)

    def on_key(self, event: events.Key) -> None:
        if event.key in ("up", "down") and self._people:
            self._person = (self._person + (1 if event.key == "down" else -1)) % len(self._people)
            self._draw_people()
            event.stop()

    async def draw_anew(self) -> None:
        """Show this screen in the language of now."""
        await self.recompose()
        self._draw_people()
        self.query_one(Input).focus()

    def greet(self, note: str) -> None:
        """Come back to this screen, empty, with a word on why."""
        self._opening = False
        self.query_one(Input).value = ""
        self.query_one(Input).disabled = False
        self.query_one(Input).focus()
        self._say(note, "$muted")

    def _say(self, text: str, style: str) -> None:
        self.query_one("#say", Static).update(Content.styled(text, style))

    @on(Input.Submitted)
    def _unlock(self) -> None:
        passphrase = self.query_one(Input).value
        if self._opening:
            return
        if self._by_card:
            self._unlock_by_card(passphrase)
            return
        if not passphrase:
            self._say(_("! Escriba su frase de acceso."), "bold $error")
            return
        self._opening = True
        self._say(_("Abriendo…"), "$muted")
        self.query_one(Input).disabled = True
        person = self._people[self._person][0] if self._people else ""
        opener = self.itinerant.opener
        ask(self, lambda: opener.unlock(passphrase, person), self._opened, otherwise=self._refused)
        self.call_after_refresh(self.itinerant.load_styles)

    def _unlock_by_card(self, pin: str) -> None:
        """An empty PIN is typed on the reader's own pad."""
        from itinerant.tui.screens.pin import insisting  # noqa: PLC0415 - imported when a card is used

        self._opening = True
        self._say(_("Abriendo con la tarjeta…"), "$muted")
        self.query_one(Input).disabled = True
        cards = self.itinerant.desk.cards
        insisting(self, lambda insist: cards.unlock(pin, insist=insist), self._opened_by_card, self._card_refused)
        self.call_after_refresh(self.itinerant.load_styles)

    def _opened_by_card(self, laptop: Laptop) -> None:
        self.action_use_card()
        self._opened(laptop)
        self.itinerant.cards.entered()

    def _card_refused(self, error: ItinerantError) -> None:
        self.greet("")
        self._say(f"! {error.sentence} {error.next_step}".rstrip(), "bold $error")

    def _opened(self, laptop: Laptop) -> None:
        self.greet("")
        self.itinerant.enter(laptop)

    def _refused(self, error: ItinerantError) -> None:
        self.greet("")
        if isinstance(error, Locked):
            self._say(f"! {error.sentence} {error.next_step}".rstrip(), "bold $error")
        else:
            self.itinerant.show_error(error)


class UnlockCard(Vertical):
    """The name of the product, the people and the passphrase."""

    def __init__(self, demo: str) -> None:
        super().__init__()
        self._demo = demo

    def compose(self) -> ComposeResult:
        yield Static(_("Itinerant"), classes="brand")
        yield Static(_("Registro de la brigada"), classes="prose -muted")
        yield Static("", id="people")
        yield Static(_("↑ ↓ cambian de persona"), id="choose", classes="-muted")
        yield Static("", id="card")
        yield Input(password=True, placeholder=_("Frase de acceso"), id="passphrase")
        yield Static("", id="say")
        if self._demo:
            yield Static(
                _("Demostración. La frase de acceso es:\n{hint}").format(hint=self._demo), classes="demo", markup=False
            )
