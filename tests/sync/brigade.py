"""The laptops of one brigade at a simulated office, each unlocked, each told who the others are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from itinerant.domain.kinds import KINDS
from itinerant.store.identity import Identity
from itinerant.store.laptop import Laptop
from itinerant.sync import courier, engine, keys
from itinerant.sync.standing import Peer, Standing
from tests.simulator import OfficeSimulator
from tests.sync.logs import OFFICE_KEYS, keys_of

PASSPHRASE = "caballo batería grapa correcto"
SESSION = {
    "service": "RENIEC-01",
    "access": "procedure",
    "mode": "assisted",
    "channel": "cabin",
    "segment": "citizen",
    "outcome": "resolved",
    "started_at": 1_763_923_200_123,
    "duration_s": 600,
}


def stretch(slot, passphrase):
    """What takes the place of Argon2id: these tests are about what is inside."""
    return hashlib.sha256(f"{slot['salt']}{passphrase}".encode()).digest()


@dataclass
class Brigade:
    """Laptops by code, and their office; `folder` holds the homes."""

    folder: Path
    office: OfficeSimulator = field(default_factory=lambda: OfficeSimulator(keys=OFFICE_KEYS))
    laptops: dict[str, Laptop] = field(default_factory=dict)

    def enrol(self, *codes: str) -> list[Laptop]:
        """New laptops; all are told of all."""
        for code in codes:
            device_keys = keys_of(code)
            self.office.devices[code] = device_keys.public
            identity = Identity(code, "B01", "", device_keys, self.office.identity)
            home = self.folder / code
            self.laptops[code] = Laptop.create(home, identity=identity, person="P014", passphrase=PASSPHRASE)
        self.tell(peers=self.peers())
        return [self.laptops[code] for code in codes]

    def peers(self, **states: str) -> list[Peer]:
        public = {code: self.office.devices[code] for code in self.laptops}
        return [
            Peer(code, keys.encode(each.sign), keys.encode(each.seal), states.get(code, "enrolled"))
            for code, each in public.items()
        ]

    def tell(self, **what: object) -> None:
        """The office changes what it says of the brigade, and every laptop hears it."""
        self.office.standing = replace(self.office.standing, **what)
        for laptop in self.laptops.values():
            self.hear(laptop)

    def hear(self, laptop: Laptop) -> None:
        """One receipt with the standing and nothing else."""
        self.office.now_ms += 1_000
        have = laptop.sync_state.have
        data = self.office.answer(laptop.device, "A" * 16, have=have)
        laptop.apply_receipt(engine.read_receipt(laptop, data))

    def sync(self, laptop: Laptop) -> None:
        self.office.now_ms += 1_000
        engine.sync(laptop, self.office)

    def write(self, laptop: Laptop, stick: Path) -> courier.Written:
        return courier.write_parcels(laptop, stick, self.office.now_ms)

    def close(self) -> None:
        for laptop in self.laptops.values():
            laptop.close()


def records(laptop: Laptop) -> dict[str, object]:
    """Every record as the laptop shows it, and its open conflicts: what must be the same everywhere."""
    found: dict[str, object] = {}
    for kind in KINDS:
        for row in laptop.list(kind, limit=10_000):
            found[row.record] = (kind, dict(row.values), row.void, row.heads, row.conflicts)
    for one in laptop.conflicts():
        found[f"{one.record}.{one.field}"] = one
    return found


__all__ = ["SESSION", "Brigade", "Standing", "records", "stretch"]
