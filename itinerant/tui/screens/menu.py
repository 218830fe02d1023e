"""The day's menu: every place to go, each with its letter."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events, on
from textual.widget import Widget

from itinerant.texts import N_, _
from itinerant.tui.actions import bindings
from itinerant.tui.routes import PLACES, Place
from itinerant.tui.screens.page import Page
from itinerant.tui.widgets.record_table import Column, RecordTable


class MenuScreen(Page[None]):
    """Goes where the letter, Enter or a click says."""

    TITLE = N_("Registros y herramientas")
    CSS_PATH = "../styles/records.tcss"
    BINDINGS = bindings("go")

    def body(self) -> Iterable[Widget]:
        columns: list[Column[Place]] = [
            Column(_("Tecla"), 5, lambda place: f"  {place.key.upper()}"),
            Column(_("Ir a"), 20, lambda place: _(place.label)),
            Column(_("Qué hay"), 0, lambda place: _(place.help), muted=True),
        ]
        self._table: RecordTable[Place] = RecordTable(columns)
        yield self._table

    def on_mount(self) -> None:
        self._table.show(PLACES, more=False)
        self._table.focus()

    def on_key(self, event: events.Key) -> None:
        """A place's letter."""
        place = next((place for place in PLACES if event.key.lower() == place.key), None)
        if place is not None:
            event.stop()
            self._go(place)

    @on(RecordTable.Opened)
    def action_go(self) -> None:
        """Go to the marked place."""
        if self._table.marked is not None:
            self._go(self._table.marked)

    def _go(self, place: Place) -> None:
        self.itinerant.routes.go(place)
