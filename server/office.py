"""An open office: its folder, keys, settings, database and clock, which every operation takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from itinerant.domain.people import CENTRAL
from itinerant.log.notes import Verifier
from itinerant.sync.enrolment import OfficeIdentity
from server import home, ledger
from server.database import Database
from server.exchange import chains
from server.home import DATABASE_FILE, OfficeKeys, Settings


class Keyring:
    """The office's keys, read again when the folder has others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = (self._stamp(), home.read_keys(folder))

    @property
    def keys(self) -> OfficeKeys:
        """The present keys. Raises `Damaged` when they cannot be read any more."""
        stamp = self._stamp()
        if stamp != self._read[0]:
            self._read = (stamp, home.read_keys(self._folder))
        return self._read[1]

    def _stamp(self) -> tuple[int, int]:
        try:
            found = home.rotated_file(self._folder).stat()
        except FileNotFoundError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_ino)


def system_ms() -> int:
    """The machine's clock, in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Office:
    """What every operation of the office works on; `close` it."""

    folder: Path
    settings: Settings
    ring: Keyring
    database: Database
    now_ms: Callable[[], int] = system_ms

    @classmethod
    def create(
        cls, folder: Path, settings: Settings, keys: OfficeKeys, *, now_ms: Callable[[], int] = system_ms
    ) -> Office:
        """Make a new office: folder with its keys, an empty database with an empty ledger."""
        home.create(folder, settings, keys)
        office = cls.open(folder, now_ms=now_ms)
        with office.database.writer() as connection:
            ledger.start(connection)
            chains.open_chain(connection, CENTRAL)
        return office

    @classmethod
    def open(cls, folder: Path, *, database_url: str = "", now_ms: Callable[[], int] = system_ms) -> Office:
        """Open the office in `folder`; `database_url` overrides the one in its settings."""
        settings = home.read_settings(folder)
        ring = Keyring(folder)
        database = Database.open(database_url or settings.database_url, folder / DATABASE_FILE)
        return cls(folder, settings, ring, database, now_ms)

    @property
    def keys(self) -> OfficeKeys:
        """Its keys, as the folder has them now: another process may have changed them."""
        return self.ring.keys

    @property
    def verifier(self) -> Verifier:
        """The key that checkpoints are verified with, by the ledger's name."""
        return Verifier(self.settings.origin, self.keys.sign_public)

    def verifiers(self, size: int) -> list[Verifier]:
        """The keys whose signature holds on a ledger of `size` leaves, the present one first."""
        return self.keys.verifiers(self.settings.origin, size)

    @property
    def identity(self) -> OfficeIdentity:
        """What a laptop is given of this office when it is enrolled."""
        return OfficeIdentity(
            name=self.settings.name,
            sign_key=self.keys.sign_public,
            seal_key=self.keys.seal_public,
            recovery_key=self.keys.recovery_public,
            vkey=self.verifier.vkey,
            number=self.keys.number,
        )

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()
