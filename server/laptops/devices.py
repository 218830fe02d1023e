"""What the office knows of a laptop: a view of its `device` record, and what it said last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, bindparam, select

from itinerant.domain.people import CENTRAL
from itinerant.sync import keys
from server import records
from server.tables import RECORDS

INVITED, ENROLLED, FROZEN, REVOKED, LOST, RETIRED = "invited", "enrolled", "frozen", "revoked", "lost", "retired"

GONE = frozenset({REVOKED, LOST, RETIRED})
"""States in which a laptop's later work waits in quarantine and nothing is sent to it."""

_device = RECORDS["device"]
_named = (_device.c.code == bindparam("code")) & ~_device.c.void & (_device.c.author == CENTRAL)
_FIND = select(_device).where(_named).order_by(_device.c.made_seq)


@dataclass(frozen=True, slots=True)
class Device:
    """One laptop. Keys are raw bytes, empty until it is enrolled; `revoked_after` is its last change to believe.

    `replaces`: the code that it had before; empty for a laptop that had none.
    """

    code: str
    record: str
    brigade: str
    state: str
    sign_key: bytes
    seal_key: bytes
    revoked_after: int
    replaces: str = ""

    @classmethod
    def find(cls, connection: Connection, code: str) -> Self | None:
        """The laptop of that code, or None when the office never named one so."""
        row = connection.execute(_FIND, {"code": code}).first()
        if row is None:
            return None
        return cls(
            code=row.code,
            record=row.record,
            brigade=row.brigade,
            state=row.state,
            sign_key=_raw(row.sign_key),
            seal_key=_raw(row.seal_key),
            revoked_after=row.revoked_after or 0,
            replaces=row.replaces or "",
        )

    @property
    def both_keys(self) -> bytes:
        """Both public keys, one after the other; empty until it is enrolled."""
        return self.sign_key + self.seal_key

    def believes(self, seq: int) -> bool:
        """Whether a change of that number may still enter the ledger."""
        return self.state not in {FROZEN, *GONE} or (self.state in GONE and seq <= self.revoked_after)


def brigades_of(connection: Connection, codes: Iterable[str]) -> dict[str, str]:
    """The brigade of each laptop; unknown codes are left out."""
    found: dict[str, str] = {}
    for chunk in records.chunks(sorted(set(codes))):
        rows = connection.execute(select(_device.c.code, _device.c.brigade).where(_device.c.code.in_(chunk)))
        found.update((code, brigade) for code, brigade in rows)
    return found


def _raw(text: str | None) -> bytes:
    return keys.decode(text) if text else b""
