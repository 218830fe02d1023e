"""A list of what somebody has to decide and, under it, the marked line's sides beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from itinerant.texts import _
from itinerant.tui.screens.page import Page
from itinerant.tui.screens.reason import Reason
from itinerant.tui.widgets.record_table import Column, RecordTable
from itinerant.tui.widgets.status_bar import StatusBar
from itinerant.tui.work import ask

T = TypeVar("T")


class ComparedPage(Page[None], Generic[T]):
    """Subclasses say what is listed (`columns`, `read`), how it is compared (`lines`) and what the keys decide."""

    CSS_PATH = "../styles/conflicts.tcss"
    NOTHING = ""
    """What the empty list says, a source text."""

    def columns(self) -> Sequence[Column[T]]:
        """The list's columns."""
        raise NotImplementedError

    def read(self) -> None:
        """Read again, and `fill`."""
        raise NotImplementedError

    def lines(self, one: T) -> Iterable[Content]:
        """The sides of the marked line."""
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        self._table: RecordTable[T] = RecordTable(self.columns(), empty=_(self.NOTHING))
        yield self._table
        yield VerticalScroll(Static("", id="compared"), can_focus=False)

    def on_mount(self) -> None:
        self._table.focus()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self.itinerant.unlocked:  # else the screens above are being closed by a lock
            self.read()

    def fill(self, found: Sequence[T], title: str, keep: Callable[[T], object]) -> None:
        """Show what was read, under a title; `keep` tells which line the mark stays on."""
        self._table.show(found, more=False, keep=keep)
        self.query_one(StatusBar).retitle(title)
        self._compare()
        self.refresh_bindings()

    def on_record_table_moved(self) -> None:
        """Show what the marked line is about."""
        self._compare()

    def _compare(self) -> None:
        one = self._table.marked
        self.query_one("#compared", Static).update(Content("\n").join(self.lines(one)) if one else Content(""))

    def decide(self, text: str, job: Callable[[str], Any]) -> None:
        """Ask for the reason of a decision, in words, and do it; `job` answers with its change, or changes."""

        def told(why: str | None) -> None:
            if why is not None:
                ask(self, lambda: job(why), self._decided)

        self.app.push_screen(Reason(_("¿Por qué?"), text), told)

    def _decided(self, refs: str | Sequence[str]) -> None:
        text = refs if isinstance(refs, str) else ", ".join(refs)
        self.itinerant.good_news(_("✓ Guardado {ref}").format(ref=text))
        self.read()
