"""Asks for a new passphrase, typed twice, unseen; and, when they are wanted, for a person's code and the present one.

Whoever the passphrase is for types it: nobody else needs to know it. What is weak is told here, before anything waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from itinerant.domain import passphrases
from itinerant.domain.people import STAFF
from itinerant.texts import _
from itinerant.tui.actions import bindings
from itinerant.tui.screens.page import Dialog
from itinerant.tui.widgets.key_bar import KeyBar


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """What was typed; `person` and `current` are empty where they were not asked for."""

    person: str
    current: str
    fresh: str

    def __repr__(self) -> str:
        return "Words(…)"


class PassphraseDialog(Dialog[Words]):
    """Answers with the words, or None."""

    CSS_PATH = "../styles/people.tcss"
    BINDINGS = bindings("save")

    def __init__(self, title: str, text: str, *, person: bool = False, current: bool = False) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._asks_person = person
        self._asks_current = current

    def compose(self) -> ComposeResult:
        with Vertical(classes="window -wide"):
            yield Static(self._title, classes="title", markup=False)
            yield Static(self._text, classes="prose", markup=False)
            yield from self._fields()
            yield Static("", id="say")
        yield KeyBar()

    def _fields(self) -> Iterable[Static | Input]:
        asked = (
            ("person", _("Código de la persona"), self._asks_person),
            ("current", _("Su frase de ahora"), self._asks_current),
            ("fresh", _("Frase nueva: cuatro palabras, o 15 caracteres"), True),
            ("again", _("La frase nueva, otra vez"), True),
        )
        for name, label, wanted in asked:
            if wanted:
                yield Static(label, classes="-muted", markup=False)
                yield Input(id=name, password=name != "person", classes="words")

    def on_mount(self) -> None:
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        if event.input.id == "again":
            self.action_save()
        else:
            self.focus_next(Input)

    def action_save(self) -> None:
        """Answer, unless something is missing or not accepted: the mark goes there."""
        typed = {field.id or "": field.value for field in self.query(Input)}
        person = typed.get("person", "").strip().upper()
        for name, sentence in self._problems(typed, person):
            if sentence:
                self.query_one("#say", Static).update(Content.styled(f"! {sentence}", "bold $error"))
                self.query_one(f"#{name}", Input).focus()
                return
        self.dismiss(Words(person, typed.get("current", ""), typed["fresh"]))

    def _problems(self, typed: dict[str, str], person: str) -> Iterable[tuple[str, str]]:
        if self._asks_person:
            found = STAFF.problems({"code": person}, partial=True) if person else []
            yield "person", _("Escriba el código.") if not person else found[0].sentence if found else ""
        if self._asks_current:
            yield "current", "" if typed["current"] else _("Escriba su frase de ahora.")
        yield "fresh", passphrases.weak(typed["fresh"])
        yield "again", "" if typed["fresh"] == typed["again"] else _("Las dos frases no son iguales.")
