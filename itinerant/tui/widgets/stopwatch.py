"""The time that an attention has taken so far."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widget import Widget

from itinerant.domain import words
from itinerant.texts import _


class Stopwatch(Widget):
    """Shows `seconds()` each second. It counts nothing by itself: the clock belongs to the screen."""

    def __init__(self, seconds: Callable[[], int]) -> None:
        super().__init__()
        self._seconds = seconds

    def on_mount(self) -> None:
        self.set_interval(1.0, self.refresh)

    def render(self) -> Content:
        return Content.assemble((_("Tiempo") + "  ", "$muted"), (words.running(self._seconds()), "bold $accent"))
