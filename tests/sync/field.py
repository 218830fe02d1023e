"""An office and laptops of one brigade, real ones with their disks; only the road between them is a call."""

from dataclasses import dataclass
from pathlib import Path

from itinerant.store.laptop import Laptop
from itinerant.sync import engine, enrol, rejoin
from itinerant.sync.engine import Clock, Exchange
from itinerant.sync.enrolment import Invitation
from server.exchange.handling import handle
from server.home import OfficeKeys, Settings
from server.laptops import enrolment, fleet
from server.office import Office
from tests.properties import template
from tests.server import looking

PASSPHRASE = "caballo batería grapa correcto"
SESSION = {
    "service": "RENIEC-01",
    "access": "procedure",
    "mode": "assisted",
    "channel": "cabin",
    "segment": "citizen",
    "outcome": "resolved",
    "started_at": template.NOW,
}


@dataclass
class Road:
    """A link to the office: what it is asked is a call."""

    take: object

    def exchange(self, data, *, timeout_s):
        return Exchange(self.take(data), len(data), 0)

    def resume(self, data, *, timeout_s):
        return None


class Field:
    """An office, and the homes of laptops of one brigade."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.moved = 0
        self.office = Office.create(
            folder / "office", Settings("Oficina", "prueba.pe/oficina"), OfficeKeys.generate(), now_ms=self.now
        )
        fleet.add_brigade(self.office, "B01", "Brigada del Napo", by="admin")
        self.clock = Clock(now_ms=self.now)
        self.sync_road = Road(lambda data: handle(self.office, data))
        self.enrol_road = Road(lambda data: enrolment.enrol(self.office, data))

    def now(self):
        return template.NOW + self.moved

    def invite(self, device, replaces=""):
        token, expires_at = fleet.invite(self.office, device, "B01", by="admin", replaces=replaces)
        return Invitation(device, "B01", "http://x", token, self.office.identity, expires_at, replaces)

    def enrolled(self, device="LOR07", *, visit=True):
        home, invitation = self.folder / device, self.invite(device)
        with enrol.make_home(home, invitation, "P014", PASSPHRASE, self.now) as laptop:
            enrol.by_network(laptop, invitation, self.enrol_road, self.now())
            if visit:
                laptop.open_visit({"ubigeo": "160301", "place": "Nauta"})
        return home

    def open(self, home, **options):
        return Laptop.unlock(home, PASSPHRASE, now_ms=self.now, **options)

    def sync(self, home):
        with self.open(home) as laptop:
            return engine.sync(laptop, self.sync_road, clock=self.clock)

    def add(self, home, *seconds):
        """Sessions that are told apart by their duration."""
        with self.open(home) as laptop:
            return [laptop.add("session", {**SESSION, "duration_s": each}) for each in seconds]

    def rejoin(self, home, device, replaces="LOR07"):
        with self.open(home) as laptop:
            return rejoin.by_network(laptop, self.invite(device, replaces), self.sync_road, self.enrol_road, self.clock)

    def durations(self):
        """The durations that the office's reports count, in order."""
        return sorted(one["duration_s"] for one in looking.records(self.office).values() if not one["void"])

    def agrees(self, home, *, besides=""):
        """The laptop's own list of the sessions says what the office says."""
        self.sync(home)
        with self.open(home) as laptop:
            mine = {row.record: row.values["duration_s"] for row in laptop.list("session", limit=100)}
            assert all(check.well for check in laptop.examine() if check.code != besides)
        theirs = looking.records(self.office)
        assert mine == {ref: one["duration_s"] for ref, one in theirs.items()}
