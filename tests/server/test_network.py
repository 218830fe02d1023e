"""The service as a laptop meets it: statuses, bounds, words, and nothing that tells too much."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest
from starlette.types import Message

from itinerant.sync import enrolment
from itinerant.sync.keys import DeviceKeys
from server.api import queue
from server.app import create_app
from server.office import Office
from tests.server import looking
from tests.server.laptop import START_MS, FakeLaptop, invite

LIMIT = 1 << 20


@pytest.fixture
async def client(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(office), client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://office.test") as client:
        yield client


async def test_a_parcel_is_answered_with_its_receipt(client: httpx.AsyncClient, laptop: FakeLaptop) -> None:
    laptop.write()
    answer = await client.post("/v1/sync", content=laptop.parcel())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert laptop.take(answer.content).header.head == laptop.head


async def test_an_idle_sync_is_small(client: httpx.AsyncClient, laptop: FakeLaptop) -> None:
    laptop.sync()
    sent = laptop.parcel()
    answer = await client.post("/v1/sync", content=sent)
    assert len(sent) + len(answer.content) < 700, "some 350 bytes are left for what HTTP adds"


async def test_enrolment_over_the_network(client: httpx.AsyncClient, office: Office) -> None:
    invitation, keys = invite(office), DeviceKeys.generate()
    data = enrolment.pack(invitation, keys, "P014", START_MS)
    answer = await client.post("/v1/enrol", content=data)
    assert answer.status_code == 200
    assert FakeLaptop(invitation, keys, lambda data: data).take(answer.content).standing is not None
    other = enrolment.pack(invitation, DeviceKeys.generate(), "P014", START_MS)
    refused = await client.post("/v1/enrol", content=other)
    assert (refused.status_code, refused.json()["code"]) == (403, "enrolment")


@pytest.mark.parametrize("data", [b"", b"hola", b"ITP1", b"\x00" * 5_000])
async def test_nonsense_is_damaged_and_says_so(client: httpx.AsyncClient, data: bytes) -> None:
    answer = await client.post("/v1/sync", content=data)
    assert answer.status_code == 400
    assert answer.json()["move"] == "stop"
    assert answer.json()["sentence"]


async def test_an_unknown_laptop_is_told_what_to_do(
    client: httpx.AsyncClient, office: Office, laptop: FakeLaptop
) -> None:
    laptop.invitation = invite(office, "LOR09")
    answer = await client.post("/v1/sync", content=laptop.parcel())
    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_device")
    assert "código de inscripción" in answer.json()["next_step"]


async def test_a_body_that_announces_too_much_is_refused_unread(client: httpx.AsyncClient, office: Office) -> None:
    read = 0

    async def receive() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 1_000, "more_body": True}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/sync",
        "raw_path": b"/v1/sync",
        "query_string": b"",
        "headers": [(b"content-length", str(LIMIT + 1).encode())],
        "client": ("10.0.0.9", 1),
        "server": ("office.test", 80),
    }
    await create_app(office)(scope, receive, send)
    assert sent[0]["status"] == 413
    assert read == 0


async def test_a_body_that_sends_too_much_is_cut_off(client: httpx.AsyncClient) -> None:
    pulled = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal pulled
        for _number in range(100):
            pulled += 1
            yield b"x" * (64 << 10)

    answer = await client.post("/v1/sync", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_health_tells_the_ledgers_size_and_no_more(client: httpx.AsyncClient, office: Office) -> None:
    answer = await client.get("/health")
    assert answer.json() == {"status": "ok", "version": answer.json()["version"], "ledger_size": looking.size(office)}


async def test_metrics_are_for_this_machine(office: Office, client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert f"itinerant_ledger_size {looking.size(office)}\n" in answer.text
    assert (await client.get("/metrics", headers={"x-forwarded-for": "10.0.0.9"})).status_code == 403
    transport = httpx.ASGITransport(create_app(office), client=("10.0.0.9", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://office.test") as far:
        assert (await far.get("/metrics")).status_code == 403
    opened = httpx.ASGITransport(create_app(office, open_metrics=True), client=("10.0.0.9", 50_000))
    async with httpx.AsyncClient(transport=opened, base_url="http://office.test") as far:
        assert (await far.get("/metrics")).status_code == 200


async def test_nothing_else_is_there(client: httpx.AsyncClient) -> None:
    for path in ("/docs", "/openapi.json", "/v1/sync", "/v2/sync"):
        assert (await client.get(path)).status_code in {404, 405}, path


async def test_who_comes_beyond_the_queue_is_told_when_to_try_again(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, office: Office, laptop: FakeLaptop
) -> None:
    monkeypatch.setattr("server.app.Queue", partial(queue.Queue, 1, 1))
    at_work, go_on = threading.Event(), threading.Event()

    def slow(_office: Office, _data: bytes) -> bytes:
        at_work.set()
        go_on.wait(10)
        return b"receipt"

    monkeypatch.setattr("server.api.routes.handle", slow)
    transport = httpx.ASGITransport(create_app(office), client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://office.test") as crowded:
        first = asyncio.create_task(crowded.post("/v1/sync", content=b"1"))
        await asyncio.to_thread(at_work.wait, 10)
        second = asyncio.create_task(crowded.post("/v1/sync", content=b"2"))
        while crowded_app_inside(transport) < 2:
            await asyncio.sleep(0)
        third = await crowded.post("/v1/sync", content=b"3")
        go_on.set()
        assert [(await first).content, (await second).content] == [b"receipt", b"receipt"]
    assert third.status_code == 503
    assert third.headers["retry-after"] == "1", "a place is free at once, at the pace of late"
    assert third.json()["move"] == "retry"


def crowded_app_inside(transport: httpx.ASGITransport) -> int:
    """Requests that the application holds."""
    inside: int = transport.app.state.queue.inside  # type: ignore[union-attr] # it is the application that we made
    return inside


async def test_the_access_log_names_nobody(
    client: httpx.AsyncClient, laptop: FakeLaptop, caplog: pytest.LogCaptureFixture
) -> None:
    laptop.write()
    with caplog.at_level(logging.INFO, logger="itinerant.server.access"):
        await client.post("/v1/sync", content=laptop.parcel())
        await client.get("/45678912/rosa", headers={"user-agent": "rosa"})
    written = "\n".join(caplog.messages)
    assert "POST /v1/sync 200" in written
    for secret in ("45678912", "rosa", "P014", "LOR07", "127.0.0.1"):
        assert secret not in written


async def test_a_surprise_tells_nothing_and_loses_nothing(
    office: Office, laptop: FakeLaptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_anything: object) -> None:
        raise RuntimeError("secret place")

    monkeypatch.setattr("server.exchange.intake.chains.advance", broken)
    transport = httpx.ASGITransport(create_app(office), client=("127.0.0.1", 1), raise_app_exceptions=False)
    laptop.write()
    async with httpx.AsyncClient(transport=transport, base_url="http://office.test") as client:
        answer = await client.post("/v1/sync", content=laptop.parcel())
    assert answer.status_code == 500
    assert "secret" not in json.dumps(answer.json())
    monkeypatch.undo()
    assert not looking.records(office)
    assert laptop.sync().header.head == laptop.head
    looking.assert_sound(office)
