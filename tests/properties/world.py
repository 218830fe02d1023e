"""The real parts of the whole in one process: laptops with encrypted homes, the office with its database, the road.

Every parcel passes through `office_takes`, the very function behind the network and the stick, and the model is told.
"""

import hashlib
import shutil
from pathlib import Path

from sqlalchemy import select

from itinerant.errors import Damaged, NoConnection
from itinerant.log.chain import Link
from itinerant.log.change import Change
from itinerant.sync import courier, engine, folder, parcel, receipt
from itinerant.sync.engine import Clock, Exchange
from server import stick
from server.handling import handle
from server.office import Office
from server.queries import state
from server.tables import ChangeRow, table
from tests.properties import template
from tests.properties.model import Device, Model
from tests.properties.seat import Seat

_change = table(ChangeRow)


class World:
    """A copy of the template, and the model of it."""

    def __init__(self, scene: Path, folder: Path, laptops: int):
        self.folder = folder
        self.moved = 0
        shutil.copytree(scene / "office", folder / "office")
        self.office = Office.open(folder / "office", now_ms=lambda: template.NOW + self.moved)
        self.model = Model()
        self.seats = []
        self.touched = set()
        self.merged = {}
        self._unchained_at = -1
        self.model.devices = {code: Device(brigade) for code, brigade in template.BRIGADES.items()}
        self.hear_office()
        for code in list(template.BRIGADES)[:laptops]:
            self.place(Seat(Path(shutil.copytree(scene / code, folder / code))))

    def place(self, seat):
        self.seats.append(seat)
        self.touched.add(seat)
        return seat

    def close(self):
        for seat in self.seats:
            seat.close()
        self.office.close()
        shutil.rmtree(self.folder)

    # -- a person at a laptop

    def saves(self, seat, act, *, unfit=False):
        """A person saves something; what the laptop said that it saved is what the model holds it to."""
        self.touched.add(seat)
        before = len(seat.own)
        ref = act(seat.laptop)
        links = seat.laptop.links_since(before)
        assert [link.change.ref for link in links] == [ref], "one item was said to be saved"
        self.model.write(links, unfit=unfit)
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

    def office_sessions(self):
        """The sessions by reference."""
        with self.office.database.reader() as connection:
            return [one["record"] for one in state.records(connection, "session")]

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
            assert error.code in {"fork", "restored"}
            assert not road.ours, "a receipt of this very log was refused"
            seat.stray = True
        else:
            assert road.ours, "a receipt of another log was accepted"
            assert seat.laptop.sync_state.received_upto == len(seat.own), "the sync ended with changes pending"

    def has_news(self, seat):
        """Whether a sync would bring anything forward, here or there."""
        device, state = self.model.devices[seat.code], seat.laptop.sync_state
        if seat.stray or (device.revoked_after is not None and state.received_upto == len(seat.own)):
            return False
        return state.received_upto < len(seat.own) or state.have < len(self.model.ledger)

    def writes_stick(self, seat, place):
        """Put what the office has not confirmed on a stick."""
        courier.write_parcels(seat.laptop, place, seat.clock())

    def office_reads_stick(self, place):
        """The office takes in what is on a stick, each laptop's parcels as they were written, and puts receipts beside."""
        parcels = [folder.read(path) for path in folder.paths(place, folder.PARCELS)]
        known = len(self.model.ledger)
        done = stick.read(self.office, place)
        assert (done.parcels, done.problems) == (len(parcels), [])
        for data in sorted(parcels, key=lambda data: (parcel.peek(data)[0].sender, parcel.peek(data)[0].first)):
            self.arrived(data)
        self.hear_office(known)
        stick.write(self.office, place)

    def reads_stick(self, seat, place):
        """The laptop reads the receipts of a stick, however old: those of another log are refused by name."""
        self.touched.add(seat)
        answers = [receipt.peek(folder.read(path))[0] for path in folder.paths(place, folder.RECEIPTS)]
        stray = [answer for answer in answers if answer.to == seat.code and not seat.is_own(answer.head)]
        try:
            courier.read_receipts(seat.laptop, place)
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
        """See `Model.unchained`; made anew when the ledger has grown."""
        if self._unchained_at != len(self.model.ledger):
            self._unchained_at, self._unchained = len(self.model.ledger), self.model.unchained()
        return self._unchained

    def hear_office(self, known=0):
        """Tell the model what the office itself wrote since the ledger had `known` leaves."""
        rows = select(_change.c.position, _change.c.scope, _change.c.data, _change.c.hash).where(
            _change.c.position >= known, _change.c.device == "CENTRAL"
        )
        with self.office.database.reader() as connection:
            for row in connection.execute(rows.order_by(_change.c.position)):
                link = Link(Change.from_bytes(row.data), row.data, row.hash.hex())
                self.model.decide(row.position, link, row.scope)


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
