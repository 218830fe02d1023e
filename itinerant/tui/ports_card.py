"""What the screens may ask of card readers and cards; see `ports`. `insist`: although few tries of the PIN are left;
`skip`: the reader with the card of whoever works here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from itinerant.tui.ports import Laptop


class CardKind(Protocol):
    """What a card is; a text (`piv` is the staff's) with words for a person."""

    @property
    def value(self) -> str: ...
    @property
    def words(self) -> str: ...


class Reader(Protocol):
    """A reader; `card` is None when it is empty, `inserted` another number at each insertion."""

    @property
    def name(self) -> str: ...
    @property
    def card(self) -> CardKind | None: ...
    @property
    def busy(self) -> bool: ...
    @property
    def mute(self) -> bool: ...
    @property
    def inserted(self) -> int: ...


class Readers(Protocol):
    """All readers; `problem` is a code: `no_library`, `no_service`, or empty."""

    @property
    def problem(self) -> str: ...
    @property
    def readers(self) -> Sequence[Reader]: ...


class CardCheck(Protocol):
    """A citizen's check: values of a session's `card` and `card_code`, and words for the screen alone."""

    @property
    def card(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def words(self) -> str: ...


class Trust(Protocol):
    """What is known of who issued a card, in words."""

    @property
    def words(self) -> str: ...


class NewAccess(Protocol):
    """What `Accesses.add_card` needs of a card, and the verdict on it."""

    @property
    def kept(self) -> str: ...
    @property
    def key(self) -> bytes: ...
    @property
    def trust(self) -> Trust: ...


class Row(Protocol):
    """One thing that was looked at; `ok` is None for what nobody needs to have."""

    @property
    def ok(self) -> bool | None: ...
    @property
    def sentence(self) -> str: ...
    @property
    def next_step(self) -> str: ...


class Cards(Protocol):
    """Readers and cards. `watch` tells on another thread; what it answers with stops it."""

    def watch(self, listener: Callable[[Readers], None]) -> Callable[[], None]: ...
    def unlock(self, pin: str, person: str | None = None, *, insist: bool = False) -> Laptop: ...
    def check(self, pin: str, *, insist: bool = False, skip: str = "") -> CardCheck: ...
    def new_access(self, pin: str, *, insist: bool = False) -> NewAccess: ...
    def rows(self) -> Sequence[Row]: ...
