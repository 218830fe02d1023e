"""Keeps what is being written in the sealed store, so that neither Esc nor a power cut loses it.

* The first change after a save starts a short timer; when it ends everything written so far is saved, off the screen's
  thread: nothing is older than `DELAY_S` and a write, however fast one types.
* One save at a time, in order; `settle` and `flush` wait for the one that runs, so that an old draft can never come
  back after the record was saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from textual.screen import Screen
from textual.timer import Timer

from itinerant.errors import ItinerantError
from itinerant.tui.ports import Drafts
from itinerant.tui.work import ask

DELAY_S = 0.4


class DraftKeeper:
    """Saves `snapshot()` under `key` soon after each `touch`."""

    def __init__(
        self, screen: Screen[Any], drafts: Drafts, key: str, snapshot: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._screen = screen
        self._drafts = drafts
        self._key = key
        self._snapshot = snapshot
        self._timer: Timer | None = None
        self._dirty = False
        self._busy = False
        self._told = False
        self._after: Callable[[], Any] | None = None

    def touch(self) -> None:
        """Something was written."""
        self._dirty = True
        if self._timer is None and not self._busy:
            self._timer = self._screen.set_timer(DELAY_S, self._write)

    def flush(self, then: Callable[[], Any]) -> None:
        """Save what is not saved yet, then go on. A draft that cannot be saved is told, and does not hold one back."""
        self._after = then
        self._stop_timer()
        if not self._busy:
            self._write() if self._dirty else self._go_on()

    def settle(self, then: Callable[[], Any]) -> None:
        """Save no more; go on once nothing is being saved."""
        self._dirty = False
        self.flush(then)

    def save_now(self) -> None:
        """Save what is not saved yet, on the screen's own thread: the program is ending. Raises `ItinerantError`."""
        if self._dirty or self._busy:
            self._drafts.save(self._key, self._snapshot())
            self._dirty = False

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _write(self) -> None:
        self._timer = None
        self._busy, self._dirty = True, False
        values = self._snapshot()
        ask(
            self._screen,
            lambda: self._drafts.save(self._key, values),
            self._written,
            otherwise=self._failed,
            group="drafts",
        )

    def _written(self, _nothing: None) -> None:
        self._busy = False
        if self._dirty and self._after is not None:
            self._write()
        elif self._after is not None:
            self._go_on()
        elif self._dirty:
            self.touch()

    def _failed(self, error: ItinerantError) -> None:
        self._busy = False
        if not self._told:
            self._told = True  # once: the same sentence at every key would hide the form
            self._screen.app.show_error(error)  # type: ignore[attr-defined]  # our App; Textual types the base class
        if self._after is not None:
            self._go_on()

    def _go_on(self) -> None:
        then, self._after = self._after, None
        if then is not None:
            then()
