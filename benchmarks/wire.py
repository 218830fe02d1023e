"""What a sync weighs on the wire, everything included, and how fast a parcel is made and read.

A real laptop syncs with a real office over loopback HTTP. Bytes are counted at the transport: request and status lines,
headers, envelopes, seals, receipts. The sessions are `itinerant.demo.sample`'s on the starter catalogue.
"""

from __future__ import annotations

import contextlib
import csv
import logging
import math
import random
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from benchmarks.row import Row
from itinerant.demo.sample import SampleService, correction, services_from, sessions
from itinerant.log.chain import START, Head, Link, relink
from itinerant.log.change import Change, Draft, seal
from itinerant.reference import starter_catalogue
from itinerant.store.laptop import Laptop
from itinerant.sync import columns, enrol
from itinerant.sync.engine import SyncReport, sync
from itinerant.sync.enrolment import Invitation
from itinerant.sync.http import ENROL, HttpTransport
from server.app import create_app
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.office import Office

START_MS = 1_763_982_000_000
PASSPHRASE = "caballo batería grapa correcto"


def services() -> list[SampleService]:
    """The starter catalogue's, the most frequent first."""
    return services_from(csv.DictReader(starter_catalogue().splitlines()))


class Day:
    """A laptop whose clock follows the table: a session is saved some seconds after it ended."""

    def __init__(self, laptop: Laptop, clock: list[int]) -> None:
        self.laptop = laptop
        self._clock = clock
        self._rng = random.Random(1)
        self.visit = laptop.open_visit({"ubigeo": "160301", "place": "Nauta"})
        self.records: list[str] = []
        self.values: list[dict[str, object]] = []

    def record(self, count: int, seed: int) -> None:
        """Save sessions, each at its own instant."""
        for values in sessions(count, seed, START_MS, services(), self.visit):
            ended = int(values["started_at"] or 0) + int(values["duration_s"] or 0) * 1_000  # type: ignore[arg-type]
            self._clock[0] = ended + int(self._rng.lognormvariate(math.log(9_000), 0.7))
            self.records.append(self.laptop.add("session", values))
            self.values.append(dict(values))

    def amend(self, count: int) -> None:
        """Correct some of them, a minute or so apart."""
        for index in self._rng.sample(range(len(self.records)), count):
            self._clock[0] += int(self._rng.lognormvariate(math.log(60_000), 0.8))
            values, why = correction(self._rng, self.values[index])  # type: ignore[arg-type]
            self.laptop.amend(self.records[index], values, why)


@contextlib.contextmanager
def office_and_laptop(folder: Path) -> Iterator[tuple[Day, HttpTransport]]:
    """An office that serves on loopback, and a laptop enrolled there that has synced once."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    logging.getLogger("itinerant").setLevel(logging.CRITICAL)
    office = Office.create(folder / "office", Settings("Oficina", "office.test/log"), OfficeKeys.generate())
    fleet.add_brigade(office, "B01", "Brigada", by="bench")
    token, expires_at = fleet.invite(office, "LOR07", "B01", by="bench")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(
            uvicorn.Config(create_app(office), log_config=None, server_header=False, date_header=False)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        clock = [START_MS]
        invitation = Invitation("LOR07", "B01", url, token, office.identity, expires_at)
        with enrol.make_home(folder / "home", invitation, "P014", PASSPHRASE, lambda: clock[0]) as laptop:
            with HttpTransport(url, ENROL) as transport:
                enrol.by_network(laptop, invitation, transport, START_MS)
            day = Day(laptop, clock)
            with HttpTransport(url) as transport:
                sync(laptop, transport)
                yield day, transport
        server.should_exit = True
        thread.join()
    office.close()


def weigh(transport: HttpTransport, day: Day, count: int) -> tuple[float, SyncReport]:
    """Bytes a change of one sync, both ways and everything included."""
    report = sync(day.laptop, transport)
    assert report.sent == count, report
    return (report.bytes_up + report.bytes_down) / count, report


def run() -> list[Row]:
    """Speed of the column form, while nothing else is in memory, then sizes over HTTP."""
    rows = speed()
    with tempfile.TemporaryDirectory() as folder, office_and_laptop(Path(folder)) as (day, transport):
        idle = sync(day.laptop, transport)
        assert idle.rounds == 1
        rows.append(Row("idle sync, both ways", idle.bytes_up + idle.bytes_down, "B", limit=1_024))
        for count, limit in ((10, None), (100, 38.0), (1_000, 30.0), (10_000, 18.0)):
            day.record(count, seed=count)
            weight, report = weigh(transport, day, count)
            rows.append(Row(f"{count:,} sessions ({report.rounds} rounds)", weight, "B each", limit=limit))
        day.amend(100)
        weight, _report = weigh(transport, day, 100)
        rows.append(Row("100 amendments", weight, "B each", limit=30.0))
    return rows


def speed() -> list[Row]:
    """Making and reading the columns of 1,000 sessions."""
    changes, head = _log(1_000), START
    data = columns.encode(changes)
    _preamble, back = columns.decode(data)
    assert relink(back, head)[-1].hash == relink(changes, head)[-1].hash
    return [
        Row("columns of 1,000 sessions", len(data) / 1_000, "B each"),
        Row("encode 1,000 sessions", _least_ms(lambda: columns.encode(changes)), "ms", limit=60),
        Row("decode 1,000 sessions", _least_ms(lambda: columns.decode(data)), "ms", limit=15),
        Row("chain 1,000 sessions", _least_ms(lambda: relink(back, head)), "ms"),
    ]


def _log(count: int) -> list[Change]:
    rng = random.Random(7)
    changes: list[Change] = []
    head: Head = START
    for values in sessions(count, 7, START_MS, services(), "LOR07-1"):
        ended = int(values["started_at"] or 0) + int(values["duration_s"] or 0) * 1_000  # type: ignore[arg-type]
        at = ended + int(rng.lognormvariate(math.log(9_000), 0.7))
        change = seal(Draft("session", values), device="LOR07", seq=head.seq + 1, prev=head.hash, by="P014", at=at)
        head = Link.of(change).head
        changes.append(change)
    return changes


def _least_ms(work: Callable[[], object]) -> float:
    """CPU time of one call, in ms: the least of 15, the one that other processes disturbed least."""
    spent = []
    for _time in range(15):
        start = time.process_time()
        work()
        spent.append((time.process_time() - start) * 1_000)
    return min(spent)
