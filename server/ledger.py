"""The ledger's tree: which leaf is next, and the signed checkpoint over all of them.

* `lock` comes first in every writing transaction: whoever holds the ledger's row decides positions, alone.
* The tree is RFC 9162's; only its compact range is kept, the leaves are the `change` table's hashes.
* The checkpoint (C2SP tlog-checkpoint in a signed-note) is of the same transaction as the leaves that it covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from itinerant.log.notes import Checkpoint
from itinerant.log.tree import Frontier
from server.home import OfficeKeys, Settings
from server.tables import LedgerRow, table

_ledger = table(LedgerRow)
_ONLY = _ledger.c.id == 1


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger's end as one transaction sees it."""

    frontier: Frontier
    checkpoint: str

    @property
    def size(self) -> int:
        """Number of leaves: the position of the next one."""
        return self.frontier.size


def start(connection: Connection) -> None:
    """Make the empty ledger's row; once in a database's life."""
    connection.execute(_ledger.insert().values(id=1, size=0, frontier=Frontier().to_bytes(), checkpoint=""))


def lock(connection: Connection) -> Ledger:
    """Read the ledger's end and keep every other writer out until the transaction ends."""
    row = connection.execute(select(_ledger).where(_ONLY).with_for_update()).one()
    return Ledger(Frontier.from_bytes(row.frontier), row.checkpoint)


def read(connection: Connection) -> Ledger:
    """The ledger's end, without keeping anybody out."""
    row = connection.execute(select(_ledger).where(_ONLY)).one()
    return Ledger(Frontier.from_bytes(row.frontier), row.checkpoint)


def size(connection: Connection) -> int:
    """Number of leaves."""
    leaves: int = connection.execute(select(_ledger.c.size).where(_ONLY)).scalar_one()
    return leaves


def extend(
    connection: Connection, ledger: Ledger, hashes: Sequence[bytes], keys: OfficeKeys, settings: Settings
) -> Ledger:
    """Add leaves by their hashes, in order, and sign the new end. The caller holds the lock."""
    if not hashes:
        return ledger
    frontier = ledger.frontier.append(hashes)
    note = Checkpoint(settings.origin, frontier.size, frontier.root()).sign(keys.sign)
    connection.execute(
        _ledger.update().where(_ONLY).values(size=frontier.size, frontier=frontier.to_bytes(), checkpoint=note)
    )
    return Ledger(frontier, note)
