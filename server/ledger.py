"""The ledger's tree: which leaf is next, and the signed checkpoint over all of them.

* `lock` comes first in every writing transaction: whoever holds the ledger's row decides positions, alone.
* The tree is RFC 9162's; only its compact range is kept, the leaves are the `change` table's hashes.
* The checkpoint (C2SP tlog-checkpoint in a signed-note) is of the same transaction as the leaves that it covers.
* Nothing is added behind an end that the office did not sign: what was rewritten by hand is never signed anew.
* The roots of every full 256 neighbours are kept (`node`), so that a proof reads some thousand rows of any ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from itinerant.errors import Damaged, StoreProblem
from itinerant.log.notes import Checkpoint, Verifier, read_checkpoint
from itinerant.log.tree import TILE_HEIGHT, TILE_WIDTH, Fetch, Frontier
from itinerant.texts import _
from server.home import OfficeKeys, Settings
from server.tables import ChangeRow, LedgerRow, NodeRow, table

_change = table(ChangeRow)
_ledger = table(LedgerRow)
_node = table(NodeRow)
_ONLY = _ledger.c.id == 1
_END = select(_ledger).where(_ONLY)
_LOCKED = _END.with_for_update()
_SIZE = select(_ledger.c.size).where(_ONLY)
_HIGHEST = select(func.max(_node.c.number)).where(_node.c.row == bindparam("row"))


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
    row = connection.execute(_LOCKED).one()
    return Ledger(Frontier.from_bytes(row.frontier), row.checkpoint)


def read(connection: Connection) -> Ledger:
    """The ledger's end, without keeping anybody out."""
    row = connection.execute(_END).one()
    return Ledger(Frontier.from_bytes(row.frontier), row.checkpoint)


def size(connection: Connection) -> int:
    """Number of leaves."""
    leaves: int = connection.execute(_SIZE).scalar_one()
    return leaves


def extend(
    connection: Connection, ledger: Ledger, hashes: Sequence[bytes], keys: OfficeKeys, settings: Settings
) -> Ledger:
    """Add leaves by their hashes, in order, and sign the new end. The caller holds the lock and wrote the changes.

    Raises `StoreProblem` when the end is not what the office signed last: its database was altered.
    """
    if not hashes:
        return ledger
    if not is_signed(ledger, keys.verifiers(settings.origin, ledger.size)):
        raise StoreProblem(
            _("El registro de la oficina no es el que ella firmó: su base de datos fue alterada."),
            safe=_("No se agregó nada."),
            next_step=_("En la oficina: ejecute «itinerant-server doctor» y restaure una copia de respaldo."),
            code="ledger",
        )
    frontier = ledger.frontier.append(hashes)
    note = Checkpoint(settings.origin, frontier.size, frontier.root()).sign(keys.sign)
    connection.execute(
        _ledger.update().where(_ONLY).values(size=frontier.size, frontier=frontier.to_bytes(), checkpoint=note)
    )
    if frontier.size // TILE_WIDTH > ledger.size // TILE_WIDTH:
        _keep_nodes(connection, ledger.size, hashes)
    return Ledger(frontier, note)


def is_signed(ledger: Ledger, by: Sequence[Verifier]) -> bool:
    """Whether the end is the one that the office signed, with one of its keys."""
    if not ledger.size and not ledger.checkpoint:
        return True
    try:
        signed = read_checkpoint(ledger.checkpoint, by)
    except Damaged:
        return False
    return signed == Checkpoint(by[0].name, ledger.size, ledger.frontier.root())


def fetcher(connection: Connection) -> Fetch:
    """The roots of the ledger's complete subtrees, for proofs."""

    def fetch(level: int, index: int) -> bytes:
        row = level // TILE_HEIGHT
        while True:
            count = 1 << (level - row * TILE_HEIGHT)
            found = _row(connection, row, index * count, count)
            if len(found) == count:
                return Frontier().append(found).root()
            if not row:
                raise StoreProblem(_("Al registro le faltan hojas."), place=str(index * count), code="ledger")
            row -= 1  # of an older program's ledger, not all nodes are here yet

    return fetch


def nodes_follow(connection: Connection) -> bool:
    """Whether every kept root is the one that the hashes below it give."""
    for row, number, digest in connection.execute(select(_node).order_by(_node.c.row, _node.c.number)).all():
        if Frontier().append(_row(connection, row - 1, number * TILE_WIDTH, TILE_WIDTH)).root() != digest:
            return False
    return True


def _row(connection: Connection, row: int, first: int, count: int) -> list[bytes]:
    """The roots of `count` neighbouring subtrees of 256^row leaves each."""
    if row:
        mine = (_node.c.row == row) & _node.c.number.between(first, first + count - 1)
        return list(connection.scalars(select(_node.c.hash).where(mine).order_by(_node.c.number)))
    here = _change.c.position.between(first, first + count - 1)
    return list(connection.scalars(select(_change.c.hash).where(here).order_by(_change.c.position)))


def _keep_nodes(connection: Connection, old: int, hashes: Sequence[bytes]) -> None:
    """Keep the roots that are not kept yet, row by row, of a ledger whose leaves from `old` on are `hashes`."""
    row, size = 1, old + len(hashes)
    while size := size // TILE_WIDTH:
        highest = connection.scalar(_HIGHEST, {"row": row})
        rows = []
        for number in range(0 if highest is None else highest + 1, size):
            first = number * TILE_WIDTH
            if row == 1 and first >= old:
                below = hashes[first - old : first - old + TILE_WIDTH]
            else:
                below = _row(connection, row - 1, first, TILE_WIDTH)
            rows.append({"row": row, "number": number, "hash": Frontier().append(below).root()})
        if rows:
            connection.execute(_node.insert(), rows)
        row += 1
