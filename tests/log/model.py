"""A reference merge: the rules of `docs/protocol.md` written the slow, obvious way, to hold the real one against.

Sets instead of bits, recursion instead of order, every pair looked at. It shares no code with `itinerant.log.merge`.
"""

import json
from dataclasses import replace


def behind(change, by_ref):
    """The references of all changes that `change` had seen, itself excluded."""
    seen, waiting = set(), list(change.base)
    while waiting:
        ref = waiting.pop()
        if ref in by_ref and ref not in seen:
            seen.add(ref)
            waiting.extend(by_ref[ref].base)
    return seen


def without_cycles(by_ref):
    """The changes, each based on others that stand before it: those that can be put in such an order as they are; the
    rest, which wait for each other, in the order of their references, without the bases that come later."""
    placed, rest = {}, dict(by_ref)
    while ready := [ref for ref, change in rest.items() if not any(base in rest for base in change.base)]:
        placed.update((ref, rest.pop(ref)) for ref in ready)
    for ref in sorted(rest, key=number):
        bases = tuple(base for base in rest[ref].base if base in placed)
        placed[ref] = replace(rest[ref], base=bases)
    return placed


def depths(by_ref):
    """How long the longest way from each change back to a first one is; they come in the order of `without_cycles`."""
    found = {}
    for ref, change in by_ref.items():
        found[ref] = max((found[base] + 1 for base in change.base if base in found), default=0)
    return found


def number(ref):
    device, seq = ref.rsplit("-", 1)
    return device, int(seq)


def maximal(changes, by_ref):
    """Those that no other of them had seen."""
    return [c for c in changes if not any(c.ref in behind(other, by_ref) for other in changes)]


def model(changes):
    """(values, void, heads, {field: (provisional, sorted candidates' (value, ref))}) of one record."""
    by_ref = without_cycles({change.ref: change for change in changes})
    depth = depths(by_ref)
    everybody = list(by_ref.values())

    def strongest(candidates):
        return max(candidates, key=lambda c: (c.device == "CENTRAL", depth[c.ref], number(c.ref)))

    values, conflicts = {}, {}
    for name in {name for change in everybody for name in change.set} - {"void"}:
        standing = maximal([c for c in everybody if name in c.set], by_ref)
        values[name] = strongest(standing).set[name]
        if len({json.dumps(c.set[name]) for c in standing}) > 1:
            conflicts[name] = (values[name], sorted((json.dumps(c.set[name]), c.ref) for c in standing))

    standing = maximal([c for c in everybody if "void" in c.set], by_ref)
    beside = [
        c
        for c in everybody
        if "void" not in c.set
        and any(
            v.set["void"] is True and c.ref not in behind(v, by_ref) and v.ref not in behind(c, by_ref)
            for v in standing
        )
    ]
    says = {c.ref: c.set["void"] for c in standing} | {c.ref: False for c in maximal(beside, by_ref)}
    void = bool(says) and says[strongest([by_ref[ref] for ref in says]).ref] is True
    if len(set(says.values())) > 1:
        conflicts["void"] = (void, sorted((json.dumps(value), ref) for ref, value in says.items()))
    return values, void, sorted((c.ref for c in maximal(everybody, by_ref)), key=number), conflicts


def view(record):
    """A merged record in the model's shape."""
    return (
        dict(record.values),
        record.void,
        list(record.heads),
        {
            conflict.field: (
                conflict.provisional,
                sorted((json.dumps(item.value), item.change) for item in conflict.candidates),
            )
            for conflict in record.conflicts
        },
    )
