"""Who the laptop is: kept inside the database, never outside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from itinerant.sync.enrolment import OfficeIdentity
from itinerant.sync.keys import DeviceKeys


@dataclass(frozen=True, slots=True)
class Identity:
    """The laptop's code, brigade and keys, and the office it answers to, at `url` (empty without network).

    `epoch`: which life of this code it is; it begins anew with each enrolment.
    """

    device: str
    brigade: str
    url: str
    keys: DeviceKeys
    office: OfficeIdentity
    epoch: int = 1

    def as_dict(self) -> dict[str, Any]:
        """As the database keeps it."""
        return {
            "device": self.device,
            "brigade": self.brigade,
            "url": self.url,
            "keys": base64.b64encode(self.keys.to_bytes()).decode(),
            "office": self.office.as_dict(),
            "epoch": self.epoch,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Identity:
        """What `as_dict` made."""
        return cls(
            device=value["device"],
            brigade=value["brigade"],
            url=value["url"],
            keys=DeviceKeys.from_bytes(base64.b64decode(value["keys"])),
            office=OfficeIdentity.from_dict(value["office"]),
            epoch=value["epoch"],
        )
