"""How much travels at once: small at first, more while it goes well, half after a cut.

* One size rules both ways: of the parcel that goes and of the receipt that is asked for. A link that is cut every
  16 KiB must still carry a day's work out and the catalogue in.
* A parcel should not take longer than a person waits at a table: a cut costs one parcel, so its time is bounded too.
* Pure: the engine tells what happened, these numbers say what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SMALLEST = 1024
FIRST = 16 * 1024
LARGEST = 64 * 1024
"""Sizes of a parcel, in bytes. The first is about what TCP sends at once, so that it takes one round trip like any
smaller one; a thousand sessions fit in it."""

LONGEST_S = 20
"""A parcel that would take longer is not made larger."""

MAX_CHANGES = 5_000

_SLOW_BYTES_PER_S = 1_000
"""What is assumed of a link that was never measured: an old mobile network at its worst."""
_PATIENCE = 4
_LATENCY_S = 20
_MEASURABLE = 2 * 1024
_FIRST_BYTES_PER_CHANGE = 18.0
_ENVELOPE = 450


@dataclass(frozen=True, slots=True)
class Pace:
    """Size to aim at (bytes), speed of the link (bytes a second, 0 unknown), and what a change weighs."""

    size: int = FIRST
    bytes_per_s: int = 0
    bytes_per_change: float = _FIRST_BYTES_PER_CHANGE

    @classmethod
    def remembered(cls, size: int, bytes_per_s: int) -> Pace:
        """Where the last sync left off; zeros stand for nothing known."""
        return cls(min(max(size, SMALLEST), LARGEST) if size else FIRST, max(bytes_per_s, 0))

    @property
    def changes(self) -> int:
        """How many changes are likely to fill a parcel of this size."""
        return max(1, min(MAX_CHANGES, int(max(self.size - _ENVELOPE, 1) / self.bytes_per_change)))

    def weighed(self, changes: int, size: int) -> Pace:
        """After a parcel of `changes` came to `size` bytes."""
        return replace(self, bytes_per_change=max(1.0, (size - _ENVELOPE) / changes)) if changes else self

    def is_too_large(self, size: int) -> bool:
        """Whether a parcel should be made again with fewer changes."""
        return size > self.size * 5 // 4

    def timeout_s(self, size: int) -> float:
        """Seconds to wait for an exchange of `size` bytes out and as much as asked for in."""
        speed = self.bytes_per_s or _SLOW_BYTES_PER_S
        return _LATENCY_S + _PATIENCE * (size + self.size) / speed

    def after_success(self, up: int, down: int, seconds: float) -> Pace:
        """After an exchange that took `seconds`."""
        moved = up + down
        speed = self.bytes_per_s
        if moved >= _MEASURABLE and seconds > 0:
            measured = max(1, int(moved / seconds))
            speed = (speed + measured) // 2 if speed else measured
        size = self.size
        if max(up, down) >= size // 2 and (not speed or size * 2 <= speed * LONGEST_S):
            size = min(size * 2, LARGEST)
        return replace(self, size=size, bytes_per_s=speed)

    def after_failure(self) -> Pace:
        """After an exchange that was cut, or took too long."""
        return replace(self, size=max(self.size // 2, SMALLEST))

    def seconds(self, size: int) -> float | None:
        """How long `size` bytes would take at the last speed; None when it was never measured."""
        return size / self.bytes_per_s if self.bytes_per_s else None
