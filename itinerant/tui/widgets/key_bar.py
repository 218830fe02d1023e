"""The keys that count here, at the foot of the screen, in words and clickable.

* One widget that draws one line: Textual's own footer makes a widget for each key anew whenever the focus moves, which
  costs a slow laptop more than everything else that such a key does.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from itinerant.texts import _
from itinerant.tui.actions import key_name

GAP = 2
"""Cells between two keys."""


class _Shown(NamedTuple):
    """One key of the bar: where it begins, its name and words, and whether it can be used now."""

    start: int
    key: str
    name: str
    label: str
    help: str
    enabled: bool

    @property
    def end(self) -> int:
        """The cell after it."""
        return self.start + cell_len(self.name) + 1 + cell_len(self.label)


class KeyBar(Widget):
    """The actions shown of the screen that has the focus, each once, with its first key. It takes no focus."""

    ALLOW_SELECT = False
    under: reactive[str] = reactive("")
    """The key that the mouse is on."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[_Shown] = []

    @property
    def whole(self) -> bool:
        """Whether every key has room."""
        return not self._shown or self._shown[-1].end <= self.content_size.width

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        if self.app.app_focus and screen is self.screen:
            self.call_after_refresh(self.look)

    def look(self) -> None:
        """Show the keys that count now, in the language of now."""
        if not self.is_attached:
            return  # the screen was closed meanwhile
        shown: dict[str, _Shown] = {}
        start = 0
        for _node, binding, enabled, _tooltip in self.screen.active_bindings.values():
            if binding.show and binding.action not in shown:
                words = (_(key_name(binding.key)), _(binding.description), _(binding.tooltip))
                one = shown[binding.action] = _Shown(start, binding.key, *words, enabled)
                start = one.end + GAP
        if [*shown.values()] != self._shown:
            self._shown = [*shown.values()]
            self.refresh()

    def render(self) -> Content:
        parts: list[tuple[str, str]] = []
        for one in self._shown:
            dim = "" if one.enabled else " dim"
            if one.key == self.under:
                dim += " underline"
            parts += [
                (one.name, f"$footer-key-foreground bold{dim}"),
                (f" {one.label}", f"$footer-description-foreground{dim}"),
                (" " * GAP, ""),
            ]
        return Content.assemble(*parts[:-1])

    def _at(self, event: events.MouseEvent) -> _Shown | None:
        column = event.get_content_offset_capture(self).x
        return next((one for one in self._shown if one.start <= column < one.end), None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        one = self._at(event)
        self.under = one.key if one else ""
        self.tooltip = one.help if one else None

    def on_leave(self) -> None:
        self.under = ""

    def on_mouse_down(self, event: events.MouseDown) -> None:
        one = self._at(event)
        if one is None:
            return
        self.app.simulate_key(one.key) if one.enabled else self.app.bell()
