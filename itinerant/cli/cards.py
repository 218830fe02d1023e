"""What the screen and the commands ask of the cards of one home; the card package is imported when they do."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.config import Config
from itinerant.paths import Home

if TYPE_CHECKING:
    from itinerant.card.doctor import Row
    from itinerant.card.readers import Readers
    from itinerant.card.staff import CardCheck, NewAccess
    from itinerant.store.laptop import Laptop


class Cards:
    """The cards of one home."""

    def __init__(self, home: Path) -> None:
        self._home = home

    @property
    def anchors(self) -> Path:
        """The folder of the roots that were pinned."""
        from itinerant.card.anchors import FOLDER

        return self._home / FOLDER

    @property
    def module(self) -> str:
        """The PKCS#11 module that was configured; empty without one."""
        return Config.load(Home(self._home).config).pkcs11_module

    def watch(self, listener: Callable[[Readers], None]) -> Callable[[], None]:
        """Tell `listener`, on another thread, of readers and cards as they change; what comes back stops it."""
        from itinerant.card.readers import Monitor

        monitor = Monitor(listener)
        monitor.start()
        return monitor.stop

    def connected(self) -> bool:
        """Whether a reader answers, with its driver."""
        from itinerant.card.readers import names
        from itinerant.errors import CardProblem

        try:
            return bool(names())
        except CardProblem:
            return False

    def check(self, pin: str, *, insist: bool = False, skip: str = "") -> CardCheck:
        """Whether the person holds the card that is in a reader other than `skip`."""
        from itinerant.card import staff

        return staff.check(pin, module=self.module, insist=insist, skip=skip)

    def new_access(self, pin: str, *, insist: bool = False) -> NewAccess:
        """What `accesses.add_card` needs of the card that is in the reader."""
        from itinerant.card import staff

        return staff.new_access(pin, self.anchors, _now(), module=self.module, insist=insist)

    def unlock(self, pin: str, person: str | None = None, *, insist: bool = False) -> Laptop:
        """The laptop, opened with the card that is in the reader."""
        from itinerant.card import staff
        from itinerant.store.access import cards

        seals = list(cards.seals(self._home))
        keys = staff.keys(pin, seals, self.anchors, _now(), module=self.module, insist=insist)
        return cards.unlock(self._home, keys, person)

    def rows(self) -> Sequence[Row]:
        """What a doctor says of readers and drivers."""
        from itinerant.card.doctor import look

        return look(self.anchors, self.module)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
