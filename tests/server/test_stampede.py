"""All laptops at once: whoever is turned away comes again, everybody is served, and every change is there once."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
from sqlalchemy import select

from server.api.queue import Queue
from server.app import create_app
from server.office import Office
from server.tables import ChangeRow, table
from tests.server import looking
from tests.server.laptop import FakeLaptop, enrolled

LAPTOPS, PARCELS, CHANGES = 10, 2, 3


async def test_a_crowd_is_served_whole_by_an_office_that_takes_few_at_a_time(office: Office) -> None:
    laptops = [enrolled(office, f"LAP{number:02}", ("B01", "B02")[number % 2]) for number in range(LAPTOPS)]
    app = create_app(office)
    app.state.queue = queue = Queue(workers=2, waiting=2)
    left, turned_away, inside = asyncio.Condition(), Counter[str](), []

    async def insist(laptop: FakeLaptop, data: bytes) -> None:
        while True:
            answer = await client.post("/v1/sync", content=data)
            inside.append(queue.inside)
            async with left:
                if answer.status_code == 200:
                    laptop.take(answer.content)
                    left.notify_all()
                    return
                assert (answer.status_code, answer.json()["code"]) == (503, "busy")
                assert int(answer.headers["retry-after"]) > 0
                turned_away[laptop.device] += 1
                if queue.inside:  # somebody is at work and will end
                    await left.wait()

    async def day(laptop: FakeLaptop) -> None:
        for _parcel in range(PARCELS):
            for _change in range(CHANGES):
                laptop.write()
            await insist(laptop, laptop.parcel())

    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://office.test") as client:
        await asyncio.gather(*map(day, laptops))

    assert turned_away, "it was crowded"
    assert max(inside) <= 4
    change = table(ChangeRow)
    with office.database.reader() as connection:
        arrived = Counter(connection.execute(select(change.c.device, change.c.seq)).all())
    mine = {(laptop.device, seq) for laptop in laptops for seq in range(1, PARCELS * CHANGES + 1)}
    assert mine <= {(device, seq) for device, seq in arrived}
    assert set(arrived.values()) == {1}
    assert not looking.quarantine(office)
    looking.assert_sound(office)
