"""A laptop with a hundred thousand changes on an old disk and with little memory, beside the same one without limits.

* A process of its own, in a control group of the kernel's (version 1 or 2; root is needed): 100 reads and 100 writes a
  second, 10 MB each, 256 MiB of memory, nothing cached before. Where no group can be made, nothing is measured.
* Two years of a busy team: 500 visits of 200 sessions, all received; then a day of 1,000 that wait.
* The passphrase's own cost is left out: it is made to be dear. The office is another process, without limits.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks._served import enrolled, serving
from benchmarks.row import Row
from benchmarks.save import PASSPHRASE, _kdf, session
from itinerant.log.change import Draft
from itinerant.store.laptop import Laptop
from itinerant.sync.engine import sync
from itinerant.sync.http import HttpTransport

VISITS, A_VISIT, WAITING, SAVES = 500, 200, 1_000, 20
MEMORY = 256 << 20
IOPS, BYTES_S = 100, 10_000_000
LATER_MS = 30 * 86_400_000

WORKS = {
    "unlock": "unlock beside the passphrase, and the day's counters",
    "list": "first page of the list",
    "filter": "the sessions of one visit among all",
    "search": "search that finds nothing, the first",
    "save": "durable save of one session",
    "sync": f"sync of {WAITING:,} sessions",
    "retention": f"forget {VISITS} visits, erase and empty the log",
}


def run() -> list[Row]:
    """Make the laptop, then let both work."""
    Path("build").mkdir(exist_ok=True)  # on the disk that is measured, and ignored by git
    with tempfile.TemporaryDirectory(dir="build") as folder, _limits(Path(folder)) as groups:
        if not groups:
            print("  … no control group can be made here: only root can", file=sys.stderr)
            return []
        with serving(Path(folder) / "office") as (office, url):
            home = Path(folder) / "home"
            with enrolled(office, url, home) as laptop:
                _fill(laptop, url)
            free = _measured(home, url, [])
            old = _measured(home, url, groups)
    what = f"{VISITS * A_VISIT:,} changes, {IOPS} IOPS, {MEMORY >> 20} MiB"
    return [Row(f"{what}: {words}", old[name] * 1e3, "ms", free[name] * 1e3) for name, words in WORKS.items()] + [
        Row(f"{what}: memory at most", old["memory"], "MiB", free["memory"])
    ]


def _fill(laptop: Laptop, url: str) -> None:
    for number in range(VISITS):
        visit = laptop.open_visit({"ubigeo": "160101", "place": "Nauta"})
        laptop.write([Draft("session", session(number * A_VISIT + n, visit)) for n in range(A_VISIT)])
        laptop.close_visit()
    with HttpTransport(url) as transport:
        sync(laptop, transport)
    visit = laptop.open_visit({"ubigeo": "160101", "place": "Nauta"})
    laptop.write([Draft("session", session(n, visit)) for n in range(WAITING)])


def _measured(home: Path, url: str, groups: list[Path]) -> dict[str, float]:
    """Seconds of each work of a copy of the laptop, in these groups."""
    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        copy = Path(folder) / "home"
        shutil.copytree(home, copy)
        os.sync()
        for path in copy.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        command = [sys.executable, "-m", "benchmarks.small", str(copy), url, *map(str, groups)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


@contextlib.contextmanager
def _limits(folder: Path) -> Iterator[list[Path]]:
    """Control groups with the limits of an old laptop; none where they cannot be made."""
    device = folder.stat().st_dev
    disk, root = f"{os.major(device)}:{os.minor(device)}", Path("/sys/fs/cgroup")
    name = f"itinerant-{os.getpid()}"
    if (root / "cgroup.controllers").exists():
        wanted = {
            root / name / "memory.max": str(MEMORY),
            root / name / "io.max": f"{disk} rbps={BYTES_S} wbps={BYTES_S} riops={IOPS} wiops={IOPS}",
        }
    else:
        throttle = root / "blkio" / name
        wanted = {root / "memory" / name / "memory.limit_in_bytes": str(MEMORY)}
        for way in ("read", "write"):
            wanted[throttle / f"blkio.throttle.{way}_iops_device"] = f"{disk} {IOPS}"
            wanted[throttle / f"blkio.throttle.{way}_bps_device"] = f"{disk} {BYTES_S}"
    groups = sorted({path.parent for path in wanted})
    try:
        for group in groups:
            group.mkdir()
        for path, value in wanted.items():
            path.write_text(value, encoding="ascii")
    except OSError:
        groups = []
    try:
        yield groups
    finally:
        for group in {path.parent for path in wanted}:
            with contextlib.suppress(OSError):
                group.rmdir()


def main(home: Path, url: str, groups: list[Path]) -> None:
    """Enter the groups, work, and print the seconds."""
    for group in groups:
        (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    took: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        took[name] = time.perf_counter() - began

    key = _kdf(home)
    with timed("unlock"):
        laptop = Laptop.unlock(home, PASSPHRASE)
        now = laptop.current_visit()
        assert now is not None
        laptop.counters(now.record)
    took["unlock"] -= key
    with laptop:
        with timed("list"):
            laptop.list("session", limit=100)
        with timed("filter"):
            laptop.list("session", where={"visit": laptop.list("visit", limit=300)[-1].record}, limit=100)
        with timed("search"):
            laptop.list("session", text="no existe nada así")
        with timed("sync"), HttpTransport(url) as transport:
            sync(laptop, transport)
        with timed("save"):
            for number in range(SAVES):
                laptop.add("session", session(number, now.record))
        took["save"] /= SAVES
    with (
        Laptop.unlock(home, PASSPHRASE, now_ms=lambda: time.time_ns() // 1_000_000 + LATER_MS) as laptop,
        timed("retention"),
    ):
        gone = laptop.forget()
    assert len(gone) == VISITS, len(gone)
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    took["memory"] = int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024
    print(json.dumps(took))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [Path(group) for group in sys.argv[3:]])
