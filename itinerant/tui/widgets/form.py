"""A form made from the declaration of a kind: one engine for every record.

* The type of a field chooses its row: up to nine options are chosen by a digit, longer lists and references are
  searched, the rest is typed.
* The screen says which fields to ask, which are folded away (`details`), and which make sense given the others
  (`relevant`); a field that makes no sense is hidden and counts as empty.
* It never loses what was written and never saves: the screen does, with what `values` answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message

from itinerant.domain.fields import Field, Kind, Problem, Type, Value
from itinerant.texts import _
from itinerant.tui.widgets.choice_field import MOST, ChoiceField, yes_no
from itinerant.tui.widgets.codes_field import CodesField
from itinerant.tui.widgets.field_row import FieldRow
from itinerant.tui.widgets.search_field import Option, Options, SearchField
from itinerant.tui.widgets.text_field import TextField

Relevant = Mapping[str, Callable[[Mapping[str, Value]], bool]]
"""For a field that depends on others: whether it makes sense given the form's values."""


def row_for(declared: Field, options: Options | None) -> FieldRow:
    """The row that suits a field."""
    if declared.type is Type.CODES:
        listed = [(option.value, option.label) for option in options.usual] if options else []
        return CodesField(declared, listed)
    if options is not None:
        return SearchField(declared, options)
    if declared.type is Type.BOOLEAN:
        return yes_no(declared)
    if declared.type is Type.CHOICE:
        return ChoiceField(declared) if len(declared.choices) <= MOST else SearchField(declared, _choices(declared))
    return TextField(declared)


def _choices(declared: Field) -> Options:
    options = [Option(choice.value, _(choice.label)) for choice in declared.choices]

    def find(query: str, limit: int) -> list[Option]:
        from itinerant.domain.lookup import fold  # noqa: PLC0415 - only a form that searches pays for it

        words = fold(query).split()
        return [option for option in options if all(word in fold(option.label) for word in words)][:limit]

    named = {option.value: option for option in options}
    return Options(find, named.get, options)


class Form(VerticalScroll, can_focus=False):
    """The rows of a record."""

    class Changed(Message):
        """A value is another; `name` says which."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Finished(Message):
        """The person went past the last field."""

    def __init__(
        self,
        kind: Kind,
        names: Sequence[str],
        *,
        details: Sequence[str] = (),
        options: Mapping[str, Options] | None = None,
        relevant: Relevant | None = None,
    ) -> None:
        super().__init__()
        self.kind = kind
        self._details = frozenset(details)
        self._relevant = relevant or {}
        self._folded = True
        sources = options or {}
        self.rows = {name: row_for(kind.by_name[name], sources.get(name)) for name in (*names, *details)}

    def compose(self) -> ComposeResult:
        yield from self.rows.values()

    def on_mount(self) -> None:
        self._show_what_counts()

    @property
    def folded(self) -> bool:
        """Whether the details are out of sight."""
        return self._folded

    @property
    def has_details(self) -> bool:
        """Whether there is anything to fold away."""
        return bool(self._details)

    def unfold(self, shown: bool) -> None:
        """Show or hide the details."""
        self._folded = not shown
        self._show_what_counts()

    def values(self) -> dict[str, Value]:
        """What the form holds, empty fields left out, whatever is in sight."""
        held = {name: row.value for name, row in self.rows.items()}
        return {name: value for name, value in held.items() if value is not None and self._counts(name, held)}

    def senseless(self) -> set[str]:
        """The fields that make no sense given the others: they count as empty."""
        held = {name: row.value for name, row in self.rows.items()}
        return {name for name in self._relevant if name in held and not self._counts(name, held)}

    def put(self, values: Mapping[str, Value]) -> None:
        """Show these values; fields that it does not name stay."""
        for name, value in values.items():
            if name in self.rows:
                self.rows[name].put(value)
        self._show_what_counts()

    def defaults(self) -> dict[str, Value]:
        """The declared defaults of the fields in this form."""
        declared = (row.declared for row in self.rows.values())
        return {item.name: item.default for item in declared if item.default is not None}

    def unfinished(self) -> bool:
        """Whether some field is wrong by itself; each says why, and the first one takes the cursor."""
        problems = [Problem(name, "typed", row.find_problem()) for name, row in self.rows.items()]
        return self.complain(problem for problem in problems if problem.sentence)

    def complain(self, problems: Iterable[Problem]) -> bool:
        """Show each problem beside its field; True when there was any. The first one takes the cursor."""
        shown = [problem for problem in problems if problem.field in self.rows]
        for problem in shown:
            self.rows[problem.field].complain(problem.sentence)
        if shown:
            first = shown[0].field
            if first in self._details:
                self.unfold(True)
            self.rows[first].take_focus()
        return bool(shown)

    def focus_first(self) -> None:
        """Put the cursor in the first field that is still empty, else in the first one."""
        visible = self._visible()
        empty = [row for row in visible if row.value is None and row.declared.required]
        self._focus(empty or visible)

    def focus_details(self) -> None:
        """Put the cursor where the details begin, or back at the last field before them."""
        details = [row for name, row in self.rows.items() if name in self._details and row.display]
        self._focus(details or self._visible()[-1:])

    def reachable(self) -> list[Field]:
        """The fields that make sense now, the folded ones too."""
        held = {name: row.value for name, row in self.rows.items()}
        return [row.declared for name, row in self.rows.items() if self._counts(name, held)]

    def go_to(self, name: str) -> None:
        """Put the cursor in a field, in sight."""
        if name in self._details:
            self.unfold(True)
        self.call_after_refresh(self.rows[name].take_focus)

    def _focus(self, rows: Sequence[FieldRow]) -> None:
        """Put the cursor in the first of `rows`; none are in sight once the form is on its way out."""
        if rows:
            rows[0].take_focus()

    def _visible(self) -> list[FieldRow]:
        return [row for row in self.rows.values() if row.display]

    def _counts(self, name: str, values: Mapping[str, Value]) -> bool:
        rule = self._relevant.get(name)
        return rule is None or rule(values)

    def _show_what_counts(self) -> None:
        values = {name: row.value for name, row in self.rows.items()}
        for name, row in self.rows.items():
            row.display = self._counts(name, values) and not (self._folded and name in self._details)

    @on(FieldRow.Changed)
    def _row_changed(self, event: FieldRow.Changed) -> None:
        event.stop()
        self._show_what_counts()
        self.post_message(self.Changed(event.row.declared.name))

    @on(FieldRow.Done)
    def _row_done(self, event: FieldRow.Done) -> None:
        event.stop()
        self._show_what_counts()
        visible = self._visible()
        following = visible[visible.index(event.row) + 1 :] if event.row in visible else []
        if following:
            following[0].take_focus()
        else:
            self.post_message(self.Finished())
