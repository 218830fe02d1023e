"""What the screen asks of the machine around the laptop's data: its state, its preferences, folders to write papers to,
and what seals a report of a fault for the office."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.cli.cards import Cards
from itinerant.cli.signatures import Signatures
from itinerant.config import Config
from itinerant.errors import StoreProblem
from itinerant.paths import Home
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.domain.fields import Value
    from itinerant.store.laptop import Laptop


class Desk:
    """The machine of one home."""

    def __init__(self, home: Path) -> None:
        self._path = Home(home).config
        self.preferences = Config.load(self._path)
        self.cards = Cards(home)
        self.signatures = Signatures(home)

    def keep(self, preferences: Config) -> None:
        """Write the preferences; they hold from now on."""
        from itinerant.store.disk.files import write_atomically

        write_atomically(self._path, preferences.to_json())
        self.preferences = preferences

    def measure(self, laptop: Laptop) -> Mapping[str, Value]:
        """Fields of READINESS that the machine can answer by itself."""
        from itinerant.store.surroundings import measure

        found = measure(laptop, time.time_ns() // 1_000_000)
        return {**found, "readers": "yes", "drivers": "yes"} if self.cards.connected() else found

    def folders(self) -> Sequence[tuple[Path, str]]:
        """Where papers may be written, each as a person calls it: the documents' folder, then the drives."""
        import platformdirs

        from itinerant.sync.drives import present

        documents = platformdirs.user_documents_path()
        drives = [(drive.path, drive.words()) for drive in present() if drive.writable]
        return [(documents, _("Documentos de esta laptop ({path})").format(path=documents)), *drives]

    def put(self, folder: Path, files: Mapping[str, bytes]) -> Sequence[Path]:
        """Write these files, each whole or not at all. Raises `StoreProblem`."""
        from itinerant.store.disk.files import write_atomically

        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                write_atomically(folder / name, content)
        except OSError as error:
            raise StoreProblem(
                _("No se pudo escribir en {folder}.").format(folder=folder),
                next_step=_("Elija otra carpeta u otra memoria."),
                place=str(folder),
            ) from error
        return [folder / name for name in files]

    def seal_report(self, laptop: Laptop, error: BaseException, about: Mapping[str, str]) -> bytes:
        """A report of a fault that only the office opens; `about`: what else it says."""
        from itinerant.sync.fault_report import describe, seal

        return seal(describe(error, **about), laptop.identity.office.seal_key)
