"""Exporting and verifying a hundred thousand changes: seconds of processor, memory, bytes.

The ledger is made through the intake, in parcels of 250, so that there are as many signed heads as a busy office has.
Each measurement is a process of its own, as a person would run it (and this one imports little: a child's peak memory
begins with its parent's); seconds are of processor, which other work on the
machine disturbs less than the clock.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.row import Row, of

CHANGES = 100_000
PARCEL = 250
ROWS = 500
TIMES = 5


def run() -> list[Row]:
    """Export once, verify twice: with the standard library alone, and with what the suite has installed."""
    with tempfile.TemporaryDirectory(prefix="itinerant-bench-") as name:
        folder = Path(name)
        made = subprocess.run(
            [sys.executable, "-m", "benchmarks._ledger", str(folder / "office"), str(CHANGES), str(PARCEL)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        key = made.stdout.strip()
        export, packed = folder / "export.zip", folder / "verify.py"
        office = [sys.executable, "-m", "server.main", "--home", str(folder / "office")]
        exporting, memory = _measured([*office, "export", "--out", str(export), "--json"])
        with zipfile.ZipFile(export) as archive:
            packed.write_bytes(archive.read("verify.py"))
        words = [str(export), "--key", key]
        alone, _memory = _measured([sys.executable, "-I", "-S", str(packed), *words])
        installed, verifying = _measured([sys.executable, "-m", "itinerant.audit.verify", *words])
        return [
            Row("export: 100,000 changes", exporting, "s"),
            Row("export: memory", memory, "MiB", limit=300),
            Row("export: bytes a change", export.stat().st_size / CHANGES, "B"),
            Row("verify: 100,000 changes, standard library alone", alone, "s", limit=15),
            Row("verify: the same with the suite installed", installed, "s", limit=3),
            Row("verify: memory", verifying, "MiB"),
            _tables(export, folder),
        ]


def _tables(export: Path, folder: Path) -> Row:
    """The sessions of the export written as CSV, beside what DuckDB takes for the same bytes on one processor: instants
    are ms on both sides, as the office keeps and writes them."""
    import duckdb  # noqa: PLC0415 - the commands above are measured as children of a small process

    from server.exports import sheets  # noqa: PLC0415 - likewise

    with zipfile.ZipFile(export) as archive:
        table = archive.extract("records/session.parquet", folder)
    ours, theirs = folder / "ours.csv", folder / "theirs.csv"
    with duckdb.connect() as database:
        database.execute("SET threads=1")
        columns = database.execute(f"DESCRIBE FROM '{table}'").fetchall()
        names = [name for name, *_type in columns]
        instants = [name for name, kind, *_rest in columns if kind.startswith("TIMESTAMP")]
        values = ", ".join(f'epoch_ms("{name}") AS "{name}"' for name in instants)
        database.execute(f"CREATE TABLE session AS SELECT * REPLACE ({values}) FROM '{table}'")
        rows = [list(row) for row in database.execute("FROM session").fetchall()]

        def write() -> None:
            with ours.open("wb") as file:
                for start in range(0, len(rows), ROWS):
                    file.write(sheets.csv_lines(rows[start : start + ROWS], [names.index("note")]))

        pairs = [
            (_seconds(write), _seconds(lambda: database.execute(f"COPY session TO '{theirs}' (HEADER false)")))
            for _time in range(TIMES)
        ]
    if ours.read_bytes().replace(b"\r\n", b"\n") != theirs.read_bytes():
        raise RuntimeError("the two files are not the same table")
    mine, its = zip(*pairs, strict=True)
    return of(f"CSV of {len(rows):,} sessions", mine, "ms", scale=1e3, baseline=statistics.median(its) * 1e3, limit=2)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _measured(command: list[str]) -> tuple[float, float]:
    """Seconds of processor and peak memory (MiB) of a command that must succeed."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command[0:4]}: {status}")
    return used.ru_utime + used.ru_stime, _mebibytes(used)


def _mebibytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / 1024
