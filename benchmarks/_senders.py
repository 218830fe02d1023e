"""Laptops as the office meets them, an office for them, parcels of ordinary days: what larger benchmarks load."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.intake import A_DAY, EVERYTHING, START_MS, days
from itinerant.log.chain import START, Head, Link
from itinerant.log.change import seal
from itinerant.sync import enrolment, parcel
from itinerant.sync.keys import DeviceKeys
from itinerant.sync.parcel import ParcelHeader
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.laptops.enrolment import enrol
from server.office import Office

PARCEL = 1_000
SESSIONS = PARCEL - PARCEL // A_DAY
"""Of a parcel; the others are visits."""
PER_BRIGADE = 4


@dataclass
class Sender:
    """A laptop: its keys and the end of its log."""

    device: str
    brigade: str
    keys: DeviceKeys
    seal_to: bytes
    head: Head = START

    def next(self, seed: int, count: int = PARCEL) -> bytes:
        """The next run of its log, sealed."""
        links: list[Link] = []
        before = self.head
        for at, draft in days(self.device, self.brigade, self.head.seq, seed, count):
            seq, prev = self.head.seq + 1, self.head.hash
            change = seal(draft, device=self.device, seq=seq, prev=prev, by="P014", at=at)
            links.append(Link.of(change))
            self.head = links[-1].head
        header = ParcelHeader(self.device, before, self.head, have=EVERYTHING, at=START_MS)
        return parcel.pack(header, [link.change for link in links], self.keys.sign, self.seal_to)

    def asks(self, have: int, standing: str = "") -> bytes:
        """An idle parcel of a laptop that has pulled up to `have`."""
        header = ParcelHeader(self.device, self.head, self.head, have=have, at=START_MS, standing=standing)
        return parcel.pack(header, [], self.keys.sign, self.seal_to)


def known_keys(name: str) -> DeviceKeys:
    """The same keys for the same name in every run, so that parcels that were made once can be sent again."""
    return DeviceKeys.from_bytes(hashlib.sha512(name.encode()).digest())


def known_office() -> OfficeKeys:
    """Keys of an office that are the same in every run."""
    pair, recovery = known_keys("office"), known_keys("recovery").seal
    return OfficeKeys(pair.sign, pair.seal, recovery.public_key().public_bytes_raw(), recovery)


def enrolled(office: Office, number: int) -> Sender:
    """The laptop of that number, with the keys that it has in every run; four make a brigade."""
    device, brigade = f"LAP{number}", f"B{number // PER_BRIGADE}"
    if number % PER_BRIGADE == 0:
        fleet.add_brigade(office, brigade, f"Brigada {brigade}", by="bench")
    keys = known_keys(device)
    token, expires_at = fleet.invite(office, device, brigade, by="bench")
    invitation = enrolment.Invitation(device, brigade, "", token, office.identity, expires_at)
    enrol(office, enrolment.pack(invitation, keys, "P014", START_MS))
    return Sender(device, brigade, keys, office.keys.seal_public)


@contextlib.contextmanager
def offices(folder: Path, *, postgresql: bool) -> Iterator[tuple[str, Callable[[], Office]]]:
    """What makes one new office after the other: on SQLite, or on a PostgreSQL cluster of its own."""
    settings, keys, made = Settings("Oficina", "bench/scale"), known_office(), itertools.count(1)
    with contextlib.ExitStack() as stack:

        def new(database_url: str = "") -> Office:
            home = folder / f"office{next(made)}"
            return stack.enter_context(closing(Office.create(home, replace(settings, database_url=database_url), keys)))

        if postgresql:
            from tests.server import cluster  # noqa: PLC0415 - needs Debian's PostgreSQL

            running = stack.enter_context(cluster.running(durable=True))
            yield "PostgreSQL", lambda: new(running.new_database())
        else:
            yield "SQLite", new
