"""What people write is found nowhere on the disk in clear, however the process ends."""

import os
import resource
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from itinerant.domain.kinds import KINDS
from itinerant.store.laptop import Laptop
from tests.faults.sentinel import CODE, PASSPHRASE, PERSON, TEXT

ROOT = Path(__file__).resolve().parent.parent.parent
ENDINGS = {"close": 0, "kill": -signal.SIGKILL, "abort": -signal.SIGABRT}


def forms(text: str) -> Iterator[bytes]:
    """A text as some program might have written it."""
    for form in ("NFC", "NFD"):
        spelled = unicodedata.normalize(form, text)
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
            yield spelled.encode(encoding, errors="ignore")
        yield ascii(spelled)[1:-1].encode()


def everything(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Each file below a folder, its name before its content."""
    for path in folder.rglob("*"):
        yield path, str(path.relative_to(folder)).encode()
        if path.is_file():
            yield path, path.read_bytes()


def core_limit() -> None:
    """Let the child leave core files, unless it forbids them itself."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_people_write_is_nowhere_in_clear(tmp_path: Path, ending: str) -> None:
    for name in ("cwd", "tmp", "cache"):
        (tmp_path / name).mkdir()
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/faults/sentinel.py"), str(tmp_path / "home"), ending],
        capture_output=True,
        text=True,
        cwd=tmp_path / "cwd",
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(tmp_path / "tmp"),
            "SQLITE_TMPDIR": str(tmp_path / "tmp"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "HOME": str(tmp_path / "cwd"),
        },
        preexec_fn=core_limit,
        check=False,
    )
    assert done.returncode == ENDINGS[ending], done.stderr
    key, device_keys = done.stdout.split()
    sought = {form for text in (TEXT, CODE, PASSPHRASE, "Zentinéla", "zentinela") for form in forms(text)}
    for secret in (key, device_keys[:64], device_keys[64:]):
        sought |= {secret.encode(), secret.upper().encode(), bytes.fromhex(secret)}
    looked = 0
    for path, data in everything(tmp_path):
        if path.name == "slots.json":  # says who may unlock, by their codes: the screen asks before there is a key
            data = data.replace(PERSON.encode(), b"")
        looked += 1
        found = [form for form in sought if form in data]
        assert not found, f"{found} in {path}"
    assert looked > 6
    assert not list(tmp_path.rglob("core*"))
    with Laptop.unlock(tmp_path / "home", PASSPHRASE) as laptop:  # it was all there, only not in clear
        assert laptop.list("session")[0].values["note"] == f"{TEXT} otra vez"
        assert laptop.list("session")[0].void
        assert len(laptop.drafts.keys()) == len(KINDS) - 1, "a form of every kind but the session's"
