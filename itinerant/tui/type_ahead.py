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
from textual.widget import Widget

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
        self._last: Widget | None = None
        """What the last key was given to."""
        self._since: float | None = None
        """Since when we wait for that key to have had its effect (s of `time.monotonic`); None while we do not."""

    def holds(self, event: events.Key) -> bool:
        """Whether this key, which just came, waits; it comes again when its turn is there."""
        if self._released and event is self._released[0]:
            self._released.popleft()
        elif event.key == "escape":
            self.forget()
        elif self._waiting or self._screen_waits() or not self._is_still():
            self._waiting.append(event)
            self._follow()
            while self._waiting and time.monotonic() - self._waiting[0].time > PATIENCE_S:
                self._release()
            return True
        self._last = self._app.focused or self._app.screen
        if self._waiting:
            self._app.call_later(self._follow)  # when this one was given to it
        return False

    def go_on(self) -> None:
        """Let the next key through: something that it may have waited for is there."""
        if self._waiting and not self._released and not self._follows() and not self._screen_waits():
            self._release()

    def forget(self) -> None:
        """Drop what waits: it was meant for something that did not come about."""
        self._waiting.clear()

    def _screen_waits(self) -> bool:
        screen = self._app.screen
        return isinstance(screen, Page) and screen.waits()

    def _follows(self) -> bool:
        return self._since is not None and time.monotonic() - self._since < PATIENCE_S

    def _way(self) -> list[MessagePump]:
        """From what the last key was given to up to the application."""
        return [] if self._last is None else list(self._last.ancestors_with_self)

    def _is_still(self) -> bool:
        """Whether nobody on the way of the last key has anything left to do."""
        return not self._follows() and not self._released and not any(each.message_queue_size for each in self._way())

    def _release(self) -> None:
        self._released.append(self._waiting.popleft())
        self._app.post_message(self._released[-1])

    def _follow(self) -> None:
        """Go the way of what the last key sets going: what the widget tells itself, then from widget to widget, each
        of which passes it on only when its turn comes."""
        if self._follows():
            return
        self._since = time.monotonic()
        way = self._way()
        way = [*way[:1], *way]

        def hop() -> None:
            while way:
                if way.pop(0).call_later(hop):
                    return
            self._since = None
            self.go_on()

        hop()
