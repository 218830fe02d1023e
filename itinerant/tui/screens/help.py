"""F1: the keys of the screen that one was on, and those of every form."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from itinerant.texts import N_, _
from itinerant.tui.actions import ACTIONS, EVERYWHERE, FORM, Action, key_name
from itinerant.tui.screens.page import Dialog
from itinerant.tui.widgets.key_bar import KeyBar

IN_A_FORM = (
    ("1 … 9", N_("Elige la opción de ese número y pasa al campo siguiente.")),
    ("Enter", N_("Acepta el campo y pasa al siguiente; en el último, guarda.")),
    ("Tab ↑ ↓", N_("Pasan de un campo a otro sin cambiar nada.")),
    ("← →", N_("Mueven la opción elegida.")),
    (N_("Borrar"), N_("Vacía un campo opcional.")),
)
_KEYS = 14
_TEXT = 50


class HelpScreen(Dialog[None]):
    """Lists actions by group, from the registry."""

    def __init__(self, active: Sequence[Binding], *, form: bool) -> None:
        super().__init__()
        ids = {binding.id for binding in active}
        self._actions = [action for action in ACTIONS.values() if action.id in ids]
        self._form = form

    def compose(self) -> ComposeResult:
        with Vertical(classes="window -wide -tall"):
            yield Static(_("Ayuda"), classes="title")
            with VerticalScroll(classes="prose"):
                yield Static(self._text())
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def _text(self) -> Content:
        groups: dict[str, list[Action]] = {}
        for action in sorted(self._actions, key=lambda action: action.group == EVERYWHERE):
            groups.setdefault(action.group, []).append(action)
        lines: list[Content] = []
        for group, actions in groups.items():
            lines.append(Content.styled(_(group), "bold $accent"))
            for action in actions:
                lines.extend(_line(_keys(action), f"{_(action.label)}. {_(action.help)}"))
            if group == FORM and self._form:
                for keys, text in IN_A_FORM:
                    lines.extend(_line(_(keys), _(text)))
            lines.append(Content(""))
        return Content("\n").join(lines)


def _line(keys: str, text: str) -> list[Content]:
    """A key and its text, which goes on under itself."""
    first, *rest = textwrap.wrap(text, _TEXT)
    return [
        Content.assemble((keys.ljust(_KEYS), "bold"), first),
        *(Content(" " * _KEYS + more) for more in rest),
    ]


def _keys(action: Action) -> str:
    return ", ".join(_(key_name(key)) for key in action.keys)
