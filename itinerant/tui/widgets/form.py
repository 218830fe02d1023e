"""A form made from the declaration of a kind: one engine for every record.

* The type of a field chooses its row: up to nine options are chosen by a digit, longer lists and references are
  searched, the rest is typed.
* The screen says which fields to ask, which are folded away (`details`), and which make sense given the others
  (`relevant`); a field that makes no sense is hidden and counts as empty.
* Rows are most of what a form costs to open (3 ms a widget): they come a few at a time after the screen's first frame,
  so that no key waits for all of them; a field that is folded away is a value without a row until it is shown.
* It never loses what was written and never saves: the screen does, with what `values` answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from textual import on
from textual.containers import VerticalScroll
from textual.message import Message

from itinerant.domain.fields import Field, Kind, Problem, Type, Value, check
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


AT_ONCE = 2
"""Rows that come in one frame."""


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
        self._names = (*names, *details)
        self._details = tuple(details)
        self._relevant = relevant or {}
        self._options = options or {}
        self._folded = True
        self._held: dict[str, Value] = {}
        """Values of fields that have no row yet."""
        self._bound_for: FieldRow | None = None
        self.under_way = True
        """Whether the cursor is on its way to a row, as it is when the form opens."""
        self.rows = {name: self._row(name) for name in names}
        """The fields that were shown so far."""

    def _row(self, name: str) -> FieldRow:
        return row_for(self.kind.by_name[name], self._options.get(name))

    def on_mount(self) -> None:
        self._show_what_counts()
        self.call_after_refresh(self._grow)

    def _coming(self) -> list[FieldRow]:
        """The rows that are not on the screen yet, in order."""
        return [row for row in self.rows.values() if not row.is_attached]

    def _grow(self) -> None:
        coming = self._coming()
        if coming and self.is_attached:
            self.mount_all(coming[:AT_ONCE])
            self.call_after_refresh(self._grow)

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
        fresh = {name: self._row(name) for name in self._details if name not in self.rows} if shown else {}
        for name, row in fresh.items():
            row.put(self._held.pop(name, None))
        self.rows |= fresh
        self.mount_all(self._coming())
        self._show_what_counts()

    def _all(self) -> dict[str, Value]:
        """The value of every field, whether it makes sense or not."""
        rows, held = self.rows, self._held
        return {name: rows[name].value if name in rows else held.get(name) for name in self._names}

    def values(self) -> dict[str, Value]:
        """What the form holds, empty fields left out, whatever is in sight."""
        held = self._all()
        return {name: value for name, value in held.items() if value is not None and self._counts(name, held)}

    def senseless(self) -> set[str]:
        """The fields that make no sense given the others: they count as empty."""
        held = self._all()
        return {name for name in self._relevant if name in held and not self._counts(name, held)}

    def put(self, values: Mapping[str, Value]) -> None:
        """Show these values; fields that it does not name stay."""
        for name in self._names:
            if name in self.rows and name in values:
                self.rows[name].put(values[name])
            elif name in values:
                self._held[name] = values[name]
        self._show_what_counts()

    def defaults(self) -> dict[str, Value]:
        """The declared defaults of the fields in this form."""
        declared = (self.kind.by_name[name] for name in self._names)
        return {item.name: item.default for item in declared if item.default is not None}

    def unfinished(self) -> bool:
        """Whether some field is wrong by itself; each says why, and the first one takes the cursor."""
        problems = [Problem(name, "typed", row.find_problem()) for name, row in self.rows.items()]
        for name, value in self._held.items():
            found = None if value is None else check(self.kind.by_name[name], value)
            problems.append(Problem(name, "typed", found.sentence if found else ""))
        return self.complain(problem for problem in problems if problem.sentence)

    def complain(self, problems: Iterable[Problem]) -> bool:
        """Show each problem beside its field; True when there was any. The first one takes the cursor."""
        shown = [problem for problem in problems if problem.field in self._names]
        if any(problem.field not in self.rows for problem in shown):
            self.unfold(True)
        for problem in shown:
            self.rows[problem.field].complain(problem.sentence)
        if shown:
            first = shown[0].field
            if first in self._details:
                self.unfold(True)
            self._focus([self.rows[first]])
        return bool(shown)

    def focus_first(self) -> None:
        """Put the cursor in the first field that is still empty, else in the first one."""
        visible = self._visible()
        empty = [row for row in visible if row.value is None and row.declared.required]
        self._focus(empty or visible)

    def focus_details(self) -> None:
        """Put the cursor where the details begin, or back at the last field before them."""
        details = [row for name, row in self.rows.items() if name in self._details and row.display]
        self._focus(details or self._visible()[-1:], top=bool(details))

    def reachable(self) -> list[Field]:
        """The fields that make sense now, the folded ones too."""
        held = self._all()
        return [self.kind.by_name[name] for name in self._names if self._counts(name, held)]

    def go_to(self, name: str) -> None:
        """Put the cursor in a field, in sight."""
        if name in self._details:
            self.unfold(True)
        self._focus([self.rows[name]])

    def step(self, row: FieldRow, way: int) -> bool:
        """Go to the row after `row` (`way` 1) or before it (-1); False when there is none.

        It need not wait for any row but that one: Textual goes by where rows are, and one that is not drawn yet is
        nowhere.
        """
        visible = self._visible()
        place = visible.index(row) + way if row in visible else -1
        if not 0 <= place < len(visible):
            return False
        self._focus([visible[place]], at_once=True)
        return True

    def _focus(self, rows: Sequence[FieldRow], *, top: bool = False, at_once: bool = False) -> None:
        """Put the cursor in the first of `rows`, at the `top` of what is seen; none are in sight once the form is on
        its way out. `at_once`: nothing on the screen is about to move."""
        if not rows:
            return
        row, coming = rows[0], self._coming()
        self._bound_for, self.under_way = row, True
        if row in coming:
            self.mount_all(coming[: coming.index(row) + 1])

        def enter() -> None:
            if self._bound_for is not row:
                return  # it goes further already
            self._bound_for, self.under_way = None, False
            if top:
                self.scroll_to_widget(row, top=True, animate=False)
            self.screen.set_focus(row.control)  # at once: the next key is for it

        if at_once and row.size:
            enter()
            return
        if at_once:
            self.screen.set_focus(None)
        if row.size:
            self.call_after_refresh(enter)
        else:  # it has its place one frame later: only then the form goes to where it is
            self.call_after_refresh(self.call_after_refresh, enter)

    def _visible(self) -> list[FieldRow]:
        return [row for row in self.rows.values() if row.display]

    def _counts(self, name: str, values: Mapping[str, Value]) -> bool:
        rule = self._relevant.get(name)
        return rule is None or rule(values)

    def _show_what_counts(self) -> None:
        values = self._all()
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
        if not self.step(event.row, 1):
            self.post_message(self.Finished())
