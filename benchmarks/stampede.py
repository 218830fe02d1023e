"""All laptops come back on the same morning: `python -m benchmarks.stampede [--laptops 500] [--changes 2000]`.

* Each has its changes ready in parcels of 1,000 and sends them one after the other, over HTTP, to an office that is
  another process (or several, with `--processes` and `--postgresql`); all begin in the same instant.
* Whoever is told to come later waits as the product does: what the office asks, and a random part that doubles.
* At the end the office is asked what it has: every change of every laptop, once.
* Times are from the first request: of each request that was taken in, and of each laptop until all of its is received.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import func, select

from benchmarks.__main__ import HEADER, cells, machine, show
from benchmarks._senders import Sender, enrolled, offices
from benchmarks.row import Row, of
from itinerant.sync import parcel, receipt
from itinerant.sync.retry import ATTEMPTS, LONGEST_WAIT_S, later_s
from server.office import Office
from server.tables import ChangeRow, table

PARCEL = 1_000
SEED = 20261124


@dataclass
class Crowd:
    """What happened to all of them."""

    taken: list[float] = field(default_factory=list)
    """Seconds of each request that was answered with a receipt."""
    done: list[float] = field(default_factory=list)
    """Seconds from the beginning until each laptop had everything received."""
    turned_away: Counter[str] = field(default_factory=Counter)
    """How often each laptop was told to come later."""
    cut: int = 0


def ready(office: Office, laptops: int, changes: int) -> list[tuple[Sender, list[bytes]]]:
    """The laptops, each with its parcels: made once, they stay in `build/` for the next run."""
    senders = [enrolled(office, number) for number in range(laptops)]
    kept = Path("build") / f"stampede-{laptops}x{changes}.json"
    if not kept.exists():
        sizes = [min(PARCEL, changes - first) for first in range(0, changes, PARCEL)]
        made = [
            [sender.next(number * len(sizes) + turn, size) for turn, size in enumerate(sizes)]
            for number, sender in enumerate(senders)
        ]
        kept.write_text(json.dumps([[b64encode(data).decode() for data in parcels] for parcels in made]))
    crowd = []
    for sender, texts in zip(senders, json.loads(kept.read_text()), strict=True):
        parcels = [b64decode(text) for text in texts]
        sender.head = parcel.peek(parcels[-1])[0].head
        crowd.append((sender, parcels))
    return crowd


async def come(urls: list[str], crowd: list[tuple[Sender, list[bytes]]], office: Office) -> Crowd:
    """Let them all in at once."""
    seen = Crowd()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=1)
    began = time.perf_counter()

    async def laptop(number: int, sender: Sender, parcels: list[bytes]) -> None:
        chance = random.Random(SEED + number)
        for data in parcels:
            answer = await _insist(client, urls[number % len(urls)], sender.device, data, seen, chance)
            _header, sealed = receipt.peek(answer)
            got = receipt.unpack(sealed, office.keys.sign_public, sender.keys.seal, sender.device)
        assert got.header.head == sender.head, (sender.device, got.header)
        seen.done.append(time.perf_counter() - began)

    async with httpx.AsyncClient(limits=limits, timeout=300) as client:
        await asyncio.gather(*(laptop(number, sender, parcels) for number, (sender, parcels) in enumerate(crowd)))
    return seen


async def _insist(
    client: httpx.AsyncClient, url: str, device: str, data: bytes, seen: Crowd, chance: random.Random
) -> bytes:
    """The receipt of a parcel, which is sent again, later, each time that the office is busy."""
    failures = 0
    while True:
        started = time.perf_counter()
        failures += 1
        try:
            answer = await client.post(f"{url}/v1/sync", content=data)
        except httpx.TransportError:
            seen.cut += 1
            asked = 0.0
        else:
            if answer.status_code == 200:
                seen.taken.append(time.perf_counter() - started)
                return answer.content
            assert answer.status_code == 503, answer.text
            seen.turned_away[device] += 1
            asked = float(answer.headers["retry-after"])
        if failures % ATTEMPTS:
            await asyncio.sleep(asked + chance.uniform(0, min(LONGEST_WAIT_S, 2.0**failures)))
        else:
            await asyncio.sleep(later_s(failures // ATTEMPTS, asked))


@contextlib.contextmanager
def served(office: Office, processes: int) -> Iterator[list[tuple[str, int]]]:
    """Addresses and process numbers of as many services of one office."""
    command = [sys.executable, "-m", "server.main", "--home", str(office.folder), "--json", "serve", "--port", "0"]
    with contextlib.ExitStack() as stack:
        found = []
        for _number in range(processes):
            process = stack.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            )
            stack.callback(process.terminate)
            assert process.stdout is not None
            found.append((json.loads(process.stdout.readline())["url"], process.pid))
        yield found


def exactly_once(office: Office, crowd: list[tuple[Sender, list[bytes]]]) -> int:
    """Changes that the office lost or has twice: none, or the figure is worth nothing."""
    change = table(ChangeRow)
    per_device = select(change.c.device, func.count(), func.count(change.c.seq.distinct())).group_by(change.c.device)
    with office.database.reader() as connection:
        here = {device: (count, distinct) for device, count, distinct in connection.execute(per_device)}
    return sum(abs(sender.head.seq - amount) for sender, _ in crowd for amount in here.get(sender.device, (0, 0)))


def _memory(pid: int) -> float:
    """MiB that a process held at most."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def measure(laptops: int, changes: int, *, processes: int = 1, postgresql: bool = False) -> list[Row]:
    """A morning of so many laptops with so many changes each."""
    with (
        tempfile.TemporaryDirectory(dir="build", prefix="stampede-") as folder,
        offices(Path(folder), postgresql=postgresql) as (name, new_office),
    ):
        office = new_office()
        crowd = ready(office, laptops, changes)
        print(f"  … {laptops} laptops are ready", file=sys.stderr)
        with served(office, processes) as services:
            began = time.perf_counter()
            seen = asyncio.run(come([url for url, _pid in services], crowd, office))
            whole = time.perf_counter() - began
            memory = max(_memory(pid) for _url, pid in services)
        wrong = exactly_once(office, crowd)
    assert wrong == 0, f"{wrong} changes lost or twice"
    what = f"{laptops} laptops × {changes:,} at once, {name}" + (f", {processes} processes" if processes > 1 else "")
    hundredths = statistics.quantiles(seen.taken, n=100, method="inclusive")
    ends = statistics.quantiles(seen.done, n=100, method="inclusive")
    return [
        Row(f"{what}: changes lost or twice", wrong, "", limit=0),
        Row(f"{what}: until the last is served", whole, "s"),
        Row(f"{what}: changes taken in", laptops * changes / whole, "/s"),
        of(f"{what}: a laptop until all is received", seen.done, "s"),
        Row(f"{what}: a laptop until all is received, 1 of 100", ends[0], "s", baseline=ends[49]),
        Row(f"{what}: a laptop until all is received, 99 of 100", ends[98], "s", baseline=ends[49]),
        Row(f"{what}: a parcel's answer, median", hundredths[49], "s"),
        Row(f"{what}: a parcel's answer, 99 of 100", hundredths[98], "s"),
        Row(f"{what}: told to come later", seen.turned_away.total(), "times"),
        Row(f"{what}: told to come later, the unluckiest laptop", max(seen.turned_away.values(), default=0), "times"),
        Row(f"{what}: connections that broke", seen.cut, "times"),
        Row(f"{what}: memory of the office", memory, "MiB", limit=400),
    ]


def run() -> list[Row]:
    """A small morning: enough for some to be turned away."""
    Path("build").mkdir(exist_ok=True)  # on the disk that is measured, and ignored by git
    return measure(100, 200)


def main(words: list[str]) -> None:
    """Let them come, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--laptops", type=int, default=500)
    parser.add_argument("--changes", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args(words)
    Path("build").mkdir(exist_ok=True)
    rows = measure(asked.laptops, asked.changes, processes=asked.processes, postgresql=asked.postgresql)
    print(machine())
    print()
    for line in show([HEADER, *map(cells, rows)], markdown=asked.markdown):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
