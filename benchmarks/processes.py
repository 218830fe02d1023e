"""How many changes a second several processes take in together on one PostgreSQL; the baseline is what PostgreSQL does
when one process copies the same rows in and the tree is made, with no parcel, no check, no merge and no total.

Each of them, as many as there are processors, opens, checks and answers its parcels; they meet at the ledger.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

from benchmarks._copying import LEDGER, STORED, copy_and_tree
from benchmarks._senders import PARCEL, enrolled, offices
from benchmarks.row import Row
from server.exchange.handling import handle
from server.office import Office

PARCELS = 40
"""Of each process, from two laptops of a brigade of its own each."""
WARM = 2


def run() -> list[Row]:
    """Let them race; nothing where PostgreSQL is not installed."""
    from tests.server.cluster import INSTALLED  # noqa: PLC0415 - the tests are not part of what is installed

    return measure(os.cpu_count() or 1) if INSTALLED else []


def measure(processes: int) -> list[Row]:
    """So many processes."""
    Path("build").mkdir(exist_ok=True)  # on the disk that is measured, and ignored by git
    with (
        tempfile.TemporaryDirectory(dir="build") as folder,
        offices(Path(folder), postgresql=True) as (name, new_office),
    ):
        office = new_office()
        senders = [enrolled(office, number) for number in range(2 * processes)]
        shares = [
            [senders[2 * number + turn % 2].next(number * PARCELS + turn) for turn in range(WARM + PARCELS)]
            for number in range(processes)
        ]
        context = multiprocessing.get_context("spawn")
        ready = context.Barrier(processes + 1)
        workers = [context.Process(target=_work, args=(office.folder, share, ready)) for share in shares]
        for worker in workers:
            worker.start()
        ready.wait()
        began = time.perf_counter()
        for worker in workers:
            worker.join()
        seconds = time.perf_counter() - began
        assert not any(worker.exitcode for worker in workers)
        least, ledger = copy_and_tree(office, STORED), copy_and_tree(office, LEDGER)
    rate = processes * PARCELS * PARCEL / seconds
    what = f"office on {name}, {processes} processes: changes taken in"
    return [
        Row(what, rate, "/s", baseline=least, limit=0.5, at_least=True),
        Row(f"{what}, beside COPY of the ledger alone", rate, "/s", baseline=ledger),
    ]


def _work(folder: Path, parcels: list[bytes], ready: Barrier) -> None:
    """One process of the office."""
    office = Office.open(folder)
    for data in parcels[:WARM]:
        handle(office, data)
    ready.wait()
    for data in parcels[WARM:]:
        handle(office, data)
    office.close()
