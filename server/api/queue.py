"""A bounded number of requests at work, a bounded number waiting, and a turn for each of the rest.

* Who waits is served in order of arrival.
* Who finds no place is told when to come back: when a place should be free at the pace of late, each one later than
  the one before. So nobody waits while nobody is at work.
* The turn is kept: while somebody whose turn has come is on the way, whoever has none does not take the last places.
  So a laptop that was turned away is served before the next parcel of one that was not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from math import ceil
from typing import TypeVar

import anyio.to_thread

from itinerant.errors import NoConnection
from itinerant.texts import _

WORKERS = 4
"""Requests at work at once: one writes, the others verify or read."""

WAITING = 64
"""Requests that may wait for their turn: a minute's work at most."""

LONGEST_S = 240
"""The longest that anybody is told to wait: a laptop takes the office's word up to five minutes."""

KEPT_S = 30
"""How long a turn is kept for who is late: laptops add a random part to what they are told."""

_FIRST_PACE_S = 0.05
_WEIGHT = 0.1
_MOST_TURNS = 10_000

_Answer = TypeVar("_Answer")


class Queue:
    """Runs blocking work in threads. `clock`: seconds, monotonic."""

    def __init__(
        self, workers: int = WORKERS, waiting: int = WAITING, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._turn = asyncio.Semaphore(workers)
        self._places = workers + waiting
        self._clock = clock
        self._pace = _FIRST_PACE_S
        self._last_end = -_FIRST_PACE_S
        self._turns: dict[str, float] = {}
        """When the turn comes of each of those who were told to come back."""
        self.inside = 0
        """Requests at work or waiting."""

    async def run(self, work: Callable[[], _Answer], who: str = "") -> _Answer:
        """Do `work` in a thread when its turn comes. `who` asks, when it says so: by this name its turn is kept.

        Raises `NoConnection` at once, with the time to come back, when too many are here already.
        """
        self._enter(who)
        self.inside += 1
        try:
            async with self._turn:
                began = self._clock()
                try:
                    return await anyio.to_thread.run_sync(work)
                finally:
                    self._measure(began)
        finally:
            self.inside -= 1

    def _enter(self, who: str) -> None:
        now = self._clock()
        self._turns = {name: due for name, due in self._turns.items() if now - due <= KEPT_S}
        mine = self._turns.pop(who, None)
        others = self._turns.values()
        kept = 0 if mine is not None else min(sum(due <= now for due in others), self._places // 2)
        if self.inside + kept < self._places:
            return
        if mine is None:
            due = max([now, *others]) + self._pace
        else:  # the pace was slower than it seemed: once more, in the same order
            due = now + self._pace * (1 + sum(due < mine for due in others))
        due = min(due, now + LONGEST_S)
        if who and len(self._turns) < _MOST_TURNS:
            self._turns[who] = due
        sentence = _("La oficina está recibiendo muchos envíos.")
        raise NoConnection(sentence, retry_after=max(1, ceil(due - now)), code="busy")

    def _measure(self, began: float) -> None:
        """Follow the pace (seconds from one end of work to the next) while somebody is at work."""
        end = self._clock()
        took = end - max(began, self._last_end)
        self._pace += _WEIGHT * (took - self._pace)
        self._last_end = end
