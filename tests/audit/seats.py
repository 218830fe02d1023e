"""Real laptops beside an office in this process: what they are shown of its ledger, and what they make of it.

One office and two enrolled homes are made once; tests copy the folder. The stretched passphrase is remembered, so that
only the first unlocking of a home pays for Argon2id.
"""

import shutil
from contextlib import contextmanager

import pytest

from itinerant.store.identity import Identity
from itinerant.store.laptop import Laptop
from itinerant.sync import courier, engine, enrolment, receipt, wrapping
from itinerant.sync.engine import Exchange
from itinerant.sync.keys import DeviceKeys
from server.exchange import handling, stick
from server.laptops import fleet
from server.laptops.enrolment import enrol
from server.office import Office
from tests.audit.builder import SESSION, START_MS, World

PASSPHRASE = "caballo batería grapa correcto"
CODES = ("LOR07", "LOR08")
HOUR_MS = 3_600_000


@contextmanager
def eased():
    stretch, known = wrapping.stretch, {}

    def remembering(slot, passphrase):
        place = slot["salt"], passphrase
        if place not in known:
            known[place] = stretch(slot, passphrase)
        return known[place]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wrapping, "stretch", remembering)
        yield


def make(folder):
    """The office and its laptops, each synced once."""
    world = World(folder / "office")
    for code in CODES:
        token, expires_at = fleet.invite(world.office, code, "B01", by="admin")
        invitation = enrolment.Invitation(code, "B01", "", token, world.office.identity, expires_at)
        keys = DeviceKeys.generate()
        answer = enrol(world.office, enrolment.pack(invitation, keys, "P014", START_MS))
        identity = Identity(code, "B01", "", keys, world.office.identity)
        with Laptop.create(folder / code, identity=identity, person="P014", passphrase=PASSPHRASE) as laptop:
            _header, sealed = receipt.peek(answer)
            laptop.apply_receipt(receipt.unpack(sealed, identity.office.sign_key, keys.seal, code), answers=True)
        (folder / code / "epoch.json").unlink()
    world.office.close()


class Seats:
    """A copy of all that, in use. `office` may be exchanged for another one with the same keys."""

    def __init__(self, template, folder):
        shutil.copytree(template, folder)
        self.folder = folder
        self.now = START_MS + HOUR_MS
        self.office = self.open_office("office")
        self.laptops = {}
        for code in CODES:
            self.laptops[code] = Laptop.unlock(folder / code, PASSPHRASE, now_ms=self.clock)
        self.sizes = []

    def clock(self):
        return self.now

    def open_office(self, name):
        return Office.open(self.folder / name, now_ms=self.clock)

    def copy_office(self, name):
        """Another office with the same keys and the same past."""
        self.office.close()
        shutil.copytree(self.folder / "office", self.folder / name)
        self.office = self.open_office("office")
        return self.open_office(name)

    def work(self, code, count=3):
        """Some sessions at a laptop."""
        laptop = self.laptops[code]
        if laptop.current_visit() is None:
            laptop.open_visit({"ubigeo": "160302", "place": "Parinari"})
        for number in range(count):
            laptop.add("session", {**SESSION, "duration_s": 60 + number})

    def sync(self, code, office=None):
        """One sync with the office, or with the one given."""
        self.now += HOUR_MS
        return engine.sync(self.laptops[code], Direct(self, office or self.office))

    def settle(self, rounds=2):
        """Everybody works and syncs."""
        for _round in range(rounds):
            for code in CODES:
                self.work(code)
                self.sync(code)

    def by_stick(self, sender, reader, place):
        """A stick from one laptop to another."""
        courier.write_parcels(self.laptops[sender], place, self.now)
        return courier.read_stick(self.laptops[reader], place)

    def by_office_stick(self, code, place):
        """A stick from a laptop to the office and back."""
        courier.write_parcels(self.laptops[code], place, self.now)
        stick.read(self.office, place)
        stick.write(self.office, place)
        return courier.read_stick(self.laptops[code], place)

    def alarm(self, code):
        """The code of what a laptop is alarmed about, or None."""
        alarm = self.laptops[code].witness.alarm
        return alarm.code if alarm else None

    def close(self):
        for laptop in self.laptops.values():
            laptop.close()
        self.office.close()


class Direct:
    """A network without a wire."""

    def __init__(self, seats, office):
        self.seats = seats
        self.office = office

    def exchange(self, data, *, timeout_s):
        answer = handling.handle(self.office, data)
        self.seats.sizes.append((len(data), len(answer)))
        return Exchange(answer, len(data), len(answer))

    def resume(self, data, *, timeout_s):
        return None
