"""A field that is typed: text, number, amount, date, code. The privacy guard speaks under it while one types."""

from __future__ import annotations

from textual import on
from textual.widgets import Input

from itinerant.domain import words
from itinerant.domain.fields import Field, Type, Value
from itinerant.tui.widgets.field_row import InputRow, RowInput

_UNITS = {"s": "min", "cents": "S/"}
"""What a person types instead of the unit that is kept."""


class TextField(InputRow):
    """One line of text; `value` is what `words.typed` understands of it."""

    def __init__(self, declared: Field) -> None:
        wide = declared.type is Type.TEXT
        control = RowInput(
            max_length=declared.length if wide else 24,
            select_on_focus=not wide,
            placeholder=_UNITS.get(declared.unit, declared.unit),
            classes="" if wide else "-short",
        )
        super().__init__(declared, control)

    @property
    def value(self) -> Value:
        try:
            return words.typed(self.declared, self.input.value)
        except words.NotUnderstood:
            return None

    def put(self, value: Value) -> None:
        with self.input.prevent(Input.Changed):
            self.input.value = words.editable(self.declared, value)

    def find_problem(self) -> str:
        try:
            words.typed(self.declared, self.input.value)
        except words.NotUnderstood as unread:
            return str(unread)
        return super().find_problem()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        problem = self.find_problem()
        if problem != self.problem:
            self.complain(problem)
        self.post_message(self.Changed(self))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Done(self))
