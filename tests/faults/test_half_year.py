"""Half a year of a brigade's life by the clock of a test: nothing lost, nothing twice, and no slower a day.

* Four laptops of two brigades work, correct each other's records, and send by good links, bad links and sticks.
* Their clocks drift and jump; what is old enough leaves them; the office's keys change; a laptop of the first version
  of the protocol sends its day after two such changes, and once more every month.
* Each month everybody syncs: the office has every change once, whoever still holds a record sees it as the office
  does, and what the laptops' folders and this process take is looked at.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import itertools
import json
import os
import random
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from itinerant.demo.sample import sessions
from itinerant.errors import ItinerantError, UserError
from itinerant.log.change import Draft
from itinerant.store.laptop import Laptop
from itinerant.sync import courier, receipt
from itinerant.sync.http import HttpTransport
from itinerant.sync.keys import DeviceKeys
from server.api.partial import Partials
from server.exchange import chains, stick
from server.exchange.chains import MAIN
from server.exchange.handling import handle
from server.home import OfficeKeys
from server.keys import rotation
from server.laptops import fleet
from server.laptops.enrolment import enrol
from server.tables import RECORDS, ChangeRow, InvitationRow, table
from tests.faults.proxy import HOST, FaultProxy, Plan
from tests.faults.scene import PASSPHRASE, PERSON, START_MS, Scene, catalogue, scene, sync
from tests.faults.test_storm import fault, impatience
from tests.server import looking

VECTORS = Path(__file__).parents[1] / "vectors"
DAY_MS, HOUR_MS, YEAR_MS = 86_400_000, 3_600_000, 31_557_600_000
MONTH = 30
TEAM = {"NAP01": "B01", "NAP02": "B01", "NAP03": "B01", "OCO01": "B02"}
OLD = "LOR07"
"""A laptop of the first version of the protocol, as its vectors have it."""


@dataclass
class Clock:
    """What time it is for all, and how wrong each laptop's own clock is (ms)."""

    ms: int = START_MS
    skews: dict[str, int] = field(default_factory=dict)

    def __call__(self) -> int:
        return self.ms

    def of(self, device: str) -> int:
        """The time that a laptop believes it is."""
        return self.ms + self.skews.get(device, 0)


@dataclass
class Brigades:
    """The laptops, and what each has written: by number of record, of sessions only."""

    place: Scene
    proxy: FaultProxy
    clock: Clock
    rng: random.Random
    laptops: dict[str, Laptop] = field(default_factory=dict)
    written: dict[str, set[str]] = field(default_factory=dict)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    """Each month: bytes of the largest laptop's folder, and of this process's memory."""

    def come(self) -> None:
        """Enrol everybody."""
        for code, brigade in TEAM.items():
            self.laptops[code] = self.place.enrolled(code, brigade, lambda code=code: self.clock.of(code))  # type: ignore[misc]
            self.written[code] = set()

    def day(self) -> None:
        """A day of everybody, each in its own way; then the night."""
        self.clock.ms += 8 * HOUR_MS
        for code in TEAM:
            self._look_at_the_clock(code)
            if self.rng.random() < 0.8:
                self._work(code)
            self.clock.ms += HOUR_MS
            road = self.rng.choice([None, None, self._by_link, self._by_bad_link, self._by_stick])
            if road is not None:
                road(code)
            if self.rng.random() < 0.1:
                self._unlock_again(code)
        self.clock.ms += 12 * HOUR_MS

    def _look_at_the_clock(self, code: str) -> None:
        skew = self.clock.skews.get(code, 0) + self.rng.randrange(-2_000, 2_000)
        if self.rng.random() < 0.02:
            skew = self.rng.choice([0, 0, -20 * YEAR_MS, 20 * YEAR_MS, 5 * HOUR_MS])
        self.clock.skews[code] = skew

    def _work(self, code: str) -> None:
        laptop, rng = self.laptops[code], self.rng
        while laptop.current_visit() is not None:  # of another of the brigade, or left open
            laptop.close_visit()
        visit = laptop.open_visit({"ubigeo": "160101", "place": f"Nauta {rng.randrange(40)}"})
        made = sessions(rng.randrange(4, 20), rng.randrange(2**32), self.clock.of(code), catalogue(), visit)
        drafts = [Draft("session", {k: v for k, v in values.items() if v is not None}) for values in made]
        mine = [link.change.ref for link in laptop.write(drafts)]
        self.written[code].update(mine)
        for known in rng.sample(laptop.list("session", limit=40), k=2):
            with contextlib.suppress(UserError):  # it had that very value, or was annulled
                laptop.amend(known.record, {"duration_s": rng.randrange(3_600)}, "se corrige")
        if rng.random() < 0.3:
            laptop.void(rng.choice(mine), "se anotó dos veces")
        for conflict in laptop.conflicts()[:2]:
            laptop.resolve(conflict.record, conflict.field, conflict.candidates[0].value, "se habló")
        if rng.random() < 0.9:
            laptop.close_visit()

    def _by_link(self, code: str) -> None:
        self.proxy.use(Plan())
        self._sync(code)
        self.proxy.requests.clear()

    def _by_bad_link(self, code: str) -> None:
        self.proxy.use(*(fault(self.rng) for _connection in range(self.rng.randrange(1, 5))))
        with contextlib.suppress(ItinerantError), impatience():
            self._sync(code)
        self.proxy.release()
        self.proxy.requests.clear()

    def _sync(self, code: str) -> None:
        with HttpTransport(f"http://{HOST}:{self.proxy.port}") as transport:
            sync(self.laptops[code], transport)

    def _by_stick(self, code: str) -> None:
        """To the office and back, past the others of the brigade."""
        pocket = self.place.folder / f"stick-{self.clock.ms // DAY_MS // 7}-{TEAM[code]}"
        office = self.place.office
        courier.write_parcels(self.laptops[code], pocket, self.clock.of(code))
        for peer, brigade in TEAM.items():
            if peer != code and brigade == TEAM[code] and self.rng.random() < 0.3:
                assert not courier.read_stick(self.laptops[peer], pocket).damaged
        assert not stick.read(office, pocket).problems
        stick.write(office, pocket)
        assert not courier.read_stick(self.laptops[code], pocket).damaged

    def _unlock_again(self, code: str) -> None:
        home = self.laptops[code].home.root
        self.laptops[code].close()
        self.laptops[code] = Laptop.unlock(home, PASSPHRASE, now_ms=lambda: self.clock.of(code))

    def month(self, number: int) -> None:
        """Everybody syncs, twice, so that all have everything; then all is compared and measured."""
        for _turn in range(2):
            for code in TEAM:
                self._by_link(code)
        for code, laptop in self.laptops.items():
            laptop.forget()
            self._has_once(code)
        self._agree()
        looking.assert_sound(self.place.office)
        gc.collect()
        folders = [sum(path.stat().st_size for path in one.home.root.rglob("*")) for one in self.laptops.values()]
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        self.sizes.append((max(folders), pages * os.sysconf("SC_PAGE_SIZE")))
        rotation.rotate(self.place.office, ("sign", "seal")[number % 2], "como cada mes", by=PERSON)
        self.place.app.state.partials = Partials()  # as a restart would

    def _has_once(self, code: str) -> None:
        laptop, change, session = self.laptops[code], table(ChangeRow), RECORDS["session"]
        with self.place.office.database.reader() as connection:
            seqs = connection.scalars(select(change.c.seq).where(change.c.device == code).order_by(change.c.seq)).all()
            head = chains.branches(connection, code)[MAIN]
            records = set(connection.scalars(select(session.c.record).where(session.c.author == code)))
        assert list(seqs) == list(range(1, laptop.head.seq + 1)), code
        assert (head, laptop.sync_state.received_upto) == (laptop.head, laptop.head.seq), code
        assert records == self.written[code], code

    def _agree(self) -> None:
        office = looking.records(self.place.office)
        for ref in itertools.chain.from_iterable(self.written.values()):
            for code, laptop in self.laptops.items():
                held = laptop.get(ref)
                if held is not None:
                    mine, theirs = held.values.get("duration_s"), office[ref]["duration_s"]
                    assert (held.void, mine) == (office[ref]["void"], theirs), (code, ref)

    def close(self) -> None:
        """Close every laptop."""
        for laptop in self.laptops.values():
            laptop.close()


class OldLaptop:
    """A laptop that stopped at version 1: its bytes are those of the vectors."""

    def __init__(self) -> None:
        kept = json.loads((VECTORS / "keys-and-log.json").read_text())
        self._keys, office = (DeviceKeys.from_bytes(bytes.fromhex(kept[name])) for name in ("laptop", "office"))
        self.office_keys = replace(OfficeKeys.generate(), sign=office.sign, seal=office.seal)
        self._request = bytes.fromhex(json.loads((VECTORS / "envelopes-1.json").read_text())["enrolment"])
        self._day = json.loads((VECTORS / "day-1.json").read_text())

    def come(self, place: Scene) -> None:
        """Enrol by the request of then."""
        fleet.invite(place.office, OLD, "B02", by=PERSON)
        invitation = table(InvitationRow)
        mine = invitation.c.device == OLD
        with place.office.database.writer() as connection:
            connection.execute(invitation.update().where(mine).values(token_hash=fleet.token_hash("a-token")))
        enrol(place.office, self._request)

    def send(self, place: Scene) -> None:
        """Send its day, sealed to the office's first key; the answer is signed with the key that it knows."""
        got = receipt.peek(handle(place.office, base64.b64decode(self._day["parcel"])))
        public = self.office_keys.sign_public
        answered = receipt.unpack(got[1], public, self._keys.seal, OLD)
        assert (answered.header.head.seq, answered.header.head.hash) == (self._day["changes"], self._day["head"])


def live(folder: Path, days: int, seed: int) -> list[tuple[int, int]]:
    """So many days; answers with what each month took."""
    clock, old = Clock(), OldLaptop()
    with scene(folder, keys=old.office_keys, now_ms=clock) as place, FaultProxy(place.port) as proxy:
        brigades = Brigades(place, proxy, clock, random.Random(seed))
        try:
            brigades.come()
            old.come(place)
            for number in range(1, days + 1):
                brigades.day()
                if number % MONTH == 0 or number == days:
                    brigades.month(number // MONTH)
                    print(f"day {number}: {brigades.sizes[-1]}")  # noqa: T201 - told by pytest when it fails
                    if number >= 2 * MONTH or number == days:
                        old.send(place)
        finally:
            brigades.close()
        return brigades.sizes


def test_a_few_days_of_it(tmp_path: Path) -> None:
    live(tmp_path, days=3, seed=1)


@pytest.mark.soak
def test_half_a_year_loses_nothing_and_stays_small(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"half a year of seed {seed}")  # noqa: T201 - told by pytest when it fails
    sizes = live(tmp_path, days=182, seed=seed)
    (disk, memory), (disk_end, memory_end) = sizes[1], sizes[-1]
    assert disk_end <= 1.5 * disk, sizes
    assert memory_end <= 1.2 * memory, sizes
