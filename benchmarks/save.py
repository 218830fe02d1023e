"""What a durable save costs beside a bare SQLite commit on the same disk, and what a long log costs to open.

* The save is the whole of it: checks, guard, hash, change, record, head, encryption, commit, witness file.
* The baseline commits one row of the same size with the standard library's `sqlite3`, in WAL mode with FULL.
* Both take turns, so that a busy disk slows both.
"""

from __future__ import annotations

import secrets
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from itinerant.log.change import Draft
from itinerant.store.access.vault import Vault
from itinerant.store.identity import Identity
from itinerant.store.laptop import Laptop
from itinerant.sync.enrolment import OfficeIdentity
from itinerant.sync.keys import DeviceKeys

OFFICE = OfficeIdentity("Oficina", *(DeviceKeys.generate().public.seal for _ in range(3)), vkey="")
PASSPHRASE = "caballo batería grapa correcto"
SAVES = 400
CHANGES = 20_000
MANY = 100_000


def session(number: int, visit: str) -> dict[str, Any]:
    """A plausible session: the size of its change is what matters here."""
    return {
        "service": f"RENIEC-{number % 40:02}",
        "access": "procedure",
        "mode": "assisted",
        "channel": "cabin",
        "segment": "citizen",
        "outcome": "resolved",
        "started_at": 1_763_923_200_000 + number * 611_003,
        "duration_s": 180 + number * 37 % 1_500,
        "age_band": ("18-29", "30-44", "45-59", "60+")[number % 4],
        "language": "quz",
        "note": "Se explicó cómo seguir el trámite",
        "visit": visit,
    }


def run() -> list[Row]:
    """Measure saves and unlocks."""
    Path("build").mkdir(exist_ok=True)  # on the disk that is measured, and ignored by git
    with tempfile.TemporaryDirectory(dir="build") as folder:
        home = Path(folder) / "home"
        identity = Identity("LOR07", "B01", "", DeviceKeys.generate(), OFFICE)
        with Laptop.create(home, identity=identity, person="P014", passphrase=PASSPHRASE) as laptop:
            visit = laptop.open_visit({"ubigeo": "160101", "place": "Nauta"})
            saved, bare = _saves(laptop, visit, Path(folder) / "bare.db")
            _fill(laptop, visit, CHANGES)
        rows = [Row("durable save of one session", saved * 1e6, "µs", bare * 1e6, limit=3)]
        rows += _unlock(home, CHANGES, limit=2)
        with Laptop.unlock(home, PASSPHRASE) as laptop:
            _fill(laptop, visit, MANY)
        return rows + _unlock(home, MANY, limit=None)


def _saves(laptop: Laptop, visit: str, path: Path) -> tuple[float, float]:
    """Median seconds of a save and of a bare commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE change (n INTEGER PRIMARY KEY, body BLOB)")
    body = secrets.token_bytes(480)
    saves, bare = [], []
    for number in range(SAVES):
        begun = time.perf_counter()
        laptop.add("session", session(number, visit))
        between = time.perf_counter()
        connection.execute("INSERT INTO change (body) VALUES (?)", (body,))
        ended = time.perf_counter()
        saves.append(between - begun)
        bare.append(ended - between)
    connection.close()
    return statistics.median(saves), statistics.median(bare)


def _fill(laptop: Laptop, visit: str, upto: int) -> None:
    """Bring the log to `upto` changes."""
    while laptop.head.seq < upto:
        size = min(1_000, upto - laptop.head.seq)
        laptop.write([Draft("session", session(laptop.head.seq + n, visit)) for n in range(size)])


def _unlock(home: Path, changes: int, limit: float | None) -> list[Row]:
    begun = time.perf_counter()
    laptop = Laptop.unlock(home, PASSPHRASE)
    unlocked = time.perf_counter()
    with laptop:
        visit = laptop.current_visit()
        assert visit is not None
        laptop.counters(visit.record)
        counted = time.perf_counter()
        laptop.list("session", where={"visit": visit.record})
        listed = time.perf_counter()
        laptop.list("session", text="no existe nada así")
        searched = time.perf_counter()
    kdf = _kdf(home)
    name = f"{changes:,} changes"
    return [
        Row(f"unlock beside the passphrase + counters, {name}", counted - begun - kdf, "s", limit=limit),
        Row(f"first page of a list, {name}", (listed - counted) * 1e3, "ms"),
        Row(f"search that finds nothing, {name}", (searched - listed) * 1e3, "ms"),
        Row(f"counters of a visit with all of them, {name}", (counted - unlocked) * 1e3, "ms"),
    ]


def _kdf(home: Path) -> float:
    begun = time.perf_counter()
    Vault.read(home / "slots.json").unlock(PASSPHRASE)
    return time.perf_counter() - begun
