"""The records of one kind: a list that is filtered as one types; from here they are seen, written and corrected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from textual import on
from textual.widget import Widget
from textual.widgets import Input, Static

from itinerant.domain.fields import Field, Kind
from itinerant.texts import N_, _
from itinerant.tui import plan
from itinerant.tui.actions import bindings
from itinerant.tui.day import PAGE
from itinerant.tui.ports import Laptop, Row
from itinerant.tui.screens.page import Page
from itinerant.tui.sources import Sources
from itinerant.tui.widgets.record_table import Column, RecordTable
from itinerant.tui.work import ask


@dataclass(frozen=True, slots=True)
class _Found:
    rows: Sequence[Row]
    more: bool


class RecordsScreen(Page[None]):
    """Lists a kind, latest first."""

    TITLE = N_("Registros")
    CSS_PATH = "../styles/records.tcss"
    BINDINGS = bindings("new_record", "open_record", "filter", "undo")

    def __init__(self, kind: Kind, found: Sources) -> None:
        super().__init__()
        self._kind = kind
        self._sources = found
        self._text = ""

    def heading(self) -> str:
        return _(self._kind.plural)

    def body(self) -> Iterable[Widget]:
        columns = [
            Column(_(item.label), width, self._reader(item), muted=number > 1)
            for number, (item, width) in enumerate(plan.columns(self._kind))
        ]
        columns.append(Column("", 8, lambda row: _("anulada") if row.void else "! dif." if row.conflicts else ""))
        self._table: RecordTable[Row] = RecordTable(columns, empty=_("Todavía no hay registros."))
        if not plan.writable(self._kind.name):
            yield Static(_("La oficina los escribe; aquí se consultan."), classes="notice -quiet")
        yield Input(placeholder=_("Buscar en la lista"), id="filter", validate_on=())
        yield self._table

    def _reader(self, item: Field) -> Callable[[Row], str]:
        return lambda row: self._sources.shown(item, row.values.get(item.name))

    def on_mount(self) -> None:
        self.query_one("#filter").display = False
        self._table.focus()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.reload()

    def reload(self) -> None:
        """Read the first page again."""
        if not self.itinerant.unlocked:
            return  # the screens above are being closed by a lock
        laptop = self.itinerant.laptop
        ask(self, self._page(laptop, None), self._show, group="records", exclusive=True)

    def _page(self, laptop: Laptop, before: int | None) -> Callable[[], _Found]:
        name, text = self._kind.name, self._text

        def job() -> _Found:
            rows = laptop.list(name, text=text, before=before, limit=PAGE + 1)
            return _Found(rows[:PAGE], len(rows) > PAGE)

        return job

    def _show(self, found: _Found) -> None:
        self._table.show(found.rows, more=found.more, keep=lambda row: row.record)

    @on(RecordTable.MoreWanted)
    def _more(self) -> None:
        if self._table.rows:
            job = self._page(self.itinerant.laptop, self._table.rows[-1].n)
            ask(self, job, lambda found: self._table.append(found.rows, more=found.more))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "new_record":
            return plan.writable(self._kind.name) and self._kind.name not in ("session", "visit", "readiness")
        return super().check_action(action, parameters)

    def action_new_record(self) -> None:
        """Write a new one."""
        self.itinerant.routes.new(self._kind.name)

    def action_undo(self) -> None:
        """Take back what was saved last."""
        self.itinerant.undo(self.reload)

    @on(RecordTable.Opened)
    def action_open_record(self) -> None:
        """Open the marked record."""
        row = self._table.marked
        if row is not None:
            self.itinerant.routes.record(row.record, self._kind)

    def action_filter(self) -> None:
        """Write a word to look for in the list."""
        line = self.query_one("#filter", Input)
        line.display = True
        line.focus()

    def action_back(self) -> None:
        """Leave the filter, then the list."""
        line = self.query_one("#filter", Input)
        if not line.display:
            super().action_back()
            return
        line.value, line.display = "", False
        self._table.focus()

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        if event.value.strip() != self._text:
            self._text = event.value.strip()
            self.reload()

    @on(Input.Submitted, "#filter")
    def _to_the_list(self) -> None:
        self._table.focus()
