"""A bounded number of requests at work, a bounded number waiting, and a clear word for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread

from itinerant.errors import NoConnection
from itinerant.texts import _

WORKERS = 4
"""Requests at work at once: one writes, the others verify or read."""

WAITING = 64
"""Requests that may wait for their turn: a minute's work at most."""

RETRY_AFTER_S = 15

_Answer = TypeVar("_Answer")


class Queue:
    """Runs blocking work in threads."""

    def __init__(self, workers: int = WORKERS, waiting: int = WAITING) -> None:
        self._turn = asyncio.Semaphore(workers)
        self._places = workers + waiting
        self.inside = 0
        """Requests at work or waiting."""

    async def run(self, work: Callable[[], _Answer]) -> _Answer:
        """Do `work` in a thread when its turn comes. Raises `NoConnection` at once when too many wait already."""
        if self.inside >= self._places:
            raise NoConnection(_("La oficina está recibiendo muchos envíos."), retry_after=RETRY_AFTER_S, code="busy")
        self.inside += 1
        try:
            async with self._turn:
                return await anyio.to_thread.run_sync(work)
        finally:
            self.inside -= 1
