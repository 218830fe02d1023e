"""Somebody at the office with the database open: history rewritten there, with or without the signing key.

`rewrite` changes the ledger's rows and makes every hash fit that can be made to fit; the checkpoint is signed with
the key that is given, so that the three hands of the threat model are one function.
"""

import json

from itinerant.log.canonical import leaf_hash
from itinerant.log.change import Change
from itinerant.log.notes import Checkpoint
from itinerant.log.tree import Frontier
from server.tables import ChainRow, ChangeRow, LedgerRow, NodeRow, table
from tests.audit.surgery import canonical

_change = table(ChangeRow)
_ledger = table(LedgerRow)
_chain = table(ChainRow)
_node = table(NodeRow)


def ledger(office):
    """The bytes of every leaf, in order."""
    with office.database.reader() as connection:
        return list(connection.scalars(_change.select().with_only_columns(_change.c.data).order_by(_change.c.position)))


def rewrite(office, leaves, key):
    """Make `leaves` the ledger, with hashes, chains' ends, tree, and a checkpoint signed by `key`."""
    with office.database.writer() as connection:
        known = {row.data: row for row in connection.execute(_change.select())}
        any_row = next(iter(known.values()))
        connection.execute(_change.delete())
        connection.execute(_chain.update().where(_chain.c.branch == 0).values(upto=0, head="0" * 64))
        for place, data in enumerate(leaves):
            change = Change.from_bytes(data)
            before = known.get(data, any_row)
            connection.execute(
                _change.insert().values(
                    position=place,
                    device=change.device,
                    seq=change.seq,
                    record=change.record,
                    creates=change.creates,
                    kind=change.kind,
                    scope=before.scope,
                    hash=leaf_hash(data),
                    data=data,
                    received_at=before.received_at,
                )
            )
            mine = (_chain.c.device == change.device) & (_chain.c.branch == 0) & (_chain.c.upto <= change.seq)
            connection.execute(_chain.update().where(mine).values(upto=change.seq, head=leaf_hash(data).hex()))
        connection.execute(_node.delete())
        frontier = Frontier().append(map(leaf_hash, leaves))
        note = Checkpoint(office.settings.origin, frontier.size, frontier.root()).sign(key)
        connection.execute(_ledger.update().values(size=frontier.size, frontier=frontier.to_bytes(), checkpoint=note))


def edited(leaves, place, **values):
    """The leaves with the `set` of the change at `place` altered. Its hash becomes another."""
    change = json.loads(leaves[place])
    altered = canonical({**change, "set": {**change["set"], **values}})
    return [*leaves[:place], altered, *leaves[place + 1 :]]


def rechained(leaves, device):
    """The leaves with the chain of a device made to fit again after an edit."""
    prev, fixed = "0" * 64, {}
    mine = sorted(
        ((json.loads(data)["seq"], at) for at, data in enumerate(leaves) if json.loads(data)["device"] == device)
    )
    for _seq, at in mine:
        fixed[at] = canonical({**json.loads(leaves[at]), "prev": prev})
        prev = leaf_hash(fixed[at]).hex()
    return [fixed.get(at, data) for at, data in enumerate(leaves)]
