"""The office's database altered by hand: who finds it. `docs/threat-model.md` is the table that these tests prove."""

import json

import pytest

from itinerant.audit.verify import verify
from itinerant.errors import Damaged
from server.exports.export import write_export
from server.inspection import inspect
from server.tables import RECORDS, ChangeRow, ParcelRow, QuarantineRow, table
from tests.audit import tamper
from tests.audit.builder import office_keys, ordinary
from tests.audit.surgery import canonical
from tests.audit.test_corpus import codes

KEY = office_keys().sign
STRANGER = office_keys(9).sign
NOTE = "volvió con su hijo".encode()

_change = table(ChangeRow)
_parcel = table(ParcelRow)
_quarantine = table(QuarantineRow)


@pytest.fixture
def world(tmp_path):
    world = ordinary(tmp_path / "office", sessions=20)
    yield world
    world.office.close()


@pytest.fixture
def before(world, tmp_path):
    """The export that an auditor took home before anything happened."""
    write_export(world.office, tmp_path / "before.zip")
    return tmp_path / "before.zip"


def found(world, folder, previous=None):
    """What a new export's verification finds."""
    path = folder / "after.zip"
    write_export(world.office, path)
    return codes(verify(path, world.vkey, previous))


def target(leaves):
    """Where the session stands that the deeds are about: one of a laptop that has nothing in quarantine."""
    return next(at for at, data in enumerate(leaves) if NOTE in data and b'"device":"LOR07"' in data)


# The deeds: each gives the leaves as they should seem to have always been.


def edit(leaves):
    return tamper.edited(leaves, target(leaves), duration_s=1)


def edit_and_chain(leaves):
    return tamper.rechained(edit(leaves), "LOR07")


def drop(leaves):
    return [data for at, data in enumerate(leaves) if at != target(leaves)]


def drop_and_chain(leaves):
    """One session less, the numbers after it closed up wherever they are named, and all chains made to fit."""
    gone = json.loads(leaves[target(leaves)])["seq"]

    def renamed(ref):
        device, _dash, seq = ref.rpartition("-")
        return f"{device}-{int(seq) - 1}" if device == "LOR07" and int(seq) > gone else ref

    closed = []
    for data in drop(leaves):
        change = json.loads(data)
        own = renamed(f"{change['device']}-{change['seq']}")
        change.update(
            seq=int(own.rpartition("-")[2]),
            record=renamed(change["record"]),
            base=sorted(renamed(ref) for ref in change["base"]),
        )
        closed.append(canonical(change))
    for device in ("LOR07", "LOR08", "CENTRAL"):
        closed = tamper.rechained(closed, device)
    return closed


def reorder(leaves):
    place = target(leaves)
    return [*leaves[:place], leaves[place + 1], leaves[place], *leaves[place + 2 :]]


def append(leaves):
    """A session that no laptop wrote, at the end of a laptop's log."""
    from itinerant.log.canonical import leaf_hash

    last = max((json.loads(data) for data in leaves if b'"device":"LOR07"' in data), key=lambda change: change["seq"])
    made = next(json.loads(data) for data in leaves if NOTE in data)
    seq = last["seq"] + 1
    forged = {**made, "device": "LOR07", "seq": seq, "record": f"LOR07-{seq}", "prev": leaf_hash(canonical(last)).hex()}
    return [*leaves, canonical(forged)]


def edit_catalogue(leaves):
    """A change of the office's own, which no laptop signs."""
    place = next(at for at, data in enumerate(leaves) if "Brigada del río".encode() in data)
    return tamper.rechained(tamper.edited(leaves, place, name="Brigada del mar"), "CENTRAL")


BY_LAPTOPS = {
    # What a laptop's signatures alone show, without any earlier export, although every hash was made to fit.
    "edited": (edit, {"chain"}),
    "edited, chain made to fit": (edit_and_chain, {"head_unknown", "uncovered"}),
    "dropped": (drop, {"chain"}),
    "dropped, numbers closed up": (drop_and_chain, {"head_unknown"}),
    "appended": (append, {"uncovered"}),
}

BY_COMPARISON = {"order": reorder, "catalogue": edit_catalogue}
"""What only an earlier export (or a witness) shows: nobody but the office signed it."""

ALL = {**{name: deed for name, (deed, _codes) in BY_LAPTOPS.items()}, **BY_COMPARISON}


@pytest.mark.parametrize("name", ALL)
def test_without_the_key_nothing_leaves_the_office(world, tmp_path, name):
    tamper.rewrite(world.office, ALL[name](tamper.ledger(world.office)), STRANGER)
    with pytest.raises(Damaged) as refused:
        write_export(world.office, tmp_path / "x.zip")
    assert refused.value.code == "ledger"
    assert list(tmp_path.glob("*x.zip*")) == []


@pytest.mark.parametrize("name", ALL)
def test_without_the_key_the_office_s_doctor_finds_it(world, name):
    tamper.rewrite(world.office, ALL[name](tamper.ledger(world.office)), STRANGER)
    assert "checkpoint" in {check.name for check in inspect(world.office) if not check.ok}


@pytest.mark.parametrize("name", ALL)
def test_with_the_key_the_office_s_doctor_finds_only_a_broken_chain(world, name):
    tamper.rewrite(world.office, ALL[name](tamper.ledger(world.office)), KEY)
    wrong = {check.name for check in inspect(world.office) if not check.ok}
    assert wrong == ({"chains"} if name in {"edited", "dropped", "dropped, numbers closed up"} else set())


@pytest.mark.parametrize("name", BY_LAPTOPS)
def test_with_the_key_the_laptops_signatures_still_tell(world, tmp_path, name):
    deed, expected = BY_LAPTOPS[name]
    tamper.rewrite(world.office, deed(tamper.ledger(world.office)), KEY)
    assert expected <= found(world, tmp_path)


@pytest.mark.parametrize("name", BY_COMPARISON)
def test_with_the_key_the_office_s_own_part_is_told_by_comparison_only(world, before, tmp_path, name):
    tamper.rewrite(world.office, BY_COMPARISON[name](tamper.ledger(world.office)), KEY)
    assert found(world, tmp_path) == set()
    assert {"previous", "rewritten"} <= found(world, tmp_path, before)


@pytest.mark.parametrize("name", ALL)
def test_an_earlier_export_tells_every_rewriting(world, before, tmp_path, name):
    deed = ALL[name]
    tamper.rewrite(world.office, deed(tamper.ledger(world.office)), KEY)
    expected = set() if name == "appended" else {"previous"}
    assert expected <= found(world, tmp_path, before)


def test_a_log_cut_short_with_its_signatures_is_told_by_comparison_only(world, before, tmp_path):
    """The end of a laptop's log is dropped, and the heads that it signed after it, and the quarantine."""
    leaves = tamper.ledger(world.office)
    with world.office.database.writer() as connection:
        heads = connection.execute(_parcel.select().where(_parcel.c.device == "LOR08").order_by(_parcel.c.last)).all()
        connection.execute(_parcel.delete().where(_parcel.c.id == heads[-1].id))
        connection.execute(_quarantine.delete().where(_quarantine.c.device == "LOR08"))
    kept = [
        data
        for data in leaves
        if not (json.loads(data)["device"] == "LOR08" and json.loads(data)["seq"] > heads[-2].last)
    ]
    tamper.rewrite(world.office, kept, KEY)
    assert found(world, tmp_path) == set()
    assert "previous" in found(world, tmp_path, before)


def test_one_row_edited_in_place_stops_the_export_and_is_named(world, tmp_path):
    leaves = tamper.ledger(world.office)
    place = target(leaves)
    with world.office.database.writer() as connection:
        altered = leaves[place].replace(b"hijo", b"hija")
        connection.execute(_change.update().where(_change.c.position == place).values(data=altered))
    with pytest.raises(Damaged) as refused:
        write_export(world.office, tmp_path / "x.zip")
    assert refused.value.place == str(place)


def test_a_row_deleted_stops_the_export(world, tmp_path):
    with world.office.database.writer() as connection:
        connection.execute(_change.delete().where(_change.c.position == 30))
    with pytest.raises(Damaged) as refused:
        write_export(world.office, tmp_path / "x.zip")
    assert refused.value.place == "30"


def test_record_tables_altered_by_hand_do_not_reach_the_export(world, tmp_path):
    with world.office.database.writer() as connection:
        connection.execute(RECORDS["session"].update().values(duration_s=1))
    assert found(world, tmp_path) == set()


def test_a_laptop_s_key_exchanged_later_is_told(world, tmp_path):
    from server import central

    record = next(
        json.loads(data)["record"]
        for data in tamper.ledger(world.office)
        if b'"code":"LOR07"' in data and b"device" in data
    )
    with world.office.database.writer() as connection:
        central.amend(connection, world.office, record, {"sign_key": "A" * 42 + "E"}, by="admin")
    assert "device_key" in found(world, tmp_path)
