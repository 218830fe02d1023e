"""Several processes of one office on one PostgreSQL, raced for real: one of them dies, and nobody's work suffers."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from itinerant.sync import envelope
from server.app import create_app
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.office import Office
from server.tables import ChangeRow, table
from tests.server import looking, process
from tests.server.cluster import INSTALLED, Cluster
from tests.server.laptop import FakeLaptop, enrolled

PROCESSES, LAPTOPS, PARCELS, CHANGES = 3, 6, 8, 25


@pytest.fixture(params=["postgresql"] if INSTALLED else [])
def office(cluster: Cluster, tmp_path: Path) -> Iterator[Office]:
    settings = Settings("Oficina", "test.example/ledger", database_url=cluster.new_database())
    office = Office.create(tmp_path / "office", settings, OfficeKeys.generate())
    for brigade in ("B01", "B02"):
        fleet.add_brigade(office, brigade, "Brigada", by="admin")
    yield office
    office.close()


@pytest.fixture
def services(office: Office) -> Iterator[list[process.Service]]:
    """As many processes of that office, started together."""
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(process.starting(office.folder, "serve", "--port", "0", "--json"))
            for _number in range(PROCESSES)
        ]
        found = []
        for one in started:
            stack.callback(one.kill)
            assert one.stdout is not None
            found.append(process.Service(one, json.loads(one.stdout.readline())["url"]))
        yield found


class Race:
    """Laptops that send everything to whichever process answers, each parcel now and then to two of them at once."""

    def __init__(self, services: list[process.Service], seed: int) -> None:
        self._services = list(services)
        self._seed = seed
        self._count = itertools.count(1)
        self._half = LAPTOPS * PARCELS // 2

    def run(self, laptop: FakeLaptop, number: int) -> None:
        chance = random.Random(self._seed + number)
        with httpx.Client(timeout=30) as client, ThreadPoolExecutor(1) as beside:
            for turn in range(PARCELS):
                for _change in range(CHANGES):
                    laptop.write()
                made = laptop.links[-1].change
                laptop.write(values={"duration_s": turn}, record=made.ref, base=[made.ref], why="se corrige")
                data = laptop.parcel()
                twin = beside.submit(self._insist, client, data, chance) if chance.random() < 0.5 else None
                laptop.take(self._insist(client, data, chance))
                if twin is not None:
                    assert laptop.read(twin.result()).header.head == laptop.head
                if next(self._count) == self._half:
                    self._services.pop(0).kill()

    def _insist(self, client: httpx.Client, data: bytes, chance: random.Random) -> bytes:
        for _time in range(200):
            with contextlib.suppress(httpx.TransportError):
                answer = client.post(f"{chance.choice(self._services).url}/v1/sync", content=data)
                if answer.status_code == 200:
                    return answer.content
                assert answer.status_code == 503, answer.text
        raise AssertionError("nobody answered")


def test_one_of_three_is_killed_while_all_take_parcels_in(office: Office, services: list[process.Service]) -> None:
    seed = 20261124
    laptops = [enrolled(office, f"LAP{number:02}", ("B01", "B02")[number % 2]) for number in range(LAPTOPS)]
    race = Race(services, seed)
    with ThreadPoolExecutor(LAPTOPS) as threads:
        list(threads.map(race.run, laptops, range(LAPTOPS)))
    change = table(ChangeRow)
    with office.database.reader() as connection:
        arrived = Counter(tuple(row) for row in connection.execute(select(change.c.device, change.c.seq)))
        positions = list(connection.scalars(select(change.c.position).order_by(change.c.position)))
    mine = {(laptop.device, seq) for laptop in laptops for seq in range(1, len(laptop.links) + 1)}
    assert {place for place in arrived if place[0].startswith("LAP")} == mine, f"seed {seed}"
    assert set(arrived.values()) == {1}, f"seed {seed}"
    assert positions == list(range(len(positions)))
    assert not looking.quarantine(office)
    assert process.run(office.folder, "doctor").code == 0


async def test_a_parcel_whose_halves_meet_different_processes_is_sent_again_and_counted_once(office: Office) -> None:
    laptop = enrolled(office, "LAP01")
    for _change in range(40):
        laptop.write()
    data = laptop.parcel()
    half, name = len(data) - 40, envelope.name(data)
    apps = [create_app(office) for _process in range(2)]  # all that a process has of its own
    apps[0].state.partials.arriving(bytearray(data[:half]))
    async with contextlib.AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(
                httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://office.test")
            )
            for app in apps
        ]
        begun = [(await one.get(f"/v1/sync/{name}")).headers["upload-offset"] for one in (first, second)]
        assert begun == [str(half), "0"]
        place, rest = f"/v1/sync/{name}?from={half}", data[half:]
        refused = await second.post(place, content=rest)
        assert (refused.status_code, refused.json()["code"]) == (503, "forgotten")
        assert laptop.take((await second.post("/v1/sync", content=data)).content).header.head == laptop.head
        size = looking.size(office)
        assert laptop.read((await first.post(place, content=rest)).content).header.head == laptop.head
    assert looking.size(office) == size
    looking.assert_sound(office)
