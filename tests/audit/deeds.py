"""What somebody may do to the office's database, and who finds it: the one source of the table in docs/threat-model.md.

`test_table.py` does every deed with every hand to a real office with real laptops, lets every looker look, and holds
what they found against `TABLE`; `rendered` is what stands in the document.
"""

import json

from itinerant.log.canonical import leaf_hash
from server import central
from server.tables import RECORDS, ChangeRow, ParcelRow, WitnessRow, table
from tests.audit import tamper
from tests.audit.surgery import canonical

_change = table(ChangeRow)
_parcel = table(ParcelRow)
_witness = table(WitnessRow)

HANDS = {"rows": "by hand", "hashes": "all hashes fit, no key", "insider": "insider with the key"}


def mine(data, device="LOR07"):
    return json.loads(data)["device"] == device


def target(leaves):
    """Where the session stands that the deeds are about: LOR07's first."""
    return next(at for at, data in enumerate(leaves) if mine(data) and b'"kind":"session"' in data)


# Deeds on the ledger: the leaves as they should seem to have always been.


def edit(leaves):
    return tamper.edited(leaves, target(leaves), duration_s=1)


def edit_and_chain(leaves):
    return tamper.rechained(edit(leaves), "LOR07")


def drop(leaves):
    return [data for at, data in enumerate(leaves) if at != target(leaves)]


def drop_and_close(leaves):
    """One session less, the numbers after it closed up, the chain made to fit."""
    gone = json.loads(leaves[target(leaves)])["seq"]
    closed = []
    for data in drop(leaves):
        change = json.loads(data)
        if change["device"] == "LOR07" and change["seq"] > gone:
            change.update(seq=change["seq"] - 1, record=f"LOR07-{change['seq'] - 1}")
        closed.append(canonical(change))
    return tamper.rechained(closed, "LOR07")


def append(leaves):
    """A session that no laptop wrote, at the end of a laptop's log."""
    last = max((json.loads(data) for data in leaves if mine(data)), key=lambda change: change["seq"])
    made = json.loads(leaves[target(leaves)])
    seq = last["seq"] + 1
    forged = {**made, "seq": seq, "record": f"LOR07-{seq}", "prev": leaf_hash(canonical(last)).hex()}
    return [*leaves, canonical(forged)]


def edit_catalogue(leaves):
    """A change of the office's own, which no laptop signs."""
    place = next(at for at, data in enumerate(leaves) if "Brigada del río".encode() in data)
    return tamper.rechained(tamper.edited(leaves, place, name="Brigada del mar"), "CENTRAL")


def reorder(leaves):
    place = target(leaves)
    return [*leaves[:place], leaves[place + 1], leaves[place], *leaves[place + 2 :]]


def cut(leaves):
    """The last parcel of LOR08 never came."""
    last = max(json.loads(data)["seq"] for data in leaves if mine(data, "LOR08"))
    return [data for data in leaves if not (mine(data, "LOR08") and json.loads(data)["seq"] > last - 3)]


def anew(leaves):
    """Nothing of the laptops was ever there."""
    return [data for data in leaves if mine(data, "CENTRAL")]


def forget_all(office):
    """… nor the heads that they signed, nor their records."""
    with office.database.writer() as connection:
        connection.execute(_parcel.delete())
        for kind in ("session", "visit"):
            connection.execute(RECORDS[kind].delete())


def forget_heads(office):
    """… and neither did the head that it signed, nor the records that it made."""
    with office.database.writer() as connection:
        last = max(json.loads(data)["seq"] for data in tamper.ledger(office) if mine(data, "LOR08"))
        gone = [f"LOR08-{seq}" for seq in range(last - 2, last + 1)]
        connection.execute(RECORDS["session"].delete().where(RECORDS["session"].c.record.in_(gone)))
        ids = connection.scalars(_parcel.select().with_only_columns(_parcel.c.id).order_by(_parcel.c.id)).all()
        connection.execute(_parcel.delete().where(_parcel.c.device == "LOR08", _parcel.c.id == ids[-1]))


# Deeds beside the ledger.


def alter_records(office):
    with office.database.writer() as connection:
        connection.execute(RECORDS["session"].update().values(duration_s=1))


def exchange_key(office):
    """The office gives LOR07 another key, as a change of its own."""
    leaves = tamper.ledger(office)
    record = next(json.loads(data)["record"] for data in leaves if b'"code":"LOR07"' in data and b"device" in data)
    with office.database.writer() as connection:
        central.amend(connection, office, record, {"sign_key": "A" * 42 + "E"}, by="admin")


LEDGER = {
    "A laptop's change edited": edit,
    "… and the laptop's chain made to fit": edit_and_chain,
    "A laptop's change dropped": drop,
    "… and the numbers closed up": drop_and_close,
    "A change written in a laptop's name": append,
    "The office's own change edited (catalogue, fleet, decision)": edit_catalogue,
    "Changes put in another order": reorder,
    "The end of a laptop's log cut, with the head that it signed": cut,
}
BESIDE = {
    "A laptop's key exchanged by a change of the office's own": exchange_key,
    "Record tables edited, ledger untouched": alter_records,
}


EDITED = "A laptop's change edited"
CHAINED = "… and the laptop's chain made to fit"
DROPPED = "A laptop's change dropped"
CLOSED = "… and the numbers closed up"
WRITTEN = "A change written in a laptop's name"
CATALOGUE = "The office's own change edited (catalogue, fleet, decision)"
ORDER = "Changes put in another order"
CUT = "The end of a laptop's log cut, with the head that it signed"
ANEW = "The whole ledger made anew, without the laptops' work"
KEY = "A laptop's key exchanged by a change of the office's own"
VIEWS = "Record tables edited, ledger untouched"

LEDGER = {
    EDITED: edit,
    CHAINED: edit_and_chain,
    DROPPED: drop,
    CLOSED: drop_and_close,
    WRITTEN: append,
    CATALOGUE: edit_catalogue,
    ORDER: reorder,
    CUT: cut,
    ANEW: anew,
}
FORGETTING = {CUT: forget_heads, ANEW: forget_all}
BESIDE = {KEY: exchange_key, VIEWS: alter_records}

_UNSIGNED = {"export": "ledger", "doctor": "checkpoint", "sync": "ledger"}
"""Without the key nothing fits what the office signed: it neither exports nor goes on."""

TABLE = {
    EDITED: {
        "rows": {"export": "ledger", "doctor": "leaves"},
        "hashes": _UNSIGNED,
        "insider": {"doctor": "chains", "sync": "rewritten", "verify": "chain", "previous": "previous"},
    },
    CHAINED: {
        "rows": {"export": "ledger", "doctor": "leaves"},
        "hashes": _UNSIGNED,
        "insider": {"sync": "fork", "verify": "head_unknown", "previous": "previous"},
    },
    DROPPED: {
        "rows": {"export": "ledger", "doctor": "tree", "sync": "ledger"},
        "hashes": _UNSIGNED,
        "insider": {"doctor": "chains", "sync": "rewritten", "verify": "chain", "previous": "previous"},
    },
    CLOSED: {
        "rows": {"export": "ledger", "doctor": "tree", "sync": "ledger"},
        "hashes": _UNSIGNED,
        "insider": {"sync": "fork", "verify": "head_unknown", "previous": "previous"},
    },
    WRITTEN: {
        "rows": {"doctor": "tree", "sync": "database"},
        "hashes": _UNSIGNED,
        "insider": {"sync": "frozen", "verify": "uncovered"},
    },
    CATALOGUE: {
        "rows": {"export": "ledger", "doctor": "leaves"},
        "hashes": _UNSIGNED,
        "insider": {"sync": "rewritten", "previous": "previous"},
    },
    ORDER: {
        "rows": {"export": "ledger", "doctor": "tree", "sync": "rewritten"},
        "hashes": _UNSIGNED,
        "insider": {"sync": "rewritten", "previous": "previous"},
    },
    CUT: {
        "rows": {"export": "ledger", "doctor": "tree", "sync": "ledger"},
        "hashes": _UNSIGNED,
        "insider": {"sync": "shorter", "previous": "previous"},
    },
    ANEW: {
        "rows": {"export": "ledger", "doctor": "tree", "sync": "ledger"},
        "hashes": _UNSIGNED,
        "insider": {"sync": "shorter", "previous": "previous"},
    },
    KEY: {"insider": {"doctor": "witnesses", "sync": "signature", "verify": "device_key"}},
    VIEWS: {"rows": {}},
}
"""For each deed and hand: who finds it, and the code that it is found by. Who is not named finds nothing."""

CASES = [(name, hand) for name, hands in TABLE.items() for hand in hands]


def rendered():
    """The table as it stands in docs/threat-model.md."""
    lines = [f"| Deed | {' | '.join(HANDS.values())} |", "|---|---|---|---|"]
    for name, hands in TABLE.items():
        cells = []
        for hand in HANDS:
            found = hands.get(hand)
            words = "nothing to find" if found == {} else "—"
            cells.append(", ".join(f"{looker} (`{code}`)" for looker, code in found.items()) if found else words)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def do(office, name, hand, keys):
    """Do a deed; `keys`: what the insider and the other one sign with."""
    if name in BESIDE:
        BESIDE[name](office)
        return
    before = tamper.ledger(office)
    after = LEDGER[name](before)
    if name in FORGETTING:
        FORGETTING[name](office)
    if hand == "rows":
        by_hand(office, before, after)
    else:
        tamper.rewrite(office, after, keys[hand])
        if hand == "insider":  # who has the key also throws away what laptops cosigned
            with office.database.writer() as connection:
                connection.execute(_witness.delete())


def by_hand(office, before, after):
    """Rows changed as somebody would who knows SQL and nothing of hashes: data edited, rows deleted, swapped, added."""
    with office.database.writer() as connection:
        rows = {row.data: row._mapping for row in connection.execute(_change.select())}
        if len(after) < len(before):
            for data in set(before) - set(after):
                connection.execute(_change.delete().where(_change.c.data == data))
        elif len(after) > len(before):
            seq = json.loads(after[-1])["seq"]
            like = {**rows[before[-1]], "device": "LOR07", "seq": seq, "record": f"LOR07-{seq}", "data": after[-1]}
            connection.execute(_change.insert().values(**{**like, "position": len(before)}))
        elif sorted(before) == sorted(after):
            moved = [at for at, data in enumerate(after) if data != before[at]]
            connection.execute(_change.delete().where(_change.c.position.in_(moved)))
            for at in moved:
                connection.execute(_change.insert().values(**{**rows[after[at]], "position": at}))
        else:
            for at, data in enumerate(after):
                if data != before[at]:
                    connection.execute(_change.update().where(_change.c.position == at).values(data=data))
