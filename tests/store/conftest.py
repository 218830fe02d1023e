"""A laptop's home to test with. Argon2id costs a fifth of a second: one home is made, tests get copies."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from itinerant.store.access.slots import DatabaseKey
from itinerant.store.disk.database import Database
from itinerant.store.disk.migrations import migrate
from itinerant.store.identity import Identity
from itinerant.store.journal import Journal
from itinerant.store.laptop import Laptop
from itinerant.store.views import adapt
from itinerant.sync.enrolment import OfficeIdentity
from itinerant.sync.keys import DeviceKeys

PASSPHRASE = "caballo batería grapa correcto"
OFFICE = OfficeIdentity("Oficina", *(DeviceKeys.generate().public.seal for _ in range(3)), vkey="oficina+1+AA")
PLACE = {"ubigeo": "160301", "place": "Nauta"}
SESSION = {
    "service": "RENIEC-01",
    "access": "procedure",
    "mode": "assisted",
    "channel": "cabin",
    "segment": "citizen",
    "outcome": "resolved",
    "started_at": 1_763_923_200_123,
    "duration_s": 600,
}

Unlock = Callable[..., Laptop]


def identity(device: str = "LOR07") -> Identity:
    """A laptop of brigade B01 with fresh keys."""
    return Identity(device, "B01", "http://127.0.0.1:8440", DeviceKeys.generate(), OFFICE)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with nothing in its log, closed."""
    home = tmp_path_factory.mktemp("template") / "home"
    Laptop.create(home, identity=identity(), person="P014", passphrase=PASSPHRASE).close()
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    """A copy of the template."""
    (template / "epoch.json").unlink(missing_ok=True)
    return Path(shutil.copytree(template, tmp_path / "home"))


@pytest.fixture
def laptop(home: Path) -> Iterator[Laptop]:
    """An unlocked laptop with an empty log."""
    with Laptop.unlock(home, PASSPHRASE) as unlocked:
        yield unlocked


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An encrypted database with its tables and nothing in them."""
    opened = Database(tmp_path / "log.db", DatabaseKey.generate())
    migrate(opened, now_ms=0, new=True)
    with opened.writer() as connection:
        adapt(connection)
    yield opened
    opened.close()


@pytest.fixture
def journal(database: Database) -> Journal:
    """The log of LOR07, empty."""
    return Journal(database, "LOR07")
