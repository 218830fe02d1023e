"""One direction of a bad link, in virtual time: no clock and no socket here, so that its rules can be tested exactly.

* A packet first meets chance (`loss`), then the queue (dropped when full), then the wire (`rate`), then `delay`.
* Chance comes from a seeded generator: the same packets meet the same fate in every run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SEGMENT = 1448
"""Bytes that one TCP segment carries on a path of 1,500 bytes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How bad one direction is; the default is a perfect wire."""

    rate: int | None = None
    """Bits a second; None: no limit."""
    delay: float = 0.0
    """Seconds one way, after the last bit has left."""
    loss: float = 0.0
    """Probability that a packet is lost, 0 to 1."""
    queue: int | None = None
    """Bytes that may wait for the wire; a packet that finds no room is dropped. None: no limit."""

    @property
    def round_trip(self) -> float:
        """Seconds that a tiny packet and its answer take when both directions have this shape."""
        return 2 * self.delay


MOUNTAIN_PASS = Shape(rate=64_000, delay=0.3, loss=0.02, queue=32_768)
"""2G at its edge: 64 kbit/s, a round trip of 600 ms, 2 % loss, four seconds of queue."""


class Lane:
    """Says when each packet arrives. Times are seconds of any clock that does not go back."""

    def __init__(self, shape: Shape, seed: int) -> None:
        self.shape = shape
        self.lost = 0
        """Packets that never arrived, by chance or for want of room."""
        self._chance = random.Random(seed)
        self._free_at = 0.0

    def offer(self, now: float, size: int) -> float | None:
        """When a packet of `size` bytes handed over at `now` arrives; None when it is lost."""
        shape = self.shape
        waiting = max(0.0, self._free_at - now) * (shape.rate or 0) / 8
        full = shape.queue is not None and waiting + size > shape.queue
        if self._chance.random() < shape.loss or full:
            self.lost += 1
            return None
        self._free_at = max(now, self._free_at) + (size * 8 / shape.rate if shape.rate else 0.0)
        return self._free_at + shape.delay

    def insist(self, now: float, size: int) -> float:
        """When a segment arrives that is sent again until it does, as TCP would.

        A copy follows the lost one after two round trips, between a fast retransmission (one) and a time-out (two
        or more).
        """
        while (arrival := self.offer(now, size)) is None:
            now += max(2 * self.shape.round_trip, 0.01)
        return arrival
