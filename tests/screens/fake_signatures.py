"""Signing and checking without a card: remembers what was asked, says what the test wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from itinerant.domain.acta import Acta
from itinerant.errors import ItinerantError

LETTER = Path("/media/rosa/KINGSTON/solicitud.pdf")


@dataclass
class FakeVerdict:
    """A verdict of one signature."""

    good: bool = True

    def lines(self) -> list[str]:
        state = "íntegro" if self.good else "ALTERADO: lo firmado no es lo que dice el archivo"
        return ["Firma 1: QUISPE MAMANI ROSA FIR (B-B)", f"  {state}", "  firmante confiable", "Comprobación técnica."]


@dataclass
class FakeSignatures:
    """One document on a stick."""

    documents: list[Path] = field(default_factory=lambda: [LETTER])
    verdict: FakeVerdict = field(default_factory=FakeVerdict)
    failing: ItinerantError | None = None
    """Raised until the person insists."""
    asked: list[tuple[str, Path | None, str, bool]] = field(default_factory=list)

    def files(self, folders: Sequence[Path]) -> Sequence[Path]:
        return [path for path in self.documents if path.parent in folders or not folders]

    def check(self, path: Path) -> FakeVerdict:
        self.asked.append(("check", path, "", False))
        return self.verdict

    def sign_file(self, path: Path, pin: str, *, insist: bool = False) -> Path:
        self._asked("file", path, pin, insist)
        signed = path.with_name(f"{path.stem}-firmado.pdf")
        self.documents.append(signed)
        return signed

    def sign_acta(self, made: Acta, pin: str, *, insist: bool = False) -> tuple[str, bytes]:
        self._asked("acta", None, pin, insist)
        return f"{made.file_name}-firmado.pdf", b"%PDF-1.4 firmado"

    def _asked(self, what: str, path: Path | None, pin: str, insist: bool) -> None:
        self.asked.append((what, path, pin, insist))
        if self.failing and not insist:
            raise self.failing
