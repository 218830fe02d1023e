"""Who the laptop is: kept inside the database, never outside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from itinerant.sync import keys
from itinerant.sync.keys import DeviceKeys


@dataclass(frozen=True, slots=True)
class Identity:
    """The laptop's code, brigade and keys, the office it answers to, and its epoch (which life of the code this is).

    `office` holds what the enrolment file says of it: `url`, `name`, `sign_key`, `seal_key`, `recovery_key`, `vkey`
    (keys in base64url).
    """

    device: str
    brigade: str
    keys: DeviceKeys
    office: Mapping[str, str]
    epoch: int = 1

    @property
    def recovery_key(self) -> bytes | None:
        """The office's raw X25519 key for a forgotten passphrase; None when it gave none."""
        text = self.office.get("recovery_key", "")
        return keys.decode(text, place="recovery_key") if text else None

    def as_dict(self) -> dict[str, Any]:
        """As the database keeps it."""
        return {
            "device": self.device,
            "brigade": self.brigade,
            "keys": base64.b64encode(self.keys.to_bytes()).decode(),
            "office": dict(self.office),
            "epoch": self.epoch,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Identity:
        """What `as_dict` made."""
        return cls(
            device=value["device"],
            brigade=value["brigade"],
            keys=DeviceKeys.from_bytes(base64.b64decode(value["keys"])),
            office=value["office"],
            epoch=value["epoch"],
        )
