"""What the worst link costs: real programs over a shaped link, and the bytes that a link wastes by being cut.

* `itinerant-server serve` in one network namespace, `itinerant sync` in the other, kernel TCP between them over
  64 kbit/s, 600 ms and 2 % loss; the time is the command's, from its start to its exit, passphrase included.
* Every run meets another loss; median and worst are told. Where namespaces are not to be had, the fault proxy stands in
  and the rows say so.
* Peers on the same link, 1,000 records: PouchDB 116 to 169 s, Morango 44 s, one plain POST of zstd 12 s.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from itinerant.demo.sample import sessions
from itinerant.sync.http import HttpTransport
from tests.faults.lane import MOUNTAIN_PASS, Shape
from tests.faults.link import Link, bad_link, unavailable
from tests.faults.proxy import HOST, FaultProxy, Plan
from tests.faults.scene import START_MS, catalogue, record_day, scene, sync

SESSIONS = 1_000
RUNS = 5
PASSPHRASE = "caballo batería grapa correcto"
KIB = 1024


def run() -> list[Row]:
    """Measure the shaped link, then the cut one."""
    with tempfile.TemporaryDirectory() as folder:
        return _shaped(Path(folder) / "shaped") + _cut(Path(folder) / "cut")


class Field:
    """A real office and a real laptop as programs, one on each side of a link."""

    def __init__(self, folder: Path, link: Link) -> None:
        self._link = link
        self._laptop = folder / "laptop"
        self._office = folder / "office"
        secret = folder / "passphrase"
        secret.write_text(PASSPHRASE)
        self._settings = {**os.environ, "ITINERANT_PASSPHRASE_FILE": str(secret)}
        self._file = folder / "enrol.json"
        self._port = _free_port()

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """The office made and serving, the laptop enrolled and a visit open."""
        self.office("init", "--name", "Oficina")
        self.office("brigade", "add", "B01", "--name", "Napo")
        where = ("--url", self._link.url(self._port), "--out", str(self._file))
        self.office("enrol-code", "--device", "LOR07", "--brigade", "B01", *where)
        command = [*self._link.office, *_program("server.main", self._office), "serve", "--json"]
        command += ["--host", self._link.host, "--port", str(self._port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._settings) as server:
            assert server.stdout is not None
            server.stdout.readline()
            try:
                self.laptop("enrol", str(self._file), "--person", "P014")
                self.laptop("visit", "open", "--ubigeo", "160101", "--place", "Nauta")
                yield
            finally:
                server.terminate()

    def office(self, *words: str) -> Any:
        """What a command of the office prints."""
        return self._run([*_program("server.main", self._office), *words, "--json"])

    def laptop(self, *words: str, lines: str = "") -> Any:
        """What a command of the laptop prints, run on its side of the link."""
        return self._run([*self._link.laptop, *_program("itinerant.entry", self._laptop), *words, "--json"], lines)

    def record(self, count: int, seed: int) -> None:
        """Sample sessions, through the command that scripts use."""
        made = sessions(count, seed, START_MS, catalogue(), "")
        kept = ({name: value for name, value in one.items() if name != "visit"} for one in made)
        self.laptop("session", "add", lines="\n".join(map(json.dumps, kept)))

    def _run(self, command: Sequence[str], lines: str = "") -> Any:
        done = subprocess.run(
            command, input=lines, capture_output=True, text=True, env=self._settings, check=False, timeout=300
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
        return json.loads(done.stdout.splitlines()[-1])


def _shaped(folder: Path) -> list[Row]:
    folder.mkdir()
    where = "through a proxy, " if unavailable() else ""
    took, weighed = [], []
    with bad_link(Shape()) as link:
        field = Field(folder, link)
        with field.serving():
            field.laptop("sync")
            alone = time.monotonic()
            field.laptop("sync")
            alone = time.monotonic() - alone
            for seed in range(RUNS):
                field.record(SESSIONS, seed)
                link.reshape(MOUNTAIN_PASS)
                start = time.monotonic()
                report = field.laptop("sync")
                took.append(time.monotonic() - start)
                link.reshape(Shape())
                assert report["pending"] == 0
                weighed.append((report["bytes_up"] + report["bytes_down"]) / SESSIONS)
            idle = field.laptop("sync")
    name = f"{where}1,000 sessions at 64 kbit/s, 600 ms, 2 % loss"
    return [
        Row(f"{name}: median", statistics.median(took), "s", limit=6),
        Row(f"{name}: worst of {RUNS}", max(took), "s"),
        Row("of that, the command itself (idle, over a good link)", alone, "s"),
        Row("the same, bytes a session with all headers", statistics.median(weighed), "B", limit=30),
        Row("idle sync, both ways with all headers", idle["bytes_up"] + idle["bytes_down"], "B", limit=KIB),
        Row("idle sync, round trips", idle["rounds"], "", limit=1),
    ]


def _cut(folder: Path) -> list[Row]:
    """What cuts cost beside the same sync over a link without them."""
    folder.mkdir()
    took: dict[int, int] = {}
    with scene(folder) as place:
        for number, every in enumerate((0, 8 * KIB, 64 * KIB)):
            plan = Plan(cut_every=every or None)
            with place.enrolled(f"LAP{number:02}", f"B{number:02}") as laptop:
                record_day(laptop, SESSIONS, seed=1)
                with FaultProxy(place.port, plan) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
                    sync(laptop, transport, tries=20)
                place.has_exactly(laptop)
            took[every] = proxy.carried
    clean = took.pop(0)
    return [
        Row(f"1,000 sessions, cut every {every // KIB} KiB: wasted", 100 * (bytes_ - clean) / bytes_, "%", limit=25)
        for every, bytes_ in took.items()
    ]


def _program(module: str, home: Path) -> list[str]:
    return [sys.executable, "-m", module, "--home", str(home)]


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
