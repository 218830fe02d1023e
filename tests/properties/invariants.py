"""What must hold after every step of every history (section 9 of the design), asked of the real parts.

The laptops that no step touched since the last look are left alone: nobody else writes their files.
"""

import hashlib
import json
from collections import defaultdict

from sqlalchemy import select

from itinerant.domain.kinds import KINDS
from itinerant.log.change import GENESIS
from itinerant.log.notes import read_checkpoint
from itinerant.tables import from_cell
from server import chains, ledger
from server.tables import RECORDS, ChangeRow, ConflictRow, ParkedRow, QuarantineRow, table
from tests.log.model import model as merge_model

_change, _quarantine, _parked, _conflict = map(table, (ChangeRow, QuarantineRow, ParkedRow, ConflictRow))


def check(world):
    """Every invariant."""
    office_keeps_everything_once(world)
    office_shows_what_the_ledger_says(world)
    for seat in world.touched:
        laptop_keeps_what_it_showed(world, seat)
        laptop_shows_what_it_knows(world, seat)
    world.touched.clear()


# -- nothing lost, nothing twice


def office_keeps_everything_once(world):
    """Every change that arrived is in the ledger or aside, once, as the model sorts them; the tree is that of RFC 9162."""
    columns = select(_change.c.hash, _change.c.scope).order_by(_change.c.position)
    with world.office.database.reader() as connection:
        leaves = [(row.hash.hex(), row.scope) for row in connection.execute(columns)]
        aside = [hashed.hex() for hashed in connection.scalars(select(_quarantine.c.hash))]
        parked = list(connection.scalars(select(_parked.c.hash)))
        end = ledger.read(connection)
        logs = {code: chains.branches(connection, code) for code in world.model.devices}
    assert leaves == world.model.ledger
    assert sorted(aside) == sorted(world.model.aside)
    assert sorted(parked) == sorted(world.model.parked)
    hashes = [bytes.fromhex(hashed) for hashed, _scope in leaves]
    assert end.frontier.root() == tree_root(hashes)
    signed = read_checkpoint(end.checkpoint, [world.office.verifier])
    assert (signed.size, signed.root) == (len(hashes), end.frontier.root())
    for code, device in world.model.devices.items():
        heads = [(len(log), log[-1] if log else GENESIS) for log in device.branches]
        assert [(head.seq, head.hash) for head in logs[code].values()] == heads


def tree_root(hashes):
    """Root of RFC 9162 section 2.1.1 over leaf hashes, by its own words: split at the largest power of two below n."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


def laptop_keeps_what_it_showed(world, seat):
    """The log is what the person was shown; what is called received is at the office; what was pulled is here."""
    laptop, model = seat.laptop, world.model
    own, foreign = known_to(world, laptop)
    assert own == seat.own
    assert laptop._journal.verify().seq == len(own)
    state = laptop.sync_state
    assert all(model.received(seat.code, hashed) for hashed in own[: state.received_upto])
    assert model.foreign(seat.code, state.have) <= foreign <= model.foreign(seat.code)


def known_to(world, laptop):
    """Hashes of the own log in order, and of the changes of others that the laptop holds."""
    own, foreign = [], set()
    with laptop._database.reader() as connection:
        for device, hashed, body in connection.exec_driver_sql("SELECT device, hash, body FROM change ORDER BY n"):
            if device == laptop.device:
                own.append(hashed.hex())
            else:
                foreign.add(world.unchained()[body])
    return own, foreign


# -- records and conflicts: the same everywhere, none silent, none false


def merged(world, hashes):
    """Records and conflicts of some changes, by reference, as the reference merge has them."""
    about = defaultdict(list)
    for hashed in hashes:
        about[world.model.written[hashed].record].append(hashed)
    return {ref: merged_record(world, tuple(sorted(changes))) for ref, changes in about.items()}


def merged_record(world, hashes):
    """Kind, values, void, heads and conflicts of one record."""
    if hashes not in world.merged:
        changes = [world.model.written[hashed] for hashed in hashes]
        values, void, heads, conflicts = merge_model(changes)
        kind = next((change for change in changes if change.creates), changes[0]).kind
        fields = {item.name: values.get(item.name) for item in KINDS[kind].fields}
        world.merged[hashes] = kind, fields, void, heads, conflicts
    return world.merged[hashes]


def laptop_shows_what_it_knows(world, seat):
    """Records and open conflicts on the laptop are what the reference merge makes of the changes that are there."""
    own, foreign = known_to(world, seat.laptop)
    expected = merged(world, [*own, *foreign])
    conflicts = defaultdict(dict)
    for one in seat.laptop.conflicts():
        candidates = sorted((json.dumps(item.value), item.change) for item in one.candidates)
        conflicts[one.record][one.field] = one.provisional, candidates
    shown = {
        record.record: (kind, record.values, record.void, list(record.heads), conflicts.pop(record.record, {}))
        for kind in {kind for kind, *_rest in expected.values()}
        for record in seat.laptop.list(kind, limit=100_000)
    }
    assert shown == expected
    assert not conflicts
    assert all(seat.laptop.get(ref).conflicts == len(one[4]) for ref, one in expected.items() if one[4])


def office_shows_what_the_ledger_says(world):
    """Records and open conflicts at the office are what the reference merge makes of the ledger."""
    expected = merged(world, [leaf.hash for leaf in world.model.ledger])
    conflicts = defaultdict(dict)
    shown = {}
    with world.office.database.reader() as connection:
        for row in connection.execute(select(_conflict)):
            candidates = sorted((json.dumps(one["value"]), one["change"]) for one in json.loads(row.candidates))
            conflicts[row.record][row.field] = json.loads(row.provisional), candidates
        for kind in {kind for kind, *_rest in expected.values()}:
            for row in connection.execute(select(RECORDS[kind])).mappings():
                values = {item.name: from_cell(item, row[item.name]) for item in KINDS[kind].fields}
                ref = row["record"]
                assert row["conflicts"] == len(conflicts.get(ref, ()))
                shown[ref] = kind, values, bool(row["void"]), conflicts.pop(ref, {})
    assert shown == {ref: (kind, values, void, found) for ref, (kind, values, void, _heads, found) in expected.items()}
    assert not conflicts


def agreement(world):
    """When nobody has anything left to say: each laptop knows its own log and all that its brigade and the office wrote."""
    for seat in world.seats:
        if not seat.stray and world.model.devices[seat.code].revoked_after is None:
            own, foreign = known_to(world, seat.laptop)
            assert foreign == world.model.foreign(seat.code)
            assert seat.laptop.sync_state.received_upto == len(own)
