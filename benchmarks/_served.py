"""An office as a process of its own, and a laptop enrolled there: what is measured beside it has its own processor."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.save import PASSPHRASE
from itinerant.store.laptop import Laptop, wall_clock
from itinerant.sync import enrol
from itinerant.sync.enrolment import Invitation
from itinerant.sync.http import ENROL, HttpTransport
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.office import Office


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[Office, str]]:
    """An office in `folder` that serves on loopback: what it is asked beside, and its address."""
    office = Office.create(folder, Settings("Oficina", "bench/log"), OfficeKeys.generate())
    fleet.add_brigade(office, "B01", "Brigada", by="bench")
    command = [sys.executable, "-m", "server.main", "--home", str(folder), "--json", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield office, json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
            office.close()


def enrolled(
    office: Office, url: str, home: Path, device: str = "LOR07", now_ms: Callable[[], int] = wall_clock
) -> Laptop:
    """A laptop enrolled at the office over the network, unlocked; close it."""
    token, expires_at = fleet.invite(office, device, "B01", by="bench")
    invitation = Invitation(device, "B01", url, token, office.identity, expires_at)
    laptop = enrol.make_home(home, invitation, "P014", PASSPHRASE, now_ms)
    with HttpTransport(url, ENROL) as transport:
        enrol.by_network(laptop, invitation, transport, now_ms())
    return laptop
