"""Notices: what became of this laptop's own work. A window tells the new ones once; the list always has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Static

from itinerant.domain import words
from itinerant.domain.kinds import KINDS
from itinerant.texts import N_, _, ngettext
from itinerant.tui.actions import bindings
from itinerant.tui.ports import Notice, Row
from itinerant.tui.screens.page import Dialog, Page
from itinerant.tui.widgets.key_bar import KeyBar
from itinerant.tui.widgets.record_table import Column, RecordTable
from itinerant.tui.work import ask

SHOWN = 6
"""Sentences that the window shows; the rest is in the list."""


class News(Dialog[None]):
    """New notices, until they are dismissed."""

    def __init__(self, notices: Sequence[Notice]) -> None:
        super().__init__()
        self._notices = notices

    def compose(self) -> ComposeResult:
        count = len(self._notices)
        title = ngettext("{n} aviso sobre lo que usted registró", "{n} avisos sobre lo que usted registró", count)
        with Vertical(classes="window -wide"):
            yield Static("! " + title.format(n=count), classes="title", markup=False)
            for one in self._notices[:SHOWN]:
                yield Static("› " + one.sentence, classes="prose", markup=False)
            kept = _("Quedan en el menú, en Avisos.")
            more = count - SHOWN
            text = f"{_('Y {n} más.').format(n=more)} {kept}" if more > 0 else kept
            yield Static(text, classes="prose -muted", markup=False)
            yield Button(_("Entendido"), id="understood", classes="answer -first")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(Button).focus()

    @on(Button.Pressed, "#understood")
    def _understood(self) -> None:
        self.dismiss(None)


class NoticesScreen(Page[None]):
    """All notices, the last one first."""

    TITLE = N_("Avisos")
    CSS_PATH = "../styles/conflicts.tcss"
    BINDINGS = bindings("open_record", "conflicts")

    def body(self) -> Iterable[Widget]:
        self._table: RecordTable[Notice] = RecordTable(
            [
                Column(_("Cuándo"), 16, lambda one: words.moment(one.at), muted=True),
                Column(_("Aviso"), 0, lambda one: one.sentence),
            ],
            empty=_("✓ No hay avisos."),
        )
        yield self._table
        yield VerticalScroll(Static("", id="compared", markup=False), can_focus=False)

    def on_mount(self) -> None:
        self._table.focus()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self.itinerant.unlocked:
            laptop = self.itinerant.laptop
            ask(self, laptop.notices.list, self._show, group="notices", exclusive=True)

    def _show(self, found: Sequence[Notice]) -> None:
        self._table.show(found, more=False, keep=lambda one: one.n)
        self.refresh_bindings()

    def on_record_table_moved(self) -> None:
        """Show the whole sentence of the marked line."""
        one = self._table.marked
        self.query_one("#compared", Static).update(one.sentence if one else "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "open_record":
            return self.is_mounted and self._table.marked is not None
        return super().check_action(action, parameters)

    @on(RecordTable.Opened)
    def action_open_record(self) -> None:
        """Open the record that the marked notice is about, if it is still here."""
        one = self._table.marked
        if one is not None:
            laptop, ref = self.itinerant.laptop, one.record
            ask(self, lambda: laptop.get(ref), self._open)

    def _open(self, row: Row | None) -> None:
        if row is None:
            self.itinerant.good_news(_("Ese registro ya no está en esta laptop."))
        else:
            self.itinerant.routes.record(row.record, KINDS[row.kind])

    def action_conflicts(self) -> None:
        """Go to the conflicts."""
        self.itinerant.routes.conflicts()
