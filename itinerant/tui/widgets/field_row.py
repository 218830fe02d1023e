"""One row of a form: a label, a control, and under it the help or what is wrong.

* A row knows its declaration and its value; it never knows the record, the store or the screen.
* It tells its form two things: `Changed` (the value is another) and `Done` (the person is through with this field).
* State is told by a bar at the left (focus), a sign (`!`) and words; colour only repeats it.
"""

from __future__ import annotations

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from itinerant.domain.fields import Field, Value, check
from itinerant.texts import _

LABEL_WIDTH = 16
"""Cells of the labels' column."""


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

    def take_focus(self) -> None:
        """Put the cursor in the row's control."""
        self.focus()

    def find_problem(self) -> str:
        """What is wrong with the value by itself, in words; empty when nothing is. An empty field is not wrong yet."""
        value = self.value
        problem = None if value is None else check(self.declared, value)
        return problem.sentence if problem else ""

    def complain(self, sentence: str) -> None:
        """Show what is wrong beside the field, or nothing."""
        self.problem = sentence
        self.set_class(bool(sentence), "-wrong")
        self.show_hint()

    def show_hint(self) -> None:
        """Redraw the line under the control."""
        self.refresh(layout=True)

    def hint(self) -> Content:
        """The line under the control: the problem, or the field's help."""
        if self.problem:
            return Content.assemble(("! ", "bold $error"), (self.problem, "$error"))
        return Content.styled(_(self.declared.help), "$muted")

    @property
    def label_classes(self) -> str:
        """How the label looks: what may stay empty is quieter."""
        return "label" if self.declared.required else "label -optional"

    def label(self) -> str:
        """The field's name on the screen."""
        return _(self.declared.label)
