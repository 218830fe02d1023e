"""Killed at any step, the office has a parcel whole or not at all, and goes on."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from server.exchange.handling import handle
from server.office import Office
from tests.server import looking, process
from tests.server.conftest import Clock
from tests.server.laptop import SESSION, START_MS, FakeLaptop


def test_killed_at_every_step_of_a_parcel(office: Office, laptop: FakeLaptop, tmp_path: Path, clock: Clock) -> None:
    made = laptop.write()
    laptop.sync()
    laptop.write(values={"duration_s": 1}, record=made.ref, base=[made.ref])
    laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.write()
    before = looking.size(office)
    office.close()
    parcel, result = tmp_path / "parcel", tmp_path / "result"
    parcel.write_bytes(laptop.parcel())
    program = Path(__file__).with_name("dying.py")
    arguments = [sys.executable, str(program), str(office.folder), str(parcel), str(result)]
    subprocess.run(arguments, check=True, cwd=process.ROOT, env={"PYTHONPATH": str(process.ROOT)})
    steps = [tuple(map(int, line.split())) for line in result.read_text().splitlines()]
    assert len(steps) > 15
    seen = set()
    for step, _done in steps:
        left = Office.open(tmp_path / f"step{step}", now_ms=clock)
        arrived = looking.size(left) - before, len(looking.quarantine(left)), looking.device(left)["upto"]
        seen.add(arrived)
        assert arrived in {(0, 0, 1), (2, 1, 4)}, f"killed at step {step}"
        assert laptop.read(handle(left, parcel.read_bytes())).header.head == laptop.head
        looking.assert_sound(left)
        left.close()
    assert seen == {(0, 0, 1), (2, 1, 4)}


@pytest.mark.parametrize("seed", range(3))
def test_the_service_killed_while_it_takes_a_parcel_in(office: Office, laptop: FakeLaptop, seed: int) -> None:
    some = random.Random(seed)
    for _number in range(3_000):
        times = {"duration_s": some.randrange(7_200), "started_at": START_MS + some.randrange(10**9)}
        laptop.write(values={**SESSION, **times})
    parcel = laptop.parcel()
    with process.serving(office.folder) as service:
        timer = threading.Timer(some.uniform(0.05, 0.6), service.kill)
        timer.start()
        try:
            answer = httpx.post(f"{service.url}/v1/sync", content=parcel, timeout=30)
            assert laptop.read(answer.content).header.head == laptop.head
        except httpx.TransportError:
            pass  # the power went; the laptop does not know what arrived
        timer.join()
    assert len(looking.records(office, "session")) in {0, 3_000}, f"seed {seed}"
    with process.serving(office.folder) as service:
        answer = httpx.post(f"{service.url}/v1/sync", content=parcel, timeout=30)
    assert laptop.take(answer.content).header.head == laptop.head
    assert len(looking.records(office, "session")) == 3_000
    looking.assert_sound(office)
