"""One row of a form: a label, a control, and under it the help or what is wrong.

* A row knows its declaration and its value; it never knows the record, the store or the screen.
* It tells its form two things: `Changed` (the value is another) and `Done` (the person is through with this field).
* State is told by a bar at the left (focus), a sign (`!`) and words; colour only repeats it.
* It is drawn by the row, not by rules of style: to look rules up again takes longer than all else that a Tab does.
"""

from __future__ import annotations

import textwrap
from itertools import zip_longest
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from itinerant.domain.fields import Field, Value, check
from itinerant.texts import _

_BAR = 2
"""Cells of the bar and the space after it."""
LABEL_WIDTH = _BAR + 16
"""Cells of the column of bar and labels."""


class FieldRow(Widget):
    """Base of every row. Subclasses hold `value` and draw it."""

    class Changed(Message):
        """The value of `row` is another."""

        def __init__(self, row: FieldRow) -> None:
            super().__init__()
            self.row = row

    class Done(Message):
        """The person is through with `row`: the form goes to the next one."""

        def __init__(self, row: FieldRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self, declared: Field) -> None:
        super().__init__(id=f"field-{declared.name}", classes="field")
        self.declared = declared
        self.problem = ""

    @property
    def value(self) -> Value:
        """The field's value as the log would keep it; None when empty or not understood."""
        raise NotImplementedError

    def put(self, value: Value) -> None:
        """Show `value` without telling anybody."""
        raise NotImplementedError

    @property
    def control(self) -> Widget:
        """What takes the cursor in this row."""
        return self

    def take_focus(self) -> None:
        """Put the cursor in the row's control."""
        self.control.focus()

    def find_problem(self) -> str:
        """What is wrong with the value by itself, in words; empty when nothing is. An empty field is not wrong yet."""
        value = self.value
        problem = None if value is None else check(self.declared, value)
        return problem.sentence if problem else ""

    def complain(self, sentence: str) -> None:
        """Show what is wrong beside the field, or nothing."""
        self.problem = sentence
        self.refresh(layout=True)

    def hint(self) -> tuple[str, str]:
        """The words under the control and their style: the problem, or the field's help."""
        return (f"! {self.problem}", "$error") if self.problem else (_(self.declared.help), "$muted")

    @property
    def label(self) -> str:
        """The field's name on the screen."""
        return _(self.declared.label)

    @property
    def label_style(self) -> str:
        """The field with the cursor stands out; what may stay empty is quieter."""
        return "bold" if self.has_focus_within else "" if self.declared.required else "$muted"

    @property
    def label_lines(self) -> list[str]:
        """The lines of the label."""
        return textwrap.wrap(self.label, LABEL_WIDTH - _BAR - 1) or [""]

    def margin(self, label: str = "") -> list[tuple[str, str]]:
        """What a line begins with, and its style: the bar, and a line of the label or its room."""
        bar = "▌" if self.problem or self.has_focus_within else " "
        style = "$error" if self.problem else "$accent"
        return [(bar.ljust(_BAR), style), (label.ljust(LABEL_WIDTH - _BAR), self.label_style)]


class RowInput(Input):
    """An input of a row; it looks the same whether it has the cursor or not, but for the cursor."""

    def __init__(self, **how: Any) -> None:
        super().__init__(validate_on=(), **how)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Look no style up: see above."""


class InputRow(FieldRow):
    """A row whose control is an input beside the label. The row itself draws label and hint: a widget each would make
    a form take three times as long to appear."""

    def __init__(self, declared: Field, control: RowInput) -> None:
        super().__init__(declared)
        self.input = control

    def compose(self) -> ComposeResult:
        yield self.input

    @property
    def control(self) -> Widget:
        return self.input

    def lines(self, width: int) -> tuple[list[str], list[str]]:
        """The lines of the label and of the hint in a row of `width` cells."""
        hint, _style = self.hint()
        room = max(10, width - LABEL_WIDTH - 1)
        return self.label_lines, textwrap.wrap(hint, room)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        labels, hints = self.lines(width)
        return max(len(labels), 1 + len(hints))

    def render(self) -> Content:
        labels, hints = self.lines(self.content_size.width)
        if not (self.problem or self.has_focus_within):
            hints = [""] * len(hints)  # their room stays, so that nothing moves when the cursor comes
        style = self.hint()[1]
        rows = []
        for label, hint in zip_longest(labels, ["", *hints], fillvalue=""):
            rows.append(Content.assemble(*self.margin(label), " ", (hint, style)))
        return Content("\n").join(rows)

    def on_descendant_focus(self) -> None:
        """Draw the label of the field with the cursor."""
        self.refresh()

    def on_descendant_blur(self) -> None:
        """Draw the label as the others."""
        self.refresh()

    def on_click(self) -> None:
        """The label is part of the field."""
        self.take_focus()

    def on_key(self, event: events.Key) -> None:
        """Go from field to field with the arrows."""
        if event.key in ("up", "down"):
            self.screen.focus_next() if event.key == "down" else self.screen.focus_previous()
            event.stop()
            event.prevent_default()
