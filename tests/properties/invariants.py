"""What must hold after every step of every history (section 9 of the design), asked of the real parts.

Whoever no step touched since the last look is left alone: nobody else writes their files.
"""

import hashlib
import json
from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import select

from itinerant.domain.duplicates import NEAREST
from itinerant.domain.kinds import KINDS
from itinerant.log.change import GENESIS
from itinerant.log.notes import read_checkpoint
from itinerant.store.office.notices import What
from itinerant.tables import from_cell
from server import duplicates, ledger
from server.queries import state
from server.tables import RECORDS, ChainRow, ChangeRow, ConflictRow, ParkedRow, QuarantineRow, table
from tests.log.model import model as merge_model

_chain, _change, _conflict = map(table, (ChainRow, ChangeRow, ConflictRow))
_quarantine, _parked = map(table, (QuarantineRow, ParkedRow))


def check(world):
    """Every invariant."""
    if world.office_touched:
        office_keeps_everything_once(world)
        office_shows_what_the_ledger_says(world)
    for seat in world.touched:
        known = Known.of(world, seat.laptop)
        laptop_keeps_what_it_showed(world, seat, known)
        laptop_forgets_whole_records_that_the_office_has(world, seat, known)
        laptop_shows_what_it_knows(world, seat, known)
        laptop_proposes_what_looks_alike(seat)
        laptop_tells_whose_value_is_not_shown(seat)
        laptop_finds_the_ledger_whole(seat)
    world.touched.clear()
    world.office_touched = False


def same(what, found, expected):
    """Say what differs: these checks also run where pytest explains nothing."""
    if found != expected:
        if isinstance(found, dict):
            keys = [key for key in {*found, *expected} if found.get(key) != expected.get(key)]
            found, expected = ({key: each.get(key) for key in keys} for each in (found, expected))
        elif isinstance(found, list):
            start = next(
                (place for place, pair in enumerate(zip(found, expected, strict=False)) if pair[0] != pair[1]), 0
            )
            found, expected = found[start:], expected[start:]
        elif isinstance(found, set):
            found, expected = found - expected, expected - found
        raise AssertionError(f"{what}: found {found}, expected {expected}")


def laptop_finds_the_ledger_whole(seat):
    """An honest office never alarms a witness, whatever came late, twice, by stick or to a copy of the laptop."""
    same(f"{seat.code} is alarmed about the ledger", seat.laptop.witness.alarm, None)


# -- nothing lost, nothing twice


def office_keeps_everything_once(world):
    """Every change that arrived is in the ledger or aside, once, as the model sorts them; the tree is RFC 9162's."""
    columns = select(_change.c.hash, _change.c.scope).order_by(_change.c.position)
    with world.office.database.reader() as connection:
        leaves = [(row.hash.hex(), row.scope) for row in connection.execute(columns)]
        aside = [hashed.hex() for hashed in connection.scalars(select(_quarantine.c.hash))]
        parked = list(connection.scalars(select(_parked.c.hash)))
        end = ledger.read(connection)
        logs = defaultdict(list)
        for row in connection.execute(select(_chain).order_by(_chain.c.device, _chain.c.branch)):
            logs[row.device].append((row.upto, row.head))
    same("the ledger", leaves, world.model.ledger)
    same("what was put aside", sorted(aside), sorted(world.model.aside))
    same("parcels kept whole", sorted(parked), sorted(world.model.parked))
    hashes = [bytes.fromhex(hashed) for hashed, _scope in leaves]
    same("the tree's root", end.frontier.root(), tree_root(hashes))
    signed = read_checkpoint(end.checkpoint, [world.office.verifier])
    same("the checkpoint", (signed.size, signed.root), (len(hashes), end.frontier.root()))
    for code, device in world.model.devices.items():
        heads = [(len(log), log[-1] if log else GENESIS) for log in device.branches]
        same(f"the branches of {code}", logs[code], heads)


def tree_root(hashes):
    """Root of RFC 9162 section 2.1.1 over leaf hashes, by its own words: split at the largest power of two below n."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


class Known(NamedTuple):
    """What a laptop's file holds: the hashes of its own log in order, those of others' changes, and which of them all
    it has forgotten but for the hash."""

    own: list
    foreign: set
    forgotten: set

    @classmethod
    def of(cls, world, laptop):
        known = cls([], set(), set())
        statement = "SELECT device, hash, body IS NULL FROM change ORDER BY n"
        with laptop._database.reader() as connection:
            for device, kept, forgotten in connection.exec_driver_sql(statement):
                hashed = kept.hex()
                if device == laptop.device:
                    known.own.append(hashed)
                else:
                    hashed = world.unchained()[hashed]
                    known.foreign.add(hashed)
                if forgotten:
                    known.forgotten.add(hashed)
        return known


def laptop_keeps_what_it_showed(world, seat, known):
    """The log is what the person was shown; what is called received is at the office; what was pulled is here."""
    laptop, model = seat.laptop, world.model
    same(f"the log of {seat.code}", known.own, seat.own)
    same(f"the chain of {seat.code}", laptop._journal.verify().seq, len(known.own))
    state = laptop.sync_state
    unknown = [hashed for hashed in known.own[: state.received_upto] if not model.received(seat.code, hashed)]
    same(f"called received on {seat.code}, and unknown to the office", unknown, [])
    same(f"pulled by {seat.code}, and not there", model.foreign(seat.code, state.have) - known.foreign, set())
    strange = known.foreign - model.foreign(seat.code) - seat.by_stick
    same(f"foreign on {seat.code}, and not for it", strange, set())


def laptop_forgets_whole_records_that_the_office_has(world, seat, known):
    """A record goes with all its changes, and never before the office has them."""
    refs = {world.model.written[hashed].record for hashed in known.forgotten}
    left = {hashed for hashed in (*known.own, *known.foreign) if world.model.written[hashed].record in refs}
    same(f"half forgotten on {seat.code}", left, known.forgotten)
    unknown = known.forgotten - {leaf.hash for leaf in world.model.ledger} - world.model.aside
    unknown -= late(seat, known)
    same(f"forgotten on {seat.code}, and unknown to the office", unknown, set())


def late(seat, known):
    """Others' changes that came by stick after their record was forgotten here: their author has them."""
    return known.foreign & seat.by_stick


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


def laptop_shows_what_it_knows(world, seat, known):
    """Records and open conflicts on the laptop are what the reference merge makes of the changes that are there."""
    expected = merged(world, {*known.own, *known.foreign} - known.forgotten)
    conflicts = defaultdict(dict)
    for one in seat.laptop.conflicts():
        candidates = sorted((json.dumps(item.value), item.change) for item in one.candidates)
        conflicts[one.record][one.field] = one.provisional, candidates
    disputed = {ref: one[4] for ref, one in expected.items() if one[4]}
    same(f"conflicts on {seat.code}", dict(conflicts), disputed)
    for kind in altered_kinds(expected, seat.looked_at):
        shown = {
            one.record: (kind, one.values, one.void, list(one.heads), conflicts.get(one.record, {}))
            for one in seat.laptop.list(kind, limit=100_000)
        }
        same(f"{kind} records on {seat.code}", shown, of_kind(kind, expected))
    assert all(seat.laptop.get(ref).conflicts == len(fields) for ref, fields in disputed.items())
    seat.looked_at = expected


def laptop_proposes_what_looks_alike(seat):
    """Possible duplicates are those of the rule, each pair looked at by itself."""
    named = ("visit", "service", "started_at", "duration_s")
    shown = [
        (one.record, one.void, one.made_by, one.values)
        for one in seat.laptop.list("session", limit=100_000)
        if all(one.values[name] is not None for name in named)  # the change that made it may not be here
    ]
    proposed = {(one.first.record, one.second.record, one.lost) for one in seat.laptop.duplicates.list()}
    same_pairs(f"possible duplicates on {seat.code}", proposed, shown)


def same_pairs(what, proposed, sessions):
    """What is proposed is what is alike and within reach."""
    same(what, proposed, alike(sessions) - out_of_reach(sessions))


def out_of_reach(sessions):
    """The pairs that are not compared: between the two, at some moment, as many as the rule looks at were open."""
    groups = defaultdict(list)
    for session in sessions:
        ref, void, _by, values = session
        if not void:
            groups[values["visit"], values["service"]].append((values["started_at"], by_number(session), ref, values))
    left = set()
    for group in groups.values():
        group.sort(key=lambda one: one[:2])
        for place, (_started, number, ref, _values) in enumerate(group):
            for after in range(place + 1 + NEAREST, len(group)):
                moment = group[after][0]
                if sum(ends(each[3]) + 120_000 >= moment for each in group[place + 1 : after]) >= NEAREST:
                    pairs = (sorted([(number, ref), other[1:3]]) for other in group[after:])
                    left.update((first, second, False) for (_n, first), (_m, second) in pairs)
                    break
    return left


def alike(sessions):
    """The pairs that are proposed, by the rule's own words; `sessions`: number, void, who made it, values."""
    found = set()
    for place, one in enumerate(sessions):
        for other in sessions[place + 1 :]:
            (ref, void, by, mine), (other_ref, other_void, other_by, theirs) = sorted((one, other), key=by_number)
            if void and other_void:
                if (mine["duplicate_of"], theirs["duplicate_of"]) == (other_ref, ref):
                    found.add((ref, other_ref, True))
            elif (
                not (void or other_void)
                and ref.split("-")[0] != other_ref.split("-")[0]
                and all(mine[name] == theirs[name] for name in ("visit", "service"))
                and (by == other_by or (mine["terminal"] and mine["terminal"] == theirs["terminal"]))
                and mine["started_at"] <= ends(theirs) + 120_000
                and theirs["started_at"] <= ends(mine) + 120_000
                and other_ref not in (mine["distinct_from"] or [])
                and ref not in (theirs["distinct_from"] or [])
            ):
                found.add((ref, other_ref, False))
    return found


def by_number(session):
    device, seq = session[0].split("-")
    return device, int(seq)


def ends(values):
    return values["started_at"] + values["duration_s"] * 1_000


def laptop_tells_whose_value_is_not_shown(seat):
    """Whoever has a value in conflict that is not the one shown was told, and finds it among the notices."""
    told = {(one.record, one.field, one.change) for one in seat.laptop.notices.list() if one.what is What.CONFLICT}
    expected = set()
    for one in seat.laptop.conflicts():
        mine = [item for item in one.candidates if item.change.split("-")[0] == seat.code]
        if mine and all(json.dumps(item.value) != json.dumps(one.provisional) for item in mine):
            expected.add((one.record, one.field, mine[-1].change))
    same(f"in conflict on {seat.code}, and not told", expected - told, set())


def office_shows_what_the_ledger_says(world):
    """Records and open conflicts at the office are what the reference merge makes of the ledger."""
    expected = merged(world, [leaf.hash for leaf in world.model.ledger])
    conflicts = defaultdict(dict)
    with world.office.database.reader() as connection:
        for row in connection.execute(select(_conflict)):
            candidates = sorted((json.dumps(one["value"]), one["change"]) for one in json.loads(row.candidates))
            conflicts[row.record][row.field] = json.loads(row.provisional), candidates
        same("conflicts at the office", dict(conflicts), {ref: one[4] for ref, one in expected.items() if one[4]})
        for kind in altered_kinds(expected, world.looked_at):
            shown = {}
            for row in connection.execute(select(RECORDS[kind])).mappings():
                ref = row["record"]
                values = {item.name: from_cell(item, row[item.name]) for item in KINDS[kind].fields}
                shown[ref] = kind, values, bool(row["void"]), conflicts.get(ref, {})
                same(f"count of conflicts of {ref}", row["conflicts"], len(shown[ref][3]))
            without_heads = {ref: (*one[:3], one[4]) for ref, one in of_kind(kind, expected).items()}
            same(f"{kind} records at the office", shown, without_heads)
    world.looked_at = expected


def altered_kinds(expected, before):
    """The kinds with a record that is not as it should have been at the last look."""
    return {one[0] for ref, one in (expected | before).items() if expected.get(ref) != before.get(ref)}


def of_kind(kind, expected):
    return {ref: one for ref, one in expected.items() if one[0] == kind}


def agreement(world):
    """When nobody has anything left to say, each laptop knows its log and all that its brigade and the office wrote,
    every record is looked at again, and the office's word on each is what it would say now."""
    world.touched.update(world.seats)
    world.office_touched = True
    for place in (world, *world.seats):
        place.looked_at = {}
    check(world)
    with world.office.database.reader() as connection:
        documents = list(state.records(connection, "session"))
        authors = dict(connection.execute(select(RECORDS["session"].c.record, RECORDS["session"].c.made_by)).all())
    proposed = {(one["first"], one["second"], one["lost"]) for one in duplicates.listed(world.office)}
    shown = [(one["record"], one["void"], authors[one["record"]], one) for one in documents]
    same_pairs("possible duplicates at the office", proposed, shown)
    for seat in world.seats:
        if not seat.stray and world.model.devices[seat.code].revoked_after is None:
            known = Known.of(world, seat.laptop)
            arrived = {leaf.hash for leaf in world.model.ledger} | world.model.aside
            only_by_stick = (known.foreign & seat.by_stick) - arrived
            others = known.foreign - only_by_stick
            same(f"others' changes on {seat.code} at rest", others, world.model.foreign(seat.code))
            same(f"received of {seat.code} at rest", seat.laptop.sync_state.received_upto, len(known.own))
            same(f"what {seat.code} was told", seat.laptop.standing.as_dict(), world.standing(seat).as_dict())
