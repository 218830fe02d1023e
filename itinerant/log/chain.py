"""The chain: each change carries the hash of the one before it, so a head commits to a whole log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from itinerant.errors import Damaged
from itinerant.log import canonical
from itinerant.log.change import GENESIS, Change
from itinerant.texts import _


@dataclass(frozen=True, slots=True)
class Head:
    """The last change of a log: its number and hash (hex). An empty log's head is `START`."""

    seq: int
    hash: str


START = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Link:
    """A change with its canonical bytes and its hash (hex), computed once."""

    change: Change
    data: bytes
    hash: str

    @classmethod
    def of(cls, change: Change) -> Link:
        """The link of a change that stands in its place."""
        data = change.to_bytes()
        return cls(change, data, canonical.leaf_hash(data).hex())

    @property
    def head(self) -> Head:
        """The head of the log that ends here."""
        return Head(self.change.seq, self.hash)


def relink(changes: Iterable[Change], head: Head) -> list[Link]:
    """Chain changes that travelled without `prev` after `head`, in the order given.

    Whoever calls compares the last link's hash with a signed head: only then are the changes known to be genuine.
    """
    links: list[Link] = []
    prev = head.hash
    for change in changes:
        link = Link.of(change.chained(prev))
        links.append(link)
        prev = link.hash
    return links


def follow(datas: Iterable[bytes], head: Head = START, *, device: str) -> Head:
    """Walk the stored bytes of one device's log after `head` and return the new head.

    Raises `Damaged`, naming the change, at the first one that does not follow from the one before it.
    """
    for data in datas:
        change = Change.from_bytes(data)
        expected = f"{device}-{head.seq + 1}"
        if change.ref != expected or change.prev != head.hash:
            raise Damaged(
                _("El registro se corta: no sigue el cambio {ref}.").format(ref=expected), place=expected, code="chain"
            )
        head = Head(change.seq, canonical.leaf_hash(data).hex())
    return head
