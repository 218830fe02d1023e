"""A small office with laptops that really send: what exports are made from in tests.

Everything goes through the product's own formats and intake; the clock stands still unless a test moves it.
"""

import itertools

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from itinerant.log.chain import START, Link
from itinerant.log.change import Draft
from itinerant.log.change import seal as seal_change
from itinerant.sync import enrolment, parcel
from itinerant.sync.keys import DeviceKeys
from itinerant.sync.parcel import ParcelHeader
from server.exchange import handling
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.laptops.enrolment import enrol
from server.office import Office

ORIGIN = "oficina.example/registro"
START_MS = 1_763_900_000_000
"""23 November 2025, 07:13 in Lima."""

DAY_MS = 86_400_000

SESSION = {
    "service": "RENIEC-01",
    "access": "procedure",
    "mode": "assisted",
    "channel": "cabin",
    "segment": "citizen",
    "outcome": "resolved",
    "started_at": START_MS,
    "duration_s": 600,
}


def office_keys(seed=1):
    raw = [bytes([seed, place]) * 16 for place in range(3)]
    recovery = X25519PrivateKey.from_private_bytes(raw[2])
    return OfficeKeys(
        Ed25519PrivateKey.from_private_bytes(raw[0]),
        X25519PrivateKey.from_private_bytes(raw[1]),
        recovery.public_key().public_bytes_raw(),
        recovery,
    )


class Clock:
    """The office's clock, moved by hand."""

    def __init__(self):
        self.ms = START_MS

    def __call__(self):
        return self.ms


class World:
    """An office in a folder, and its laptops."""

    def __init__(self, folder, *, seed=1, origin=ORIGIN):
        self.clock = Clock()
        self.office = Office.create(folder, Settings("Oficina de prueba", origin), office_keys(seed), now_ms=self.clock)
        fleet.add_brigade(self.office, "B01", "Brigada del río", by="admin")
        fleet.add_staff(self.office, "P014", brigade="B01", role="orientador", name="Rosa Quispe Huamán", by="admin")
        self.laptops = {}

    def laptop(self, code="LOR07", brigade="B01"):
        """A laptop, enrolled when it is first asked for."""
        if code not in self.laptops:
            self.laptops[code] = Laptop(self, code, brigade)
        return self.laptops[code]

    @property
    def vkey(self):
        return self.office.verifier.vkey


class Laptop:
    """Writes changes and sends them in parcels."""

    def __init__(self, world, code, brigade):
        self.world = world
        self.code = code
        seed = code.encode().ljust(32, b"\0")[:32]
        self.keys = DeviceKeys(Ed25519PrivateKey.from_private_bytes(seed), X25519PrivateKey.from_private_bytes(seed))
        token, expires_at = fleet.invite(world.office, code, brigade, by="admin")
        invitation = enrolment.Invitation(code, brigade, "", token, world.office.identity, expires_at)
        enrol(world.office, enrolment.pack(invitation, self.keys, "P014", world.clock.ms))
        self.links = []
        self.sent = START
        self.visit = ""

    @property
    def head(self):
        return self.links[-1].head if self.links else START

    def write(self, kind, values, *, record="", base=(), why="", at=None):
        """Write one change; answers with its reference."""
        draft = Draft(kind, values, record=record, base=tuple(base), why=why)
        at = self.world.clock.ms if at is None else at
        head = self.head
        change = seal_change(draft, device=self.code, seq=head.seq + 1, prev=head.hash, by="P014", at=at)
        self.links.append(Link.of(change))
        return change.ref

    def open_visit(self, **values):
        place = {"brigade": "B01", "ubigeo": "160302", "place": "Parinari", "opened_at": self.world.clock.ms}
        self.visit = self.write("visit", {**place, **values})
        return self.visit

    def session(self, **values):
        return self.write("session", {**SESSION, "visit": self.visit, **values})

    def parcel(self, count=None):
        """The bytes of a parcel with what was not sent yet, or the first `count` changes of it."""
        todo = self.links[self.sent.seq :][:count]
        head = todo[-1].head if todo else self.sent
        header = ParcelHeader(self.code, self.sent, head, have=0, at=self.world.clock.ms)
        return parcel.pack(header, [link.change for link in todo], self.keys.sign, self.world.office.keys.seal_public)

    def send(self, count=None):
        """Send it; the office has it when this returns."""
        handling.handle(self.world.office, self.parcel(count))
        todo = self.links[self.sent.seq :][:count]
        self.sent = todo[-1].head if todo else self.sent


def ordinary(folder, sessions=40, **options):
    """An office with two laptops, a visit each, sessions with notes and amendments, one open and one settled
    conflict, a voided session and one that waits in quarantine."""
    world = World(folder, **options)
    one, other = world.laptop("LOR07"), world.laptop("LOR08")
    one.open_visit()
    other.open_visit(place="Nauta", ubigeo="160301")
    notes = itertools.cycle([None, None, "volvió con su hijo", "=cita pendiente", 'dijo "mañana", y se fue'])
    for number in range(sessions):
        laptop = (one, other)[number % 2]
        laptop.session(note=next(notes), duration_s=60 + number, language=("spa", "quz", "cni")[number % 3])
        if number % 10 == 9:
            laptop.send()
    first, second = one.links[1].change.ref, one.links[2].change.ref
    one.write("session", {"outcome": "partial", "cause": "left"}, record=first, base=[first], why="se fue antes")
    other.write("session", {"outcome": "referred", "cause": "other"}, record=first, base=[first], why="se derivó")
    one.write("session", {"language": "quy"}, record=second, base=[second])
    other.write("session", {"language": "aym"}, record=second, base=[second])
    voided = one.session(note="duplicada")
    one.write("session", {"void": True}, record=voided, base=[voided], why="se anotó dos veces")
    other.session(note="llamar al 987654321")
    other.session()
    one.send()
    other.send()
    settle(world, second, "language", "quy")
    return world


def settle(world, record, field, value):
    from server import conflicts

    return conflicts.resolve(world.office, record, field, value, "visto en el acta", by="admin")
