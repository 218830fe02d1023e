"""A field with up to nine options in sight, each chosen by one key: its digit.

* The chosen option carries `✓` in place of its digit, so that it is seen without colour too.
* A digit chooses and goes on; Enter keeps what is chosen and goes on; ← → move; Backspace empties an optional field.
* Options flow over as many lines as they need; a click chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Size

from itinerant.domain.fields import Choice, Field, Value
from itinerant.texts import _
from itinerant.tui.widgets.field_row import LABEL_WIDTH, FieldRow

MOST = 9
"""More options than this are searched, not listed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one option is drawn, in cells of the field, and its text."""

    index: int
    line: int
    start: int
    text: str


class ChoiceField(FieldRow, can_focus=True):
    """Single-key choice among the options of a declaration, or Sí/No."""

    def __init__(self, declared: Field, options: Sequence[tuple[Value, str]] = ()) -> None:
        super().__init__(declared)
        self._options = list(options) or [(choice.value, choice.label) for choice in declared.choices]
        self._index: int | None = None

    @property
    def value(self) -> Value:
        return None if self._index is None else self._options[self._index][0]

    def put(self, value: Value) -> None:
        if value is not None and all(option != value for option, _label in self._options):
            self._options.append((value, str(value)))  # of an open field, or of a later version: it is kept
        self._index = next((i for i, (option, _label) in enumerate(self._options) if option == value), None)
        self.refresh()

    def _choose(self, index: int | None, *, done: bool) -> None:
        if index != self._index:
            self._index = index
            self.complain("")
            self.post_message(self.Changed(self))
        if done:
            self.post_message(self.Done(self))

    def on_key(self, event: events.Key) -> None:
        count = len(self._options)
        if event.key == "enter":
            self._choose(self._index, done=True)
        elif event.is_printable and event.character in list("123456789")[:count]:
            self._choose(int(event.character) - 1, done=True)
        elif event.key in ("left", "right"):
            step = 1 if event.key == "right" else -1
            start = self._index if self._index is not None else (-1 if step == 1 else count)
            self._choose(min(max(start + step, 0), count - 1), done=False)
        elif event.key in ("up", "down"):
            self.screen.focus_next() if event.key == "down" else self.screen.focus_previous()
        elif event.key in ("backspace", "delete") and not self.declared.required:
            self._choose(None, done=False)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for place in self._places(self.content_size.width):
            if place.line == offset.y and place.start <= offset.x < place.start + cell_len(place.text):
                self.choose(place.index)

    def choose(self, index: int) -> None:
        """Take an option, as a click does."""
        self._choose(index, done=False)

    def sign_of(self, index: int) -> str:
        """What stands before an option: its digit, or that it is chosen."""
        return "✓" if index == self._index else str(index + 1)

    def _places(self, width: int) -> list[Place]:
        """Where each option goes, flowing from the labels' column to `width`."""
        places: list[Place] = []
        line, column = 0, LABEL_WIDTH
        for index, (_value, label) in enumerate(self._options):
            text = f" {self.sign_of(index)} {_(label)} "
            needed = cell_len(text)
            if column + needed > width and column > LABEL_WIDTH:
                line, column = line + 1, LABEL_WIDTH
            places.append(Place(index, line, column, text))
            column += needed
        return places

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return self._lines(self._places(width)) + bool(self.problem)

    def _lines(self, places: Sequence[Place]) -> int:
        """Lines that the options take, or the label when it takes more."""
        return max(places[-1].line + 1 if places else 1, len(self.label_lines))

    def render(self) -> Content:
        places = self._places(self.content_size.width)
        labels = [*self.label_lines, *[""] * self._lines(places)][: self._lines(places)]
        lines: list[list[tuple[str, str] | str]] = [[*self.margin(label)] for label in labels]
        for place in places:
            parts = lines[place.line]
            used = sum(cell_len(part if isinstance(part, str) else part[0]) for part in parts)
            parts.append(" " * (place.start - used))
            parts.extend(self.drawn(place))
        rows = [Content.assemble(*parts) for parts in lines]
        if self.problem:
            rows.append(Content.assemble(*self.margin(), " ", self.hint()))
        return Content("\n").join(rows)

    def drawn(self, place: Place) -> list[tuple[str, str] | str]:
        """An option in its look."""
        if place.index == self._index:
            return [(place.text, "bold $on-accent on $accent")]
        sign, rest = place.text[1], place.text[2:]
        return [" ", (sign, "bold $accent" if self.has_focus else "$muted"), (rest, "")]


def yes_no(declared: Field) -> ChoiceField:
    """The row of a BOOLEAN."""
    return ChoiceField(declared, [(True, Choice("yes", "Sí").label), (False, Choice("no", "No").label)])
