"""Readers and cards as they are now, for every screen that shows them, and the lock when the card that opened leaves.

* The monitor has its own thread, which only posts messages: no key ever waits for a reader.
* A screen that shows readers has `cards_changed(now)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from itinerant.texts import _
from itinerant.tui.work import ask

if TYPE_CHECKING:
    from itinerant.tui.app import ItinerantApp
    from itinerant.tui.ports_card import Reader, Readers

STAFF = "piv"
"""The kind of card that opens the vault."""


class CardsChanged(Message):
    """What there is now; a later one replaces those that still wait."""

    def __init__(self, now: Readers) -> None:
        super().__init__()
        self.now = now

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CardsChanged)


class CardWatch:
    """Follows the readers for `app`. `now` is None until the first word of them."""

    def __init__(self, app: ItinerantApp) -> None:
        self._app = app
        self._stop: Callable[[], None] | None = None
        self._started = False
        self._held: tuple[str, int] | None = None
        self.now: Readers | None = None

    def start(self) -> None:
        """Begin, once; the card package is imported in a worker's thread."""
        if self._started:
            return
        self._started = True
        app, cards = self._app, self._app.desk.cards

        def begun(stop: Callable[[], None]) -> None:
            self._stop = stop

        ask(app, lambda: cards.watch(lambda now: _post(app, now)), begun, group="cards")

    def stop(self) -> None:
        """Stop following."""
        if self._stop is not None:
            self._stop()

    def entered(self) -> None:
        """The vault was opened with the staff's card that is in now."""
        reader = self.staff_card
        self._held = (reader.name, reader.inserted) if reader else None

    def left(self) -> None:
        """The vault was closed."""
        self._held = None

    @property
    def held(self) -> str:
        """The reader with the card that opened the vault; empty without one."""
        return self._held[0] if self._held else ""

    @property
    def staff_card(self) -> Reader | None:
        """The reader whose card can open the vault."""
        readers: Sequence[Reader] = self.now.readers if self.now else ()
        return next((one for one in readers if one.card and one.card.value == STAFF), None)

    def changed(self, now: Readers) -> None:
        """Tell whoever shows it; lock when the card that opened is gone."""
        self.now = now
        for screen in self._app.screen_stack:
            tell = getattr(screen, "cards_changed", None)
            if tell is not None:
                tell(now)
        if self._held is not None and self._held not in [(one.name, one.inserted) for one in now.readers if one.card]:
            self._held = None
            self._lock()

    def _lock(self) -> None:
        app = self._app
        if app.unlocked and not app.public:  # the public's screen stays when whoever set it up takes their card along
            note = _("Se retiró la tarjeta: bloqueado. Su borrador está a salvo.")
            app.put_away_all(lambda: app.lock_with(note))


def lines(now: Readers | None) -> list[tuple[str, str]]:
    """What there is in words, a line each with its style."""
    if now is None:
        return [(_("Buscando lectores…"), "$muted")]
    if now.problem:
        return [(_("! No se puede hablar con los lectores. «Estado de la laptop» dice qué falta."), "bold $warning")]
    if not now.readers:
        return [(_("No hay ningún lector conectado."), "$muted")]
    return [_line(one) for one in now.readers]


def _line(one: Reader) -> tuple[str, str]:
    if one.busy:
        return _("! {reader}: otro programa usa la tarjeta").format(reader=one.name), "bold $warning"
    if one.mute:
        return _("! {reader}: la tarjeta no responde; revise cómo entró").format(reader=one.name), "bold $warning"
    if one.card is None:
        return _("· {reader}: sin tarjeta").format(reader=one.name), "$muted"
    return f"✓ {one.name}: {one.card.words}", "bold $success"


def _post(app: ItinerantApp, now: Readers) -> None:
    app.post_message(CardsChanged(now))
