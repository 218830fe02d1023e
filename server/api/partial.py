"""Parcels that came in part and receipts that left in part, so that a cut connection carries on where it broke.

* In memory and bounded: the oldest are forgotten first. A forgotten one costs its laptop a repetition, nothing more;
  so may a restart, and a second process of the office that did not see the first half.
* Nothing here is verified: a parcel is checked when it is whole, a receipt by whoever joins its halves. Names are
  digests of signed headers, and both halves are sealed.
* A parcel's first receipt stays: two receipts of the same parcel differ, and their halves do not match.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from itinerant.sync import envelope

ENTRIES = 512
BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Half:
    """What is here under a parcel's name: the bytes that came of it, or the receipt it got."""

    data: bytearray | bytes
    is_receipt: bool = False


class Partials:
    """By name of parcel. Used from one thread, the event loop's."""

    def __init__(self, entries: int = ENTRIES, size: int = BYTES) -> None:
        self._entries = entries
        self._size = size
        self._halves: OrderedDict[str, Half] = OrderedDict()

    def find(self, name: str) -> Half | None:
        """What is here of the parcel of that name and its receipt."""
        return self._halves.get(name)

    def arriving(self, data: bytearray) -> None:
        """A parcel that still grows; known by name once its header is here. The longest of several copies is kept."""
        name = envelope.name(data)
        if not name:
            return
        here = self._halves.get(name)
        if here is None or (not here.is_receipt and len(here.data) < len(data)):
            self._keep(name, Half(data))

    def answered(self, data: bytes, receipt: bytes) -> None:
        """A parcel came whole and got its receipt."""
        name = envelope.name(data)
        here = self._halves.get(name)
        if here is None or not here.is_receipt:
            self._keep(name, Half(receipt, is_receipt=True))

    def forget(self, data: bytes) -> None:
        """A parcel that was refused is not carried on with."""
        self._halves.pop(envelope.name(data), None)

    def _keep(self, name: str, half: Half) -> None:
        self._halves[name] = half
        self._halves.move_to_end(name)
        while len(self._halves) > self._entries or sum(len(one.data) for one in self._halves.values()) > self._size:
            self._halves.popitem(last=False)
