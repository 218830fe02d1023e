"""Who the laptop is: kept inside the database, never outside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """The laptop's code, brigade, keys (64 raw bytes: signing, sealing), the office it answers to, and its epoch."""

    device: str
    brigade: str
    keys: bytes
    office: Mapping[str, str]
    epoch: int = 1

    def __repr__(self) -> str:
        return f"Identity({self.device})"

    def as_dict(self) -> dict[str, Any]:
        """As the database keeps it."""
        return {
            "device": self.device,
            "brigade": self.brigade,
            "keys": base64.b64encode(self.keys).decode(),
            "office": dict(self.office),
            "epoch": self.epoch,
        }

    @property
    def recovery_key(self) -> bytes | None:
        """The office's raw X25519 key for a forgotten passphrase, or None when it gave none."""
        text = self.office.get("recovery_key", "")
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if text else None

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Identity:
        """What `as_dict` made."""
        return cls(value["device"], value["brigade"], base64.b64decode(value["keys"]), value["office"], value["epoch"])
