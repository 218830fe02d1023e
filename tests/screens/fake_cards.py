"""Readers and cards in memory: a test puts cards in and pulls them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from itinerant.card.anchors import Trust
from itinerant.card.doctor import Row
from itinerant.card.kinds import CardKind
from itinerant.card.readers import Reader, Readers
from itinerant.card.staff import CardCheck, NewAccess
from itinerant.errors import CardProblem, ItinerantError
from tests.screens.fake import FakeLaptop

CARD_PIN = "654321"


class FakeCards:
    """One reader. `opens` makes the laptop that the card unlocks; `outcome` is what a check comes to."""

    def __init__(self) -> None:
        self.now = Readers()
        self.tries = 3
        self.outcome = CardCheck("authenticated", "", "La tarjeta demostró su llave.")
        self.fails: ItinerantError | None = None
        self.opens: Callable[[], FakeLaptop] | None = None
        self.listener: Callable[[Readers], None] = lambda _now: None
        self.watching = False
        self.skipped = ""

    def put_in(self, kind: CardKind | None, **state: bool) -> None:
        """A card goes in, or (None) out."""
        count = self.now.readers[0].inserted + 1 if self.now.readers else 1
        reader = replace(Reader("Lector ACR39U", kind, inserted=count), **state)  # type: ignore[arg-type]  # flags
        self.tell(Readers("", (reader,)))

    def tell(self, now: Readers) -> None:
        self.now = now
        self.listener(now)

    def watch(self, listener: Callable[[Readers], None]) -> Callable[[], None]:
        self.listener, self.watching = listener, True
        listener(self.now)
        return self._stopped

    def _stopped(self) -> None:
        self.watching = False

    def unlock(self, pin: str, _person: str | None = None, *, insist: bool = False) -> FakeLaptop:
        self._pin(pin, insist)
        assert self.opens is not None
        return self.opens()

    def check(self, pin: str, *, insist: bool = False, skip: str = "") -> CardCheck:
        self.skipped = skip
        self._pin(pin, insist)
        return self.outcome

    def new_access(self, pin: str, *, insist: bool = False) -> NewAccess:
        self._pin(pin, insist)
        return NewAccess("sellado", bytes(32), Trust(True))

    def rows(self) -> Sequence[Row]:
        return [
            Row("card_library", True, "La biblioteca de lectores está instalada."),
            Row("card_service", None, "El servicio de lectores no está en marcha.", "sudo apt-get install pcscd"),
        ]

    def _pin(self, pin: str, insist: bool) -> None:
        if self.fails:
            raise self.fails
        if self.tries <= 2 and not insist:
            raise CardProblem(f"Quedan {self.tries} intentos.", next_step="Otro error la bloquea.", code="few_tries")
        if pin != CARD_PIN:
            self.tries -= 1
            raise CardProblem(f"El PIN no es correcto. Quedan {self.tries} intentos.", code="wrong_pin")
        self.tries = 3
