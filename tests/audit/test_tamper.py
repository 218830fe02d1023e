"""Rows altered at an office that has quarantine, conflicts and notes: what is named, beside `test_table`."""

import json

import pytest

from itinerant.audit.verify import verify
from itinerant.errors import Damaged
from server.exports.export import write_export
from server.tables import ChangeRow, ParcelRow, QuarantineRow, table
from tests.audit import tamper
from tests.audit.builder import office_keys, ordinary
from tests.audit.test_corpus import codes

KEY = office_keys().sign
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
