"""A question with few answers, each a digit away; Esc answers nothing."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Static

from itinerant.tui.screens.page import Dialog
from itinerant.tui.widgets.key_bar import KeyBar


class Question(Dialog[str]):
    """Asks `text`; answers with the name of what was chosen, or None."""

    def __init__(self, title: str, text: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._answers = answers

    def compose(self) -> ComposeResult:
        with Vertical(classes="window"):
            yield Static(self._title, classes="title", markup=False)
            if self._text:
                yield Static(self._text, classes="prose", markup=False)
            for index, (name, label) in enumerate(self._answers, 1):
                kind = "answer -first" if index == 1 else "answer"
                yield Button(f"{index}  {label}", name=name, classes=kind)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query(Button).first().focus()

    def on_key(self, event: events.Key) -> None:
        if event.character and event.character in "123456789"[: len(self._answers)]:
            event.stop()
            self.dismiss(self._answers[int(event.character) - 1][0])
        elif event.key in ("up", "down"):
            event.stop()
            self.focus_next() if event.key == "down" else self.focus_previous()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.name)
