"""A laptop enrolled at a simulated office. One home is made a run; tests get copies, the key derivation costs a lot."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from itinerant.store.laptop import Laptop
from itinerant.sync import enrol
from itinerant.sync.engine import Clock
from tests.simulator import OfficeSimulator
from tests.sync.logs import OFFICE_KEYS

PASSPHRASE = "caballo batería grapa correcto"
PLACE = {"ubigeo": "160301", "place": "Nauta"}


@dataclass
class Time:
    """A clock that only moves when something waits."""

    now: float = 1_763_982_000.0

    def sleep(self, seconds):
        self.now += seconds

    @property
    def clock(self):
        return Clock(now_ms=lambda: int(self.now * 1_000), monotonic=lambda: self.now, sleep=self.sleep)


@dataclass
class Enrolled:
    """What a closed enrolment leaves: a home, and what the office knows."""

    home: Path
    office: OfficeSimulator


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    home = tmp_path_factory.mktemp("sync") / "home"
    office = OfficeSimulator(keys=OFFICE_KEYS)
    invitation = office.invite("LOR07")
    with enrol.make_home(home, invitation, "P014", PASSPHRASE, lambda: office.now_ms) as laptop:
        enrol.by_network(laptop, invitation, office, office.now_ms)
    return Enrolled(home, office)


@pytest.fixture
def office(template):
    return OfficeSimulator(keys=OFFICE_KEYS, devices=dict(template.office.devices))


@pytest.fixture
def laptop(template, tmp_path):
    home = Path(shutil.copytree(template.home, tmp_path / "home"))
    (home / "epoch.json").unlink(missing_ok=True)
    with Laptop.unlock(home, PASSPHRASE) as unlocked:
        yield unlocked


@pytest.fixture
def time():
    return Time()
