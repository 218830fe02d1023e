"""The machine around the laptop, in memory: what it measures, where it writes, what it remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from itinerant.config import Config
from itinerant.domain.fields import Value
from itinerant.errors import ItinerantError
from tests.screens.fake import FakeLaptop
from tests.screens.fake_cards import FakeCards
from tests.screens.fake_signatures import FakeSignatures

STICK = Path("/media/KINGSTON")
DOCUMENTS = Path("/home/brigada/Documentos")


class FakeDesk:
    """A laptop with a battery, a reader and one stick."""

    def __init__(self, theme: str = "claro") -> None:
        self.preferences = Config(theme=theme)
        self.measured: dict[str, Value] = {
            "privacy": "yes",
            "readers": "yes",
            "drivers": "yes",
            "battery_pct": 82,
            "disk_free_mb": 41_000,
            "clock_skew_s": 4,
            "catalogue_age_d": 6,
        }
        self.cards = FakeCards()
        self.signatures = FakeSignatures()
        self.written: dict[Path, bytes] = {}
        self.fails: ItinerantError | None = None
        self.reports: list[tuple[BaseException, Mapping[str, str]]] = []

    def keep(self, preferences: Config) -> None:
        self.preferences = preferences

    def measure(self, _laptop: FakeLaptop) -> Mapping[str, Value]:
        return self.measured

    def folders(self) -> Sequence[tuple[Path, str]]:
        return [(DOCUMENTS, "Documentos de esta laptop"), (STICK, "KINGSTON · 7.2 GB libres de 8 GB")]

    def put(self, folder: Path, files: Mapping[str, bytes]) -> Sequence[Path]:
        if self.fails:
            raise self.fails
        self.written |= {folder / name: content for name, content in files.items()}
        return [folder / name for name in files]

    def seal_report(self, _laptop: FakeLaptop | None, error: BaseException, about: Mapping[str, str]) -> bytes:
        self.reports.append((error, about))
        return b"sealed"
