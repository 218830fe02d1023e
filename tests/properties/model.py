"""What must be true of the whole, in plain Python: who wrote what, where each parcel leaves the office, who knows what.

* `written` holds every change that ever was committed anywhere, by its hash; a log is the list of its hashes.
* The office keeps, for each laptop's code, branches (whole logs; the first is the main one), and sorts what arrives
  into the ledger or aside. Nothing that arrived may be in neither, nothing in both, nothing twice.
* What a record is, and what is in conflict, is asked of `tests.log.model`, which knows nothing of parcels.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from itinerant.log.canonical import leaf_hash
from itinerant.log.change import GENESIS


class Leaf(NamedTuple):
    """A place of the ledger: which change, and whose laptops receive it."""

    hash: str
    scope: str


@dataclass
class Device:
    """The office's view of one code: `revoked_after` is None while it is believed."""

    brigade: str
    branches: list = field(default_factory=lambda: [[]])
    frozen: bool = False
    revoked_after: int | None = None

    def knows(self, hashed):
        return hashed == GENESIS or any(hashed in branch for branch in self.branches)

    def believes(self, branch, seq):
        """Whether a change that arrives now, in that branch and with that number, may enter the ledger."""
        if branch is not self.branches[0]:
            return False
        return not self.frozen if self.revoked_after is None else seq <= self.revoked_after


class Model:
    """Everything that was written, and what the office must have made of what reached it."""

    def __init__(self):
        self.written = {}
        self.bare = {}
        self.unfit = set()
        self.devices = {}
        self.ledger = []
        self.aside = set()
        self.parked = set()

    def write(self, links, *, unfit=False):
        """Changes that an author committed. `unfit`: the office must not let them into the ledger."""
        for link in links:
            self.written[link.hash] = link.change
            if unfit:
                self.unfit.add(link.hash)

    def log(self, head):
        """The hashes of the whole log that ends at `head`."""
        hashes = []
        while head != GENESIS:
            hashes.append(head)
            head = self.written[head].prev
        return hashes[::-1]

    def receive(self, code, first, head, parcel):
        """A parcel of `code` reached the office: its log from change number `first` to `head`."""
        device, log = self.devices[code], self.log(head)
        before = log[first - 2] if first > 1 else GENESIS
        if not device.knows(before):
            if first - 1 <= max(map(len, device.branches)):
                self.parked.add(parcel)
                device.frozen = True
            return
        known = next((place for place, hashed in enumerate(log) if not device.knows(hashed)), len(log))
        fresh = log[known:]
        if not fresh:
            return
        branch = next((each for each in device.branches if each == log[:known]), None)
        forks = branch is None
        if forks:
            branch = log[:known]
            device.branches.append(branch)
        for hashed in fresh:
            branch.append(hashed)
            if hashed in self.unfit or not device.believes(branch, len(branch)):
                self.aside.add(hashed)
            else:
                self.ledger.append(Leaf(hashed, device.brigade))
        device.frozen |= forks

    def decide(self, position, link, scope):
        """The office wrote a change of its own, at that position of the ledger."""
        self.write([link])
        self.ledger.insert(position, Leaf(link.hash, scope))

    def release(self, hashed):
        """A person let in what was put aside: it is in the ledger too, at its end."""
        self.ledger.append(Leaf(hashed, self.devices[self.written[hashed].device].brigade))

    def revoke(self, code):
        device = self.devices[code]
        if device.revoked_after is None:
            device.revoked_after = len(device.branches[0])

    def all_believed(self):
        """Whether no laptop was revoked yet."""
        return all(device.revoked_after is None for device in self.devices.values())

    def received(self, code, hashed):
        """Whether the office holds a change of `code`, wherever it put it."""
        return self.devices[code].knows(hashed)

    def foreign(self, code, upto=None):
        """The changes of others that a laptop knows once it has pulled the ledger up to position `upto` (all of it)."""
        scopes = ("", self.devices[code].brigade)
        leaves = [leaf for leaf in self.ledger[:upto] if leaf.scope in scopes]
        return {leaf.hash for leaf in leaves if self.written[leaf.hash].device != code}

    def unchained(self):
        """All changes by the hash that laptops keep of others' changes: without their place in a chain. Of two that
        are the same but for that place, the ledger's."""
        hashes = [*self.written, *(leaf.hash for leaf in self.ledger)]
        return {self._unchained(hashed): hashed for hashed in hashes}

    def _unchained(self, hashed):
        if hashed not in self.bare:
            self.bare[hashed] = leaf_hash(self.written[hashed].chained(GENESIS).to_bytes()).hex()
        return self.bare[hashed]
