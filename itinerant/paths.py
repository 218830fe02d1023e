"""Where things live on the laptop's disk: one folder, `home`, with six files of fixed names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HOME_VARIABLE = "ITINERANT_HOME"


@dataclass(frozen=True, slots=True)
class Home:
    """The data folder of one enrolled laptop."""

    root: Path

    @classmethod
    def find(cls, chosen: Path | None = None) -> Home:
        """The folder that was chosen, else that of `ITINERANT_HOME`, else the platform's user data folder."""
        named = os.environ.get(HOME_VARIABLE, "")
        if chosen is None and named:
            chosen = Path(named)
        return cls(chosen or platformdirs.user_data_path("itinerant", appauthor=False))

    @property
    def slots(self) -> Path:
        """The vault: the database key, wrapped once per person."""
        return self.root / "slots.json"

    @property
    def database(self) -> Path:
        """The encrypted database; SQLite keeps `-wal` and `-shm` beside it."""
        return self.root / "log.db"

    @property
    def unfinished(self) -> Path:
        """A database in the making: it takes its name once the vault that opens it is on disk."""
        return self.root / "log.db.new"

    @property
    def epoch(self) -> Path:
        """How far the log had come, kept outside the database on purpose."""
        return self.root / "epoch.json"

    @property
    def lock(self) -> Path:
        """Held by the one process that has the home open."""
        return self.root / "lock"

    @property
    def recovery(self) -> Path:
        """A request to the office that waits for its answer: the private half that opens it."""
        return self.root / "recovery.json"

    @property
    def config(self) -> Path:
        """Preferences without secrets, readable before anybody unlocks."""
        return self.root / "config.json"
