"""Drives and the sync by stick, in memory: what they say is what a test puts here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from itinerant.errors import ItinerantError
from itinerant.sync.courier import Read, Written
from itinerant.sync.drives import Drive

KINGSTON = Drive(Path("/media/rosa/KINGSTON"), "KINGSTON", "vfat", free=7_240_000_000, total=8_004_304_896)
SMALL = Drive(Path("/media/rosa/MEMORIA"), "MEMORIA", "vfat", writable=False, free=12_000_000, total=2_000_000_000)


@dataclass
class FakeStick:
    """`connected`: the drives; `gives`: what writing and reading answer; `asked`: what was asked for, and where."""

    connected: list[Drive] = field(default_factory=lambda: [KINGSTON, SMALL])
    written: Written = field(default_factory=lambda: Written([], 0, 0))
    read_back: Read = field(default_factory=Read)
    fails: ItinerantError | None = None
    asked: list[tuple[str, Path]] = field(default_factory=list)
    step: Callable[[int], None] = lambda done: None

    def drives(self) -> list[Drive]:
        return list(self.connected)

    def write(
        self, laptop: Any, folder: Path, *, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> Written:
        return self._do("write", folder, progress, cancelled) or self.written

    def read(
        self, laptop: Any, folder: Path, *, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> Read:
        return self._do("read", folder, progress, cancelled) or self.read_back

    def _do(self, what: str, folder: Path, progress: Any, cancelled: Any) -> Any:
        self.asked.append((what, folder))
        if self.fails:
            raise self.fails
        for done in range(1, 4):
            if cancelled():
                return Written([], done, 0, stopped=True) if what == "write" else Read(stopped=True)
            progress(done, 3)
            self.step(done)
        return None
