"""Keys take effect one after the other, however fast they come.

* Textual hands a key to the widget that has the focus at that moment, though the key before it may be about to move
  it: on a busy laptop, two digits that were meant for two fields went to one. So a key waits until the one before has
  had its effect, and until the screen in front has a place for it.
* A key that comes alone passes at once. Esc never waits, and forgets those that do.
* Whatever goes wrong, keys go on after `PATIENCE_S`.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from textual import events
from textual.message_pump import MessagePump

from itinerant.tui.screens.page import Page

if TYPE_CHECKING:
    from itinerant.tui.app import ItinerantApp

PATIENCE_S = 2.0


class TypeAhead:
    """The keys of one application."""

    def __init__(self, app: ItinerantApp) -> None:
        self._app = app
        self._waiting: deque[events.Key] = deque()
        self._released: deque[events.Key] = deque()
        self._since: float | None = None
        """Since when a key is having its effect (s of `time.monotonic`); None once it had it."""

    def holds(self, event: events.Key) -> bool:
        """Whether this key, which just came, waits; it comes again when its turn is there."""
        if self._released and event is self._released[0]:
            self._released.popleft()
        elif event.key == "escape":
            self.forget()
        elif self._waiting or not self._is_free():
            self._waiting.append(event)
            while self._waiting and time.monotonic() - self._waiting[0].time > PATIENCE_S:
                self._release()
            return True
        self._since = time.monotonic()
        self._app.call_later(self._follow)
        return False

    def go_on(self) -> None:
        """Let the next key through: something that it may have waited for is there."""
        if self._waiting and self._is_free():
            self._release()

    def forget(self) -> None:
        """Drop what waits: it was meant for something that did not come about."""
        self._waiting.clear()

    def _is_free(self) -> bool:
        moving = self._since is not None and time.monotonic() - self._since < PATIENCE_S
        screen = self._app.screen
        return not moving and not (isinstance(screen, Page) and screen.waits())

    def _release(self) -> None:
        self._released.append(self._waiting.popleft())
        self._since = time.monotonic()
        self._app.post_message(self._released[-1])

    def _follow(self) -> None:
        """Go the way of what the key sets going: what the widget tells itself, then from widget to widget, each of
        which passes it on only when its turn comes."""
        field = self._app.focused or self._app.screen
        way: list[MessagePump] = [field, *field.ancestors_with_self]

        def hop() -> None:
            while way:
                if way.pop(0).call_later(hop):
                    return
            self._since = None
            self.go_on()

        hop()
