"""A field that is searched: a service of the catalogue, a district, a language, a stop.

* Empty, it offers the usual ones with a digit each: one key chooses and goes on.
* Typing filters by any words, in any order, without accents; ↑ ↓ move, Enter takes the marked one and goes on.
* The list lies over the form, so nothing moves; leaving the field without choosing brings the earlier choice back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from itinerant.domain.fields import Field, Value
from itinerant.texts import _
from itinerant.tui.cells import clip
from itinerant.tui.widgets.field_row import LABEL_WIDTH, InputRow, RowInput

SHOWN = 9
"""Options in sight at once."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: the value that is kept (empty: none), how it reads, and a word beside it."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Options:
    """Where a search field looks. `usual` are offered by a digit; `find` searches, best first; `named` answers for a
    value that is already chosen (an unknown one reads as itself)."""

    find: Callable[[str, int], Sequence[Option]]
    named: Callable[[str], Option | None]
    usual: Sequence[Option] = field(default_factory=tuple)
    title: str = ""


class Suggestions(Widget):
    """The list under the field. `numbered` while the digits choose."""

    class Picked(Message):
        """A line was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__(classes="suggestions")
        self.options: Sequence[Option] = ()
        self.marked = 0
        self._title = ""
        self._numbered = False

    @property
    def numbered(self) -> bool:
        """Whether a digit chooses now."""
        return self.display and self._numbered

    def offer(self, options: Sequence[Option], *, title: str, numbered: bool) -> None:
        """Show these; the first one is marked."""
        self.options, self.marked, self._title, self._numbered = options, 0, title, numbered
        self.refresh(layout=True)

    def move(self, step: int) -> None:
        """Mark the next or the previous one."""
        if self.options:
            self.marked = (self.marked + step) % len(self.options)
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return max(1, len(self.options)) + bool(self._title)

    def render(self) -> Content:
        width = self.content_size.width
        rows = [Content.styled(self._title, "$muted")] if self._title else []
        if not self.options:
            rows.append(Content.styled(_("Nada coincide. Pruebe otra palabra."), "$muted"))
        for index, option in enumerate(self.options):
            sign = str(index + 1) if self._numbered else " "
            mark = "›" if index == self.marked else " "
            room = width - 5 - (cell_len(option.detail) + 2 if option.detail else 0)
            label = clip(option.label, max(8, room))
            parts: list[str | tuple[str, str]] = [f"{mark} ", (sign, "bold $accent"), f" {label} "]
            line = Content.assemble(*parts, (f" {option.detail} " if option.detail else "", "$muted"))
            if index == self.marked:
                line = Content.styled(line.plain.ljust(width), "bold $on-accent on $accent")
            rows.append(line)
        return Content("\n").join(rows)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        offset = event.get_content_offset(self)
        index = -1 if offset is None else offset.y - bool(self._title)
        if 0 <= index < len(self.options):
            self.post_message(self.Picked(index))
        event.stop()


class SearchField(InputRow):
    """Chooses a code or a reference by searching."""

    def __init__(self, declared: Field, options: Options) -> None:
        super().__init__(declared, _SearchInput(self, _(declared.help) or _("Escriba para buscar.")))
        self._source = options
        self._chosen: Option | None = None
        self._list = Suggestions()

    def compose(self) -> ComposeResult:
        yield self.input
        yield self._list

    def hint(self) -> tuple[str, str]:
        return super().hint() if self.problem else ("", "")  # the help stands in the empty field

    @property
    def value(self) -> Value:
        return self._chosen.value or None if self._chosen else None

    def put(self, value: Value) -> None:
        self._chosen = None if value is None else self._source.named(str(value)) or Option(str(value), str(value))
        self._show_chosen()

    def _show_chosen(self) -> None:
        with self.input.prevent(Input.Changed):
            self.input.value = self._chosen.label if self._chosen else ""

    @property
    def _untouched(self) -> bool:
        """Whether nothing was typed since the field was entered."""
        return self.input.value == (self._chosen.label if self._chosen else "")

    def choose_usual(self, digit: str) -> bool:
        """Take the usual option of a digit, when the digits choose now."""
        index = int(digit) - 1
        if not self._list.numbered or not 0 <= index < min(SHOWN, len(self._source.usual)):
            return False
        self._choose(self._source.usual[index])
        return True

    def _choose(self, option: Option | None) -> None:
        changed = option != self._chosen
        self._chosen = option
        self._show_chosen()
        self._list.display = False
        self.complain("")
        if changed:
            self.post_message(self.Changed(self))
        if option is not None:
            self.post_message(self.Done(self))

    def open_list(self) -> None:
        """Offer what fits the text, or the usual ones. What must be chosen and is, is left alone until one types."""
        query = "" if self._untouched else self.input.value.strip()
        if query:
            found = list(self._source.find(query, SHOWN)) or self._as_code(query)
            self._list.offer(found, title="", numbered=False)
        else:
            usual = self._source.usual[:SHOWN]
            self._list.offer(usual, title=self._source.title if usual else "", numbered=True)
        settled = self._untouched and self._chosen is not None and self.declared.required
        self._lay_list_under_the_hint()
        self._list.display = bool(query or self._source.usual) and not settled

    def complain(self, sentence: str) -> None:
        super().complain(sentence)
        self._lay_list_under_the_hint()

    def _lay_list_under_the_hint(self) -> None:
        _labels, hints = self.lines(self.content_size.width)
        self._list.styles.margin = (len(hints), 0, 0, LABEL_WIDTH)

    def close_list(self) -> None:
        """Put the list away; an emptied optional field is empty, a half-typed one goes back to what it was."""
        self._list.display = False
        if not self.input.value.strip() and self._chosen is not None and not self.declared.required:
            self._chosen = None
            self.post_message(self.Changed(self))
        self._show_chosen()

    def _as_code(self, query: str) -> list[Option]:
        """What is not in the list may still be a code that the office knows."""
        code = query.upper()
        if not self.declared.to or "-" not in code or not self.declared.matches(code):
            return []
        return [Option(code, code, _("no está en el catálogo"))]

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.open_list()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._list.display and self._list.options and not (self._untouched and self._chosen):
            self._choose(self._list.options[self._list.marked])
        elif self._untouched:
            self.post_message(self.Done(self))

    @on(Suggestions.Picked)
    def _picked(self, event: Suggestions.Picked) -> None:
        event.stop()
        self._choose(self._list.options[event.index])

    def on_key(self, event: events.Key) -> None:
        """Move in the list while it is open; otherwise from field to field, as every row does."""
        if self._list.display and event.key in ("up", "down"):
            self._list.move(1 if event.key == "down" else -1)
            event.stop()
            event.prevent_default()

    def on_descendant_focus(self) -> None:
        """Offer the usual ones."""
        self.open_list()

    def on_descendant_blur(self) -> None:
        """Put the list away."""
        self.close_list()


class _SearchInput(RowInput):
    """An input whose digits choose while nothing is typed."""

    def __init__(self, owner: SearchField, placeholder: str) -> None:
        super().__init__(placeholder=placeholder)
        self._owner = owner

    def on_key(self, event: events.Key) -> None:
        digit = event.character if event.is_printable and event.character in set("123456789") else None
        if digit and self._owner.choose_usual(digit):
            event.stop()
            event.prevent_default()
