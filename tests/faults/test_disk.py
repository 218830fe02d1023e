"""A disk that is full, a folder that may not be written, a home that is in use: clear words, and nothing lost."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from itinerant.errors import Damaged, StoreProblem
from itinerant.store.disk.epoch import Past
from itinerant.store.disk.faults import explain
from itinerant.store.laptop import Laptop
from tests.store.conftest import PASSPHRASE, identity

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Laptop.create(tmp_path / "home", identity=identity(), person="P014", passphrase=PASSPHRASE).close()
    return tmp_path / "home"


def run(script: str, *arguments: Path) -> Any:
    """The JSON that a script of this folder prints."""
    command = [sys.executable, str(ROOT / "tests/faults" / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_full_disk_says_so_and_what_was_saved_is_there(home: Path) -> None:
    found = run("filler.py", home)
    assert len(found["saved"]) > 10
    assert len(found["problems"]) == 4
    for problem in found["problems"]:
        assert problem["code"] in ("disk_full", "disk_error")
        assert "lleno" in problem["sentence"]
        assert problem["safe"]
        assert problem["next_step"]
    assert found["readable"] == [len(found["saved"]), True]
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        refs = {link.change.ref for link in laptop.links_since(0, 10_000)}
        assert refs == {"LOR07-1", *found["saved"], found["after"]}
        assert laptop.past is Past.SAME
        assert [check.code for check in laptop.examine() if not check.well] == []


def test_a_folder_that_may_not_be_written_says_so_and_stays_as_it_was(home: Path, tmp_path: Path) -> None:
    good = Path(shutil.copytree(home, tmp_path / "good"))
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    for path in home.iterdir():
        path.chmod(0o444)
    home.chmod(0o555)
    try:
        found = run("guest.py", home, good)
    finally:
        home.chmod(0o700)
    assert found["code"] == "read_only"
    assert "permiso" in found["sentence"]
    assert found["next_step"]
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


def test_a_second_window_is_told_that_the_first_is_open(home: Path) -> None:
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        with pytest.raises(StoreProblem) as caught:
            Laptop.unlock(home, PASSPHRASE)
        assert caught.value.code == "in_use"
        assert laptop.status()["head"]["seq"] == 0
    Laptop.unlock(home, PASSPHRASE).close()


def test_another_process_holds_the_home_until_it_ends_however_it_ends(home: Path) -> None:
    command = [sys.executable, str(ROOT / "tests/faults/writer.py"), str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline().strip()
        with pytest.raises(StoreProblem) as caught:
            Laptop.unlock(home, PASSPHRASE)
        assert caught.value.code == "in_use"
        writer.kill()
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        assert laptop.get(first) is not None


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EFBIG, "disk_full"),
        (errno.EROFS, "read_only"),
        (errno.EACCES, "read_only"),
        (errno.EPERM, "read_only"),
        (errno.EIO, "disk_error"),
        (errno.ENOENT, "missing"),
    ],
)
def test_every_fault_of_the_system_has_its_words(number: int, code: str) -> None:
    problem = explain(OSError(number, "x"), Path("/home/log.db"))
    assert problem is not None
    assert (problem.code, problem.place) == (code, "/home/log.db")
    assert problem.next_step


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SQLITE_FULL", "disk_full"),
        ("SQLITE_READONLY_DIRECTORY", "read_only"),
        ("SQLITE_CANTOPEN", "read_only"),
        ("SQLITE_BUSY", "in_use"),
        ("SQLITE_CORRUPT", "database"),
        ("SQLITE_NOTADB", "database"),
        ("SQLITE_IOERR", "disk_error"),
    ],
)
def test_every_fault_of_the_database_has_its_words(name: str, code: str) -> None:
    error = dbapi2.OperationalError("x")
    error.sqlite_errorname = name
    problem = explain(error, Path("log.db"))
    assert isinstance(problem, StoreProblem | Damaged)
    assert problem.code == code


def test_a_mistake_of_ours_is_no_fault_of_the_disk() -> None:
    error = dbapi2.OperationalError("no such table")
    error.sqlite_errorname = "SQLITE_ERROR"
    assert explain(error, Path("log.db")) is None
    assert explain(OSError(errno.EBADF, "x"), Path("log.db")) is None
