"""A `pcscd` of the test's own with two virtual readers. One test at a time has it: its socket is the system's."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.card.virtual import Slot

_SOCKET = Path("/run/pcscd/pcscd.comm")
_DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"


class Daemon:
    """`pcscd` with the virtual readers of `ports`; started and stopped at will."""

    def __init__(self, folder: Path, port: int) -> None:
        self._configuration = folder / "reader.conf"
        self._configuration.write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{port:#x}\nLIBPATH {_DRIVER}\nCHANNELID {port:#x}\n',
            encoding="ascii",
        )
        self._log = folder / "pcscd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.slots = (Slot(port), Slot(port + 1))

    def start(self) -> None:
        """Start it and wait until it listens."""
        _SOCKET.unlink(missing_ok=True)
        with self._log.open("ab") as log:
            command = ["pcscd", "-f", "-c", str(self._configuration)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while not self._listens():
            assert time.monotonic() < deadline, self._log.read_text(encoding="utf-8", errors="replace")
            assert self._process.poll() is None, self._log.read_text(encoding="utf-8", errors="replace")
            time.sleep(0.02)

    @staticmethod
    def _listens() -> bool:
        with socket.socket(socket.AF_UNIX) as link:
            return link.connect_ex(str(_SOCKET)) == 0

    def stop(self) -> None:
        """Stop it; whatever is in the readers is pulled out."""
        for slot in self.slots:
            slot.remove()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


@pytest.fixture
def pcscd(tmp_path: Path) -> Iterator[Daemon]:
    """The daemon, running, with two empty readers."""
    with FileLock(Path(tempfile.gettempdir()) / "itinerant-pcscd.lock", timeout=300):
        daemon = Daemon(tmp_path, 36_000 + os.getpid() % 10_000 * 2)
        daemon.start()
        try:
            yield daemon
        finally:
            daemon.stop()
