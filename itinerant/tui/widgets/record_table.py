"""A list of records that may be a hundred thousand long: only the lines in sight are drawn, and pages are asked for as
the mark gets near their end.

* The widget holds rows that somebody gives it and asks for more with a message; it knows no store.
* Columns have a title, a width (0: what is left) and a function from row to text.
* ↑ ↓ AvPág RePág Inicio Fin move the mark; Enter or a click on the marked line opens it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from itinerant.tui.cells import clip

T = TypeVar("T")

AHEAD = 30
"""Lines before the end of what is loaded at which more is asked for."""


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column. `width` in cells, 0 for what the others leave; `muted` for what is secondary."""

    title: str
    width: int
    text: Callable[[T], str]
    muted: bool = False


class RecordTable(ScrollView, Generic[T], can_focus=True):
    """Rows with a mark, drawn line by line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--title",
        "table--line",
        "table--muted",
        "table--marked",
        "table--blurred",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "edge(0)", show=False),
        Binding("end", "edge(1)", show=False),
    ]

    class MoreWanted(Message):
        """The mark is near the end of what is loaded, and there is more."""

    class Moved(Message):
        """Another row has the mark."""

    class Opened(Message):
        """A row was opened with the mouse."""

    def __init__(self, columns: Sequence[Column[T]], *, empty: str = "") -> None:
        super().__init__()
        self._columns = columns
        self._empty = empty
        self.rows: list[T] = []
        self.more = False
        self._asked = False
        self.mark = 0

    @property
    def marked(self) -> T | None:
        """The row under the mark."""
        return self.rows[self.mark] if self.rows else None

    def show(self, rows: Sequence[T], *, more: bool, keep: Callable[[T], object] | None = None) -> None:
        """Replace the rows; `keep` tells which row the mark stays on."""
        before = keep(self.marked) if keep and self.mark and self.marked is not None else None  # the top stays the top
        self.rows, self.more, self._asked = list(rows), more, False
        found = next((i for i, row in enumerate(rows) if keep and keep(row) == before), 0) if before else 0
        self._resize()
        self._go(found)

    def append(self, rows: Sequence[T], *, more: bool) -> None:
        """Add the next page."""
        self.rows.extend(rows)
        self.more, self._asked = more, False
        self._resize()

    def _resize(self) -> None:
        self.virtual_size = Size(0, len(self.rows) + 1)
        self.refresh()

    def _go(self, index: int) -> None:
        self.mark = min(max(index, 0), max(0, len(self.rows) - 1))
        self.post_message(self.Moved())
        line = Region(0, self.mark if self.mark else 0, 1, 2)
        self.scroll_to_region(line, animate=False, force=True)
        if self.more and not self._asked and self.mark >= len(self.rows) - AHEAD:
            self._asked = True
            self.post_message(self.MoreWanted())
        self.refresh()

    def action_move(self, step: int) -> None:
        """Mark another row."""
        self._go(self.mark + step)

    def action_page(self, step: int) -> None:
        """Mark a row one screenful away."""
        self._go(self.mark + step * max(1, self.size.height - 2))

    def action_edge(self, last: int) -> None:
        """Mark the first or the last row that is loaded."""
        self._go(len(self.rows) if last else 0)

    def on_click(self, event: events.Click) -> None:
        line = event.y + self.scroll_offset.y - 1
        if event.y == 0 or not 0 <= line < len(self.rows):
            return
        again = line == self.mark and self.has_focus
        self._go(line)
        if again or event.chain > 1:
            self.post_message(self.Opened())

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self._strip(["table--title"] * len(self._columns), [column.title for column in self._columns])
        index = y + self.scroll_offset.y - 1
        if not self.rows and y == 1:
            return Strip([Segment(set_cell_size(" " + self._empty, width), self._look("table--muted"))])
        if not 0 <= index < len(self.rows):
            return Strip.blank(width, self._look("table--line"))
        row = self.rows[index]
        if index == self.mark:
            looks = ["table--marked" if self.has_focus else "table--blurred"] * len(self._columns)
        else:
            looks = ["table--muted" if column.muted else "table--line" for column in self._columns]
        mark = "›" if index == self.mark else " "  # seen without colours too
        return self._strip(looks, [column.text(row) for column in self._columns], mark)

    def _look(self, name: str) -> Style:
        return self.get_component_rich_style(name)

    def _strip(self, looks: Sequence[str], texts: Sequence[str], mark: str = " ") -> Strip:
        width = self.size.width
        fixed = sum(column.width + 1 for column in self._columns if column.width)
        loose = sum(not column.width for column in self._columns) or 1
        segments: list[Segment] = []
        for column, look, text in zip(self._columns, looks, texts, strict=True):
            room = column.width or max(8, (width - fixed - 1) // loose - 1)
            segments.append(Segment((" " if segments else mark) + clip(text, room), self._look(look)))
        return Strip(segments).adjust_cell_length(width, self._look(looks[-1]))
