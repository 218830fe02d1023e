"""Opening a laptop with a card, for whoever has the card's answers; the card itself is another package's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from itinerant.paths import Home
from itinerant.store import opening
from itinerant.store.access.vault import Vault
from itinerant.store.laptop import Laptop, wall_clock


def seals(home: Path) -> dict[str, str]:
    """What a card makes keys of, with whose card it is; nothing for a folder without a laptop."""
    slots = Home(home).slots
    return Vault.read(slots).card_seals() if slots.exists() else {}


def unlock(
    home: Path, keys: Mapping[str, bytes], person: str | None = None, *, now_ms: Callable[[], int] = wall_clock
) -> Laptop:
    """Open a home with the keys that a card made of its `seals`.

    Raises `Locked` (`other_card`), `Damaged`, `StoreProblem`, as `Laptop.unlock`.
    """
    return Laptop(opening.unlock_card(Home(home), keys, person, now_ms()), now_ms)
