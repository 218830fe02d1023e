"""A laptop as the office sees it: keys, a log of its own, parcels out and receipts in. Nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from itinerant.domain.fields import Value
from itinerant.log.chain import START, Head, Link
from itinerant.log.change import Change, Draft, seal
from itinerant.sync import enrolment, parcel, receipt
from itinerant.sync.enrolment import Invitation
from itinerant.sync.keys import DeviceKeys
from itinerant.sync.parcel import ParcelHeader
from itinerant.sync.receipt import Receipt
from server.exchange.handling import handle
from server.laptops import fleet
from server.laptops.enrolment import enrol
from server.office import Office

START_MS = 1_763_900_000_000

SESSION: Mapping[str, Value] = {
    "service": "RENIEC-01",
    "access": "procedure",
    "mode": "assisted",
    "channel": "cabin",
    "segment": "citizen",
    "outcome": "resolved",
    "started_at": START_MS,
    "duration_s": 420,
    "language": "quz",
    "visit": "LOR07-1",
}


@dataclass
class FakeLaptop:
    """What a brigade's laptop does towards the office. `post` delivers a parcel and answers with the receipt."""

    invitation: Invitation
    keys: DeviceKeys
    post: Callable[[bytes], bytes]
    person: str = "P014"
    links: list[Link] = field(default_factory=list)
    upto: int = 0
    have: int = 0
    standing: str = ""
    seen: list[Change] = field(default_factory=list)
    """Changes of others, in the order in which receipts brought them."""
    last: Receipt | None = None

    @property
    def device(self) -> str:
        return self.invitation.device

    @property
    def head(self) -> Head:
        return self.links[-1].head if self.links else START

    def copy(self) -> FakeLaptop:
        """Another laptop with the same disk: what a restored or cloned one is."""
        same = FakeLaptop(self.invitation, self.keys, self.post, self.person, list(self.links))
        same.upto, same.have, same.standing, same.seen = self.upto, self.have, self.standing, list(self.seen)
        return same

    def write(
        self,
        kind: str = "session",
        values: Mapping[str, Value] | None = None,
        *,
        record: str = "",
        base: Sequence[str] = (),
        why: str = "",
        by: str = "",
    ) -> Change:
        """Append one change to the log, whatever it says."""
        draft = Draft(kind, SESSION if values is None else values, record, tuple(base), why)
        place = {"device": self.device, "seq": self.head.seq + 1, "prev": self.head.hash}
        change = seal(draft, **place, by=by or self.person, at=START_MS + self.head.seq * 1_000)
        self.links.append(Link.of(change))
        return change

    def parcel(self, first: int | None = None, last: int | None = None) -> bytes:
        """The bytes of a parcel: what no receipt covers yet, or the run from `first` to `last`."""
        first = self.upto + 1 if first is None else first
        last = len(self.links) if last is None else last
        run = self.links[first - 1 : last]
        heads = [START, *(link.head for link in self.links)]
        before = heads[first - 1]
        header = ParcelHeader(self.device, before, heads[last], self.have, START_MS, self.standing)
        return parcel.pack(header, [link.change for link in run], self.keys.sign, self.invitation.office.seal_key)

    def sync(self) -> Receipt:
        """Send everything and take the answers in until there is no more."""
        received = self.take(self.post(self.parcel()))
        while received.more:
            received = self.take(self.post(self.parcel()))
        return received

    def read(self, data: bytes) -> Receipt:
        """Verify a receipt without believing what it covers."""
        _header, sealed = receipt.peek(data)
        return receipt.unpack(sealed, self.invitation.office.sign_key, self.keys.seal, self.device)

    def take(self, data: bytes) -> Receipt:
        """Verify a receipt and keep what it brings."""
        received = self.last = self.read(data)
        header = received.header
        if header.head in {START, *(link.head for link in self.links)}:
            self.upto = max(self.upto, header.head.seq)
        assert header.since <= self.have
        self.have = max(self.have, header.have)
        self.seen.extend(received.changes)
        if received.standing is not None:
            self.standing = received.standing.digest
        return received


def invite(office: Office, device: str = "LOR07", brigade: str = "B01") -> Invitation:
    """A one-time code of the office, as its file holds it."""
    token, expires_at = fleet.invite(office, device, brigade, by="admin")
    return Invitation(device, brigade, "", token, office.identity, expires_at)


def enrolled(office: Office, device: str = "LOR07", brigade: str = "B01") -> FakeLaptop:
    """A laptop that the office knows, having synced nothing yet."""
    invitation = invite(office, device, brigade)
    laptop = FakeLaptop(invitation, DeviceKeys.generate(), lambda data: handle(office, data))
    laptop.take(enrol(office, enrolment.pack(invitation, laptop.keys, laptop.person, START_MS)))
    return laptop
