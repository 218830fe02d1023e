"""A real office on loopback and enrolled laptops, for tests that hurt the link between them."""

from __future__ import annotations

import contextlib
import csv
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from itinerant.demo.sample import SampleService, services_from, sessions
from itinerant.domain.fields import Value
from itinerant.errors import ItinerantError
from itinerant.log.change import Draft
from itinerant.reference import starter_catalogue
from itinerant.store.laptop import Laptop, wall_clock
from itinerant.sync import engine, enrol
from itinerant.sync.engine import Clock, Exchange, SyncReport
from itinerant.sync.enrolment import Invitation
from itinerant.sync.http import ENROL, HttpTransport
from server.app import create_app
from server.exchange import chains
from server.exchange.chains import MAIN
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.office import Office, system_ms
from server.tables import RECORDS, ChangeRow, table

HOST = "127.0.0.1"
PASSPHRASE = "caballo batería grapa correcto"
PERSON = "P014"
START_MS = 1_763_923_200_000
AT_ONCE = Clock(sleep=lambda _seconds: None)
"""Waits between tries take no time."""

Answer = TypeVar("Answer", Exchange, Exchange | None)

_change = table(ChangeRow)


@dataclass
class Scene:
    """An office that serves on `port`."""

    office: Office
    app: FastAPI
    port: int
    folder: Path
    scheme: str = "http"

    def url(self, port: int) -> str:
        """The office's address where it is reached by this port."""
        return f"{self.scheme}://{HOST}:{port}"

    def enrolled(self, device: str, brigade: str = "B01", now_ms: Callable[[], int] = wall_clock) -> Laptop:
        """A laptop of that code, enrolled over a good link. A brigade's laptops get what its others wrote."""
        fleet.add_brigade(self.office, brigade, brigade, by=PERSON)
        token, expires_at = fleet.invite(self.office, device, brigade, by=PERSON)
        url = self.url(self.port)
        invitation = Invitation(device, brigade, url, token, self.office.identity, expires_at)
        laptop = enrol.make_home(self.folder / device, invitation, PERSON, PASSPHRASE, now_ms)
        with HttpTransport(url, ENROL) as transport:
            enrol.by_network(laptop, invitation, transport, START_MS)
        return laptop

    def has_exactly(self, laptop: Laptop) -> None:
        """Fail unless the office has every change of that laptop once, and its log's very head."""
        with self.office.database.reader() as connection:
            seqs = connection.execute(select(_change.c.seq).where(_change.c.device == laptop.device)).scalars().all()
            head = chains.branches(connection, laptop.device)[MAIN]
            session = RECORDS["session"]
            found = connection.execute(select(session.c.record).where(session.c.author == laptop.device)).scalars()
            stored = sorted(found)
        assert sorted(seqs) == list(range(1, laptop.head.seq + 1))
        assert head == laptop.head
        assert stored == sorted(own_sessions(laptop))
        assert laptop.sync_state.received_upto == laptop.head.seq


@dataclass
class Watched:
    """A transport that keeps what failed."""

    inner: engine.Transport
    failures: list[ItinerantError] = field(default_factory=list)

    def exchange(self, data: bytes, *, timeout_s: float) -> Exchange:
        """See `engine.Transport`."""
        return self._watched(lambda: self.inner.exchange(data, timeout_s=timeout_s))

    def resume(self, data: bytes, *, timeout_s: float) -> Exchange | None:
        """See `engine.Transport`."""
        return self._watched(lambda: self.inner.resume(data, timeout_s=timeout_s))

    def _watched(self, work: Callable[[], Answer]) -> Answer:
        try:
            return work()
        except ItinerantError as error:
            self.failures.append(error)
            raise


@contextlib.contextmanager
def scene(
    folder: Path,
    certificate: Path | None = None,
    *,
    keys: OfficeKeys | None = None,
    now_ms: Callable[[], int] = system_ms,
) -> Iterator[Scene]:
    """A new office, as a real server on loopback; over TLS with a certificate and its key."""
    settings = Settings("Oficina", "itinerant.office/test")
    office = Office.create(folder / "office", settings, keys or OfficeKeys.generate(), now_ms=now_ms)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    app = create_app(office)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ssl_certfile=certificate)
    server = uvicorn.Server(config)
    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            port = int(listener.getsockname()[1])
            yield Scene(office, app, port, folder, "https" if certificate else "http")
        finally:
            server.should_exit = True
            thread.join()
            office.close()


def catalogue() -> list[SampleService]:
    """The starter catalogue's services."""
    return services_from(csv.DictReader(starter_catalogue().splitlines()))


def record_day(laptop: Laptop, count: int, seed: int) -> None:
    """`count` sample sessions in one transaction, in the open visit; it is opened first if there is none."""
    visit = laptop.current_visit()
    ref = visit.record if visit else laptop.open_visit({"ubigeo": "160101", "place": "Nauta"})
    made: Iterator[dict[str, Value]] = sessions(count, seed, START_MS, catalogue(), ref)
    laptop.write([Draft("session", {k: v for k, v in values.items() if v is not None}) for values in made])


def own_sessions(laptop: Laptop) -> list[str]:
    """The numbers of all sessions that this laptop wrote."""
    return [
        link.change.ref
        for link in laptop.links_since(0, limit=1_000_000)
        if link.change.kind == "session" and link.change.record == link.change.ref
    ]


def sync(laptop: Laptop, transport: engine.Transport, *, tries: int = 1) -> SyncReport:
    """Sync until it goes through, `tries` times at most; waiting takes no time."""
    for _try in range(tries - 1):
        with contextlib.suppress(ItinerantError):
            return engine.sync(laptop, transport, clock=AT_ONCE)
    return engine.sync(laptop, transport, clock=AT_ONCE)
