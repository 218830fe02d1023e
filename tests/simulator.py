"""The whole office in memory, and a bad link to it: what the laptop's side of a sync is tested against.

* It keeps every laptop's log, puts accepted changes into one ledger, and answers parcels with receipts.
* `faults` says what happens to the exchanges to come, one each; after the last, all goes well.
* It verifies what it is sent as the real one does; of two logs under one code it believes the first.
"""

from collections import deque
from dataclasses import dataclass, field

from itinerant.errors import NoConnection, Refused
from itinerant.log.chain import START, Head, Link
from itinerant.log.change import Change
from itinerant.sync import enrolment, parcel, receipt
from itinerant.sync.engine import Cut, Exchange
from itinerant.sync.enrolment import Invitation, OfficeIdentity
from itinerant.sync.keys import DeviceKeys, PublicKeys
from itinerant.sync.receipt import Receipt, ReceiptHeader
from itinerant.sync.standing import Standing


@dataclass
class Fault:
    """What goes wrong in one exchange.

    `lost_up`: the parcel never arrives. `lost_down`: it is taken in, the receipt is lost. `twice`: it arrives twice.
    `busy`: refused for so many seconds. `cut_above`: lost when parcel or receipt is larger than so many bytes.
    `answer`: other bytes in place of the receipt.
    """

    lost_up: bool = False
    lost_down: bool = False
    twice: bool = False
    busy: float | None = None
    cut_above: int | None = None
    answer: bytes | None = None


@dataclass
class OfficeSimulator:
    """An office. `now_ms` is its clock; `ledger` what it accepted, in order; `logs` what each laptop sent."""

    keys: DeviceKeys = field(default_factory=DeviceKeys.generate)
    now_ms: int = 1_763_982_000_000
    ledger: list[Change] = field(default_factory=list)
    logs: dict[str, list[Link]] = field(default_factory=dict)
    devices: dict[str, PublicKeys] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    faults: deque[Fault] = field(default_factory=deque)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    """Bytes of each parcel that arrived and of the receipt that it got."""

    @property
    def identity(self) -> OfficeIdentity:
        public = self.keys.public
        return OfficeIdentity("Oficina", public.sign, public.seal, public.seal, "oficina+1+AA")

    def invite(self, device: str) -> Invitation:
        self.tokens[device] = f"token-of-{device}"
        return Invitation(device, "B01", "http://office.test", self.tokens[device], self.identity, self.now_ms + 10**9)

    # -- what arrives

    def exchange(self, data: bytes, *, timeout_s: float) -> Exchange:
        assert timeout_s > 0
        fault = self.faults.popleft() if self.faults else Fault()
        if fault.busy is not None:
            raise NoConnection("busy", retry_after=fault.busy, code="busy")
        if fault.lost_up or (fault.cut_above is not None and len(data) > fault.cut_above):
            raise Cut("cut", code="cut")
        if fault.twice:
            self.take(data)
        answer = self.take(data)
        self.sizes.append((len(data), len(answer)))
        if fault.lost_down or (fault.cut_above is not None and len(answer) > fault.cut_above):
            raise Cut("cut", code="cut")
        answer = answer if fault.answer is None else fault.answer
        return Exchange(answer, len(data), len(answer))

    def resume(self, data: bytes, *, timeout_s: float) -> None:
        """It keeps no halves."""

    def take(self, data: bytes) -> bytes:
        """One parcel or request for enrolment in, one receipt out."""
        if data[:3] == b"ITE":
            return self.enrol(data)
        header, sealed = parcel.peek(data)
        if header.sender not in self.devices:
            raise Refused("unknown", code="unknown_device")
        got = parcel.unpack(sealed, self.devices[header.sender].sign, self.keys.seal)
        log = self.logs.setdefault(header.sender, [])
        for link in got.links:
            if link.change.seq == len(log) + 1 and link.change.prev == self.head(header.sender).hash:
                log.append(link)
                self.ledger.append(link.change)
        return self.answer(header.sender, sealed.ref, header.have, header.standing, header.room)

    def enrol(self, data: bytes) -> bytes:
        sealed = enrolment.peek(data)
        request = enrolment.unpack(sealed, self.keys.seal)
        known = self.devices.get(request.device)
        if request.token != self.tokens.get(request.device) or known not in (None, request.keys):
            raise Refused("token", code="enrolment")
        self.devices[request.device] = request.keys
        return self.answer(request.device, request.ref)

    def head(self, device: str, seq: int | None = None) -> Head | None:
        log = self.logs.get(device, [])
        seq = len(log) if seq is None else seq
        if seq > len(log):
            return None
        return log[seq - 1].head if seq else START

    def answer(self, device: str, re: str, have: int = 0, told: str = "", room: int = 1 << 20) -> bytes:
        since = min(have, len(self.ledger))
        end = len(self.ledger)
        standing = self.standing if self.standing.digest != told else None
        while True:
            others = [change for change in self.ledger[since:end] if change.device != device]
            header = ReceiptHeader(device, self.head(device), since, end, self.now_ms, re)
            given = Receipt(header, others, standing, more=end < len(self.ledger))
            data = receipt.pack(given, self.keys.sign, self.devices[device].seal)
            if len(data) <= room or end - since <= 1:
                return data
            end = since + (end - since) // 2
