"""What the screens may ask about signatures; see `ports`. `insist`: although few tries of the PIN are left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from itinerant.domain.acta import Acta


class Verdict(Protocol):
    """What the signatures of a file are worth: `lines` for a person, the last one says that it is a technical check."""

    @property
    def good(self) -> bool: ...
    def lines(self) -> list[str]: ...


class Signatures(Protocol):
    """Signing with the card in the reader, and checking offline. `sign_acta` answers with a file's name and content."""

    def files(self, folders: Sequence[Path]) -> Sequence[Path]: ...
    def check(self, path: Path) -> Verdict: ...
    def sign_file(self, path: Path, pin: str, *, insist: bool = False) -> Path: ...
    def sign_acta(self, made: Acta, pin: str, *, insist: bool = False) -> tuple[str, bytes]: ...
