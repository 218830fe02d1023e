"""An office of two brigades, on SQLite; and its clock, which stands still unless a test moves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.office import Office
from tests.server.cluster import INSTALLED, Cluster, running
from tests.server.laptop import START_MS, FakeLaptop, enrolled

KINDS = ["sqlite", *(["postgresql"] if INSTALLED else [])]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running() as made:
        yield made


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> str:
    """Empty for SQLite."""
    if request.param == "sqlite":
        return ""
    made: Cluster = request.getfixturevalue("cluster")
    return made.new_database()


@dataclass
class Clock:
    """The office's clock."""

    ms: int = START_MS

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    office = Office.create(
        tmp_path / "office", Settings("Oficina de prueba", "test.example/ledger"), OfficeKeys.generate(), now_ms=clock
    )
    fleet.add_brigade(office, "B01", "Brigada del Napo", by="admin")
    fleet.add_brigade(office, "B02", "Brigada de Ocongate", by="admin")
    fleet.add_staff(office, "P014", brigade="B01", role="orientador", name="Rosa Tapullima", by="admin")
    yield office
    office.close()


@pytest.fixture
def laptop(office: Office) -> FakeLaptop:
    return enrolled(office)
