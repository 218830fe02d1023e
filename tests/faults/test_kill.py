"""Killed at any instant: every item that was shown as saved is there, none twice, and the log goes on."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from itinerant.log.chain import follow
from itinerant.store.disk.epoch import Past
from itinerant.store.laptop import Laptop
from tests.store.conftest import PASSPHRASE, identity

ROOT = Path(__file__).resolve().parent.parent.parent
ENOUGH = 5_000
"""Items after which a writer has run long enough without being killed."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Laptop.create(tmp_path / "home", identity=identity(), person="P014", passphrase=PASSPHRASE).close()
    return tmp_path / "home"


def killed(home: Path, after: float) -> list[str]:
    """What a writer said was saved before it was killed, `after` seconds from its first item."""
    command = [sys.executable, str(ROOT / "tests/faults/writer.py"), str(home)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert writer.stdout is not None
    said = [writer.stdout.readline().strip()]
    timer = threading.Timer(after, writer.send_signal, (signal.SIGKILL,))
    timer.start()
    for line in writer.stdout:
        if line.endswith("\n"):
            said.append(line.strip())
        assert len(said) < ENOUGH
    writer.stdout.close()
    writer.wait()
    timer.join()
    assert writer.returncode == -signal.SIGKILL
    return said


def rounds(home: Path, times: int) -> None:
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    said: list[str] = []
    for turn in range(times):
        said += killed(home, chance.uniform(0, 0.4))
        with Laptop.unlock(home, PASSPHRASE) as laptop:
            where = f"seed {seed}, turn {turn}"
            links = laptop.links_since(0, 100_000)
            refs = [link.change.ref for link in links]
            assert follow((link.data for link in links), device="LOR07") == laptop.head, where
            assert len(refs) == len(set(refs)), where
            assert set(said) <= set(refs), f"{where}: saved and lost: {sorted(set(said) - set(refs))}"
            # One more may be there: committed, and killed before it could be said.
            assert len(refs) - len(set(said)) <= turn + 1, where
            assert laptop.past in (Past.SAME, Past.UNKNOWN), where
            assert [check.code for check in laptop.examine() if not check.well] == [], where
            visit = laptop.current_visit()
            assert visit is not None
            assert laptop.counters(visit.record).total == sum(
                link.change.kind == "session" and link.change.creates for link in links
            ), where


def test_a_killed_writer_loses_nothing_that_it_said_was_saved(home: Path) -> None:
    rounds(home, 6)


@pytest.mark.soak
def test_a_writer_that_is_killed_all_day_loses_nothing(home: Path) -> None:
    rounds(home, 150)
