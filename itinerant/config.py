"""Preferences of one laptop: no secrets, readable before anybody unlocks.

* Kept as JSON in the home's `config.json`, for a person to edit or a screen to write.
* A value that is missing or out of bounds counts as its default: preferences never keep anybody from working.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

LEAST_IDLE_S = 30
MOST_IDLE_S = 3_600
_MOST_PATH = 1_024


@dataclass(frozen=True, slots=True)
class Config:
    """What a person may choose."""

    idle_lock_s: int = 300
    """Seconds without a key or a click until the laptop locks. From 30 seconds to an hour."""

    theme: str = "claro"
    """Colours of the screen: `claro`, `oscuro` or `contraste`. Whoever shows it falls back to the first."""

    language: str = "es"
    """Language of the words on screen (ISO 639). Spanish is the source; another needs its catalogue."""

    pkcs11_module: str = ""
    """Path of the PKCS#11 module of the cards or tokens in use; empty: PIV cards alone, spoken to directly."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """The preferences of a file; defaults where it says nothing that can be used."""
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            return cls()
        return cls(
            **{item.name: content[item.name] for item in fields(cls) if _good(item.name, content.get(item.name))}
        )

    def to_json(self) -> bytes:
        """The bytes of the file."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode() + b"\n"


def _good(name: str, value: Any) -> bool:
    if name == "idle_lock_s":
        return type(value) is int and LEAST_IDLE_S <= value <= MOST_IDLE_S
    if name == "pkcs11_module":
        return isinstance(value, str) and len(value) <= _MOST_PATH and value.isprintable()
    return isinstance(value, str) and 0 < len(value) <= 32 and value.isprintable()
