"""The real parts of the whole in one process: laptops with encrypted homes, the office with its database, the road.

Every parcel passes through `office_takes`, the very function behind the network and the stick, and the model is told.
"""

import hashlib
import itertools
import pickle
import shutil
from pathlib import Path

from sqlalchemy import select

from itinerant.domain.kinds import KINDS
from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged, NoConnection
from itinerant.log.chain import Link
from itinerant.log.change import Change
from itinerant.sync import courier, engine, folder, parcel, receipt
from itinerant.sync.engine import Clock, Exchange
from server import conflicts
from server.exchange import stick
from server.exchange.answer import stand
from server.exchange.handling import handle
from server.laptops.devices import Device as OfficeDevice
from server.office import Office
from server.queries import state
from server.tables import ChangeRow, table
from tests.properties import template
from tests.properties.model import Device, Model
from tests.properties.seat import Seat

_change = table(ChangeRow)


class World:
    """An office and its laptops in a folder, and the model of it all."""

    def __init__(self, folder: Path, model, homes):
        """`homes`: the laptops by code, with the hashes of their logs."""
        self.folder = folder
        self.moved = 0
        self.office = Office.open(folder / "office", now_ms=lambda: template.NOW + self.moved)
        self.model = model
        self.seats = []
        self.clones = 0
        self.touched = set()
        self.office_touched = True
        self.merged = {}
        self.looked_at = {}
        self._unchained_at = None
        for code, own in homes.items():
            self.place(Seat(folder / code, code, own))

    @classmethod
    def begin(cls, scene: Path):
        """The first day of the laptops of a template: what it leaves is where every history begins (`copy`)."""
        model = Model()
        model.devices = {code: Device(brigade) for code, brigade in template.BRIGADES.items()}
        world = cls(scene, model, dict.fromkeys(model.devices, ()))
        world.hear_office()
        first = world.seats[0]
        world.saves(first, lambda laptop: laptop.open_visit({"ubigeo": "160301", "place": "Nauta"}))
        world.saves(first, lambda laptop: laptop.add("session", session(laptop)))
        world.saves(first, lambda laptop: laptop.add("ally", {"name": "Municipalidad", "sector": "public"}))
        for seat in world.seats:
            world.syncs(seat)
        world.close()
        for seat in world.seats:
            seat.home.epoch.unlink()  # it would say that every copy is a copy
        state = pickle.dumps((model, {seat.code: seat.own for seat in world.seats}))
        (scene / "model").write_bytes(state)

    @classmethod
    def copy(cls, scene: Path, folder: Path, laptops: int):
        """A world of its own that begins where `begin` ended, with the first `laptops` of it."""
        model, homes = pickle.loads((scene / "model").read_bytes())
        chosen = dict(list(homes.items())[:laptops])
        for name in ("office", *chosen):
            shutil.copytree(scene / name, folder / name)
        return cls(folder, model, chosen)

    def place(self, seat):
        self.seats.append(seat)
        self.touched.add(seat)
        return seat

    def close(self):
        for seat in self.seats:
            seat.close()
        self.office.close()

    # -- a person at a laptop

    def saves(self, seat, act, *, unfit=False):
        """A person saves something; what the laptop said that it saved is what the model holds it to."""
        self.touched.add(seat)
        before = len(seat.own)
        refs = act(seat.laptop)
        links = seat.laptop.links_since(before)
        assert [link.change.ref for link in links] == ([refs] if isinstance(refs, str) else list(refs)), "what was said"
        self.model.write(links, unfit=unfit or KINDS[links[0].change.kind].office)
        seat.own += [link.hash for link in links]

    def dies_saving(self, seat, act, kept):
        """The process dies while it saves: the item is there if every byte reached the disk, else nothing of it."""
        self.touched.add(seat)
        before = len(seat.own)
        with seat.dying(kept):
            act(seat.laptop)
            links = seat.laptop.links_since(before)
        if kept == 1:
            self.model.write(links)
            seat.own += [link.hash for link in links]

    # -- what the office has

    def office_conflicts(self):
        """Record, field and the values of the candidates of each open conflict, in a fixed order."""
        with self.office.database.reader() as connection:
            found = list(state.conflicts(connection))
        return [(one["record"], one["field"], [each["value"] for each in one["candidates"]]) for one in found]

    def office_decisions(self):
        """Record and field of each decision of the office that stands."""
        with self.office.database.reader() as connection:
            return [(one.conflict.record, one.conflict.field) for one in conflicts.decided(connection)]

    def office_waiting(self):
        """What waits for a person in quarantine because it may be personal data: number in the list, and hash."""
        with self.office.database.reader() as connection:
            found = list(state.quarantine(connection))
        return [(one["item"], one["hash"]) for one in found if one["reason"] == "personal_data"]

    def office_records(self, kind):
        """The first records of a kind by reference."""
        with self.office.database.reader() as connection:
            return [one["record"] for one in itertools.islice(state.records(connection, kind), 3)]

    # -- the road

    def syncs(self, seat, *, rounds=1000, cut=""):
        """A sync by network that works for some rounds, then is cut: on the way there, or on the way back."""
        self.touched.add(seat)
        road = Road(self, seat, rounds, cut)
        try:
            engine.sync(seat.laptop, road, clock=Clock(seat.clock, lambda: 0.0, lambda _seconds: None))
        except NoConnection:
            assert road.down
        except Damaged as error:
            assert error.code in {"fork", "restored"}, error
            assert not road.ours, "a receipt of this very log was refused"
            seat.stray = True
        else:
            assert road.ours, "a receipt of another log was accepted"
            seat.stray = False
            assert seat.laptop.sync_state.received_upto == len(seat.own), "the sync ended with changes pending"

    def has_news(self, seat):
        """Whether a sync would bring anything forward, here or there."""
        device, here = self.model.devices[seat.code], seat.laptop.sync_state
        if seat.stray:
            return False
        if here.received_upto < len(seat.own):
            return True
        return device.revoked_after is None and (
            here.have < len(self.model.ledger) or seat.laptop.standing.digest != self.standing(seat).digest
        )

    def standing(self, seat):
        """What the office would tell a laptop of itself now."""
        with self.office.database.reader() as connection:
            return stand(connection, self.office, OfficeDevice.find(connection, seat.code))

    def writes_stick(self, seat, place):
        """Put what the office has not confirmed on a stick."""
        courier.write_parcels(seat.laptop, place, seat.clock())

    def office_reads_stick(self, place):
        """The office takes in a stick, each laptop's parcels as they were written, and puts receipts beside."""
        parcels = [data for data in self.parcels(place) if parcel.peek(data)[0].to == CENTRAL]
        known = len(self.model.ledger)
        done = stick.read(self.office, place)
        assert (done.parcels, done.problems) == (len(parcels), [])
        for data in sorted(parcels, key=lambda data: (parcel.peek(data)[0].sender, parcel.peek(data)[0].first)):
            self.arrived(data)
        self.hear_office(known)
        stick.write(self.office, place)

    def parcels(self, place):
        return [folder.read(path) for path in folder.paths(place, folder.PARCELS)]

    def reads_stick(self, seat, place):
        """The laptop reads the receipts of a stick, however old: those of another log are refused by name; and what
        the others of its brigade wrote for it."""
        self.touched.add(seat)
        answers = [receipt.peek(folder.read(path))[0] for path in folder.paths(place, folder.RECEIPTS)]
        stray = [answer for answer in answers if answer.to == seat.code and not seat.is_own(answer.head)]
        for header, _sealed in map(parcel.peek, self.parcels(place)):
            if header.to == seat.code:
                seat.by_stick.update(self.model.log(header.head.hash)[header.first - 1 :])
        try:
            read = courier.read_stick(seat.laptop, place)
            assert {error.code for error in read.damaged} <= {"peer_fork", "twin"}, read.damaged
        except Damaged as error:
            assert error.code in {"fork", "restored"}
            assert stray, "a receipt of this very log was refused"
            seat.stray = True
        else:
            assert not stray, "a receipt of another log was accepted"

    def office_takes(self, data):
        """A parcel reaches the office by network; its answer."""
        answer = handle(self.office, data)
        known = len(self.model.ledger)
        self.arrived(data)
        self.hear_office(known)
        return answer

    def arrived(self, data):
        header, _sealed = parcel.peek(data)
        self.model.receive(header.sender, header.first, header.head.hash, hashlib.sha256(data).digest())

    def unchained(self):
        """See `Model.unchained`; made anew when something was written or the ledger has grown."""
        now = len(self.model.written), len(self.model.ledger)
        if self._unchained_at != now:
            self._unchained_at, self._unchained = now, self.model.unchained()
        return self._unchained

    def hear_office(self, known=0):
        """Tell the model what the office itself wrote since the ledger had `known` leaves."""
        self.office_touched = True
        rows = select(_change.c.position, _change.c.scope, _change.c.data, _change.c.hash).where(
            _change.c.position >= known, _change.c.device == "CENTRAL"
        )
        with self.office.database.reader() as connection:
            for row in connection.execute(rows.order_by(_change.c.position)):
                link = Link(Change.from_bytes(row.data), row.data, row.hash.hex())
                self.model.decide(row.position, link, row.scope)


def session(laptop):
    """An attention in the visit of today; on the laptop of another brigade, in one that it has never heard of."""
    visit = laptop.current_visit()
    return {
        "visit": visit.record if visit else "LOR01-1",
        "service": "RENIEC-01",
        "access": "procedure",
        "mode": "assisted",
        "channel": "cabin",
        "segment": "citizen",
        "outcome": "resolved",
        "started_at": laptop._now_ms(),
        "duration_s": 3,
    }


class Road:
    """A transport that carries `rounds` exchanges whole and is cut in the next one: request or response lost."""

    def __init__(self, world, seat, rounds, cut):
        self.world = world
        self.seat = seat
        self.rounds = rounds
        self.cut = cut
        self.down = False
        self.ours = True

    def exchange(self, data, *, timeout_s):
        assert timeout_s > 0
        lost = self.rounds <= 0
        if not (lost and (self.cut == "request" or self.down)):
            answer = self.world.office_takes(data)
        if lost:
            self.down = True
            raise NoConnection("cortado")
        self.rounds -= 1
        self.ours = self.seat.is_own(receipt.peek(answer)[0].head)
        return Exchange(answer, len(data), len(answer))
