"""A field that is typed: text, number, amount, date, code. The privacy guard speaks under it while one types."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from itinerant.domain.fields import Field, Type, Value
from itinerant.tui import words
from itinerant.tui.widgets.field_row import FieldRow

_EXAMPLES = {"s": "min", "cents": "S/", "min": "min"}


class TextField(FieldRow):
    """One line of text; `value` is what `words.typed` understands of it."""

    def __init__(self, declared: Field) -> None:
        super().__init__(declared)
        self._unread = ""
        wide = declared.type is Type.TEXT
        self._input = Input(
            compact=True,
            max_length=declared.length if wide else 24,
            select_on_focus=not wide,
            placeholder=_EXAMPLES.get(declared.unit, declared.unit),
            classes="" if wide else "-short",
        )
        self._hint = Static(self.hint(), classes="hint")

    def compose(self) -> ComposeResult:
        yield Horizontal(Static(self.label(), classes=self.label_classes), self._input, classes="line")
        yield self._hint

    @property
    def value(self) -> Value:
        try:
            return words.typed(self.declared, self._input.value)
        except words.NotUnderstood:
            return None

    def put(self, value: Value) -> None:
        with self._input.prevent(Input.Changed):
            self._input.value = words.editable(self.declared, value)

    def take_focus(self) -> None:
        self._input.focus()

    def find_problem(self) -> str:
        try:
            words.typed(self.declared, self._input.value)
        except words.NotUnderstood as unread:
            return str(unread)
        return super().find_problem()

    def show_hint(self) -> None:
        self._hint.update(self.hint())

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.complain(self.find_problem())
        self.post_message(self.Changed(self))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Done(self))

    def on_key(self, event: events.Key) -> None:
        if event.key in ("up", "down"):
            self.screen.focus_next() if event.key == "down" else self.screen.focus_previous()
            event.stop()
            event.prevent_default()
