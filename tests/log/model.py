"""A reference merge: the rules of `docs/protocol.md` written the slow, obvious way, to hold the real one against.

Sets instead of bits, recursion instead of order, every pair looked at. It shares no code with `itinerant.log.merge`.
"""

import json


def behind(change, by_ref):
    """The references of all changes that `change` had seen, itself excluded."""
    seen, waiting = set(), list(change.base)
    while waiting:
        ref = waiting.pop()
        if ref in by_ref and ref not in seen:
            seen.add(ref)
            waiting.extend(by_ref[ref].base)
    return seen


def depth(change, by_ref):
    return max((depth(by_ref[ref], by_ref) + 1 for ref in change.base if ref in by_ref), default=0)


def number(ref):
    device, seq = ref.rsplit("-", 1)
    return device, int(seq)


def maximal(changes, by_ref):
    """Those that no other of them had seen."""
    return [c for c in changes if not any(c.ref in behind(other, by_ref) for other in changes)]


def model(changes):
    """(values, void, heads, {field: (provisional, sorted candidates' (value, ref))}) of one record."""
    by_ref = {change.ref: change for change in changes}
    everybody = list(by_ref.values())

    def strongest(candidates):
        return max(candidates, key=lambda c: (c.device == "CENTRAL", depth(c, by_ref), number(c.ref)))

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
