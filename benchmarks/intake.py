"""How many changes a second the office takes in, in one process on SQLite, from a parcel's bytes to the receipt's.

Ordinary days of several laptops, as many to a parcel as a good link carries; everything is counted that a request
does: envelope, seal, columns, chain, checks and guard, records, tree, checkpoint, commit to the disk, receipt.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from benchmarks.row import Row
from itinerant import reference
from itinerant.demo.sample import SampleService, sessions
from itinerant.domain.catalogue import SERVICE
from itinerant.domain.fields import Value
from itinerant.log.chain import START, relink
from itinerant.log.change import GENESIS, Change, Draft, seal
from itinerant.sync import enrolment, parcel
from itinerant.sync.keys import DeviceKeys
from itinerant.sync.parcel import ParcelHeader
from server.exchange.handling import handle
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.laptops.enrolment import enrol
from server.office import Office

DEVICES = 4
CHANGES = 10_000
"""Of each device."""
PARCEL = 2_500
A_DAY = 50
"""Changes of a visit: its opening, and sessions."""
DAY_MS = 86_400_000
START_MS = 1_763_900_000_000
EVERYTHING = 2**40
"""Position up to which a laptop has pulled: what it pulls is another measurement."""


def run() -> list[Row]:
    """Take in everything twice: once new, once again as a replay that must change nothing."""
    with tempfile.TemporaryDirectory(prefix="itinerant-bench-") as folder:
        office = Office.create(Path(folder) / "office", Settings("Oficina", "bench/ledger"), OfficeKeys.generate())
        parcels = [data for number in range(DEVICES) for data in _parcels(office, number)]
        size = (office.folder / "office.db").stat().st_size
        fresh, cpu = _timed(office, parcels)
        grown = (office.folder / "office.db").stat().st_size - size
        again, _cpu = _timed(office, parcels)
        office.close()
    count = DEVICES * CHANGES
    return [
        Row("office: changes taken in", count / fresh, "/s", limit=10_000, at_least=True),
        Row("office: changes taken in, a second of processor", count / cpu, "/s"),
        Row("office: changes replayed", count / again, "/s"),
        Row("office: bytes on disk a change", grown / count, "B"),
        Row("office: bytes received a change", sum(map(len, parcels)) / count, "B"),
    ]


def days(device: str, brigade: str, seq: int, seed: int, count: int) -> Iterator[tuple[int, Draft]]:
    """So many changes of ordinary days after change `seq`, each with its moment: a visit is opened somewhere, then its
    sessions."""
    places = sorted(each.code for each in reference.districts())
    for first in range(0, count, A_DAY):
        number = seq + first + 1
        start = START_MS + number // A_DAY * DAY_MS
        ubigeo = places[(seed * 31 + number * 7) % len(places)]
        visit: dict[str, Value] = {"brigade": brigade, "ubigeo": ubigeo, "place": "Plaza", "opened_at": start}
        yield start, Draft("visit", {**visit, "capacity": 40 + number % 120, "terminals": 2})
        some = min(A_DAY, count - first) - 1
        for values in sessions(some, seed * count + first, start, services(), visit=f"{device}-{number}"):
            yield int(str(values["started_at"])) + 600_000, Draft("session", values)


@cache
def services() -> list[SampleService]:
    """A catalogue of 150 services of 30 entities."""
    access = SERVICE.by_name["access"].choices
    return [SampleService(f"ENT{n % 30:02}-{n:02}", access[n % len(access)].value) for n in range(150)]


def _timed(office: Office, parcels: list[bytes]) -> tuple[float, float]:
    os.sync()
    start, cpu = time.perf_counter(), time.process_time()
    for data in parcels:
        handle(office, data)
    return time.perf_counter() - start, time.process_time() - cpu


def _parcels(office: Office, number: int) -> list[bytes]:
    """A laptop of a brigade of its own, enrolled, and what it sends."""
    device, brigade = f"LAP{number}", f"B{number}"
    fleet.add_brigade(office, brigade, f"Brigada {number}", by="admin")
    keys = DeviceKeys.generate()
    token, expires_at = fleet.invite(office, device, brigade, by="admin")
    invitation = enrolment.Invitation(device, brigade, "", token, office.identity, expires_at)
    enrol(office, enrolment.pack(invitation, keys, "P014", START_MS))
    links = relink(_changes(device, brigade, number), START)
    heads = [START, *(link.head for link in links)]
    return [
        parcel.pack(
            ParcelHeader(device, heads[first], heads[first + PARCEL], have=EVERYTHING, at=START_MS),
            [link.change for link in links[first : first + PARCEL]],
            keys.sign,
            office.keys.seal_public,
        )
        for first in range(0, CHANGES, PARCEL)
    ]


def _changes(device: str, brigade: str, seed: int) -> Iterator[Change]:
    for seq, (at, draft) in enumerate(days(device, brigade, 0, seed, CHANGES), start=1):
        yield seal(draft, device=device, seq=seq, prev=GENESIS, by="P014", at=at)
