"""A big figure with its unit under it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Digits, Static

from itinerant.texts import _


class Figure(Vertical):
    """A count in digits of three lines, and what it counts."""

    def __init__(self, unit: str, name: str) -> None:
        super().__init__(id=name, classes="figure")
        self._digits = Digits("0")
        self._unit = Static(_(unit), classes="unit")

    def compose(self) -> ComposeResult:
        yield self._digits
        yield self._unit

    def show(self, count: int, unit: str) -> None:
        """Draw this count; `unit` is already translated, in the number that suits the count."""
        self._digits.update(str(count))
        self._unit.update(unit)
