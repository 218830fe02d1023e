"""Every word and quirk of Textual's own that could reach a person, in Spanish.

Textual has no translations. What we use of it that speaks is the command palette; the rest of its words (validators,
key panel, system commands, screenshot notices) is never mounted, and a test that mounts every screen looks for them.
"""

from __future__ import annotations

from rich.align import Align
from rich.text import Text
from textual.command import CommandList, CommandPalette, Provider, SearchIcon
from textual.system_commands import SystemCommandsProvider
from textual.widgets.option_list import Option

from itinerant.texts import _

ENGLISH = (
    "Search for commands",
    "No matches found",
    "Quit",
    "Help",
    "Theme",
    "Keys",
    "Maximize",
    "Minimize",
    "Screenshot",
    "Command",
    "Palette",
    "Press",
    "Must be",
    "Loading",
    "Select",
    "Copied",
    "the app",
    "Show",
    "Hide",
)
"""Words of Textual that must never be seen."""


def actions_provider() -> type[Provider]:
    """The palette's one source: what can be done on the screen (`ItinerantApp.get_system_commands`)."""
    return SystemCommandsProvider


class Palette(CommandPalette):
    """The menu of everything that can be done here."""

    def __init__(self) -> None:
        super().__init__(placeholder=_("¿Qué quiere hacer? Escriba una palabra"))

    def on_mount(self) -> None:
        icon = self.query_one(SearchIcon)
        icon.icon = "›"  # Textual's own is an emoji, which few consoles have
        icon.refresh()

    def _start_no_matches_countdown(self, search_value: str) -> None:
        """As in Textual, with our words and without the half second of wait."""
        if search_value:
            nothing = Align.center(Text(_("Nada coincide. Pruebe otra palabra."), style="not bold"))
            self.query_one(CommandList).add_option(Option(nothing, disabled=True, id=self._NO_MATCHES))
        self._list_visible = bool(search_value)
