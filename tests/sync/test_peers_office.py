"""What laptops handed to each other meets the real office: its ledger, its quarantine and its revocations go."""

import shutil

import pytest

from itinerant.sync import courier, wrapping
from itinerant.sync.courier import FromPeer
from server.exchange import stick as office_stick
from server.laptops import fleet
from tests.sync.brigade import stretch
from tests.sync.field import SESSION, Field


@pytest.fixture
def field(tmp_path, monkeypatch):
    monkeypatch.setattr(wrapping, "stretch", stretch)
    made = Field(tmp_path)
    yield made
    made.office.close()


@pytest.fixture
def homes(field):
    """Two laptops of the brigade that know each other, with the visit of the first."""
    homes = field.enrolled("LOR07"), field.enrolled("LOR08", visit=False)
    for home in (*homes, *homes):
        field.sync(home)
    return homes


def add(field, home, *seconds):
    with field.open(home) as laptop:
        return [laptop.add("session", {**SESSION, "visit": "LOR07-1", "duration_s": each}) for each in seconds]


def writes(field, home, place):
    with field.open(home) as laptop:
        courier.write_parcels(laptop, place, field.now())


def reads(field, home, place):
    with field.open(home) as laptop:
        read = courier.read_stick(laptop, place)
        assert read.damaged == []
        return read.peers


def durations(field, home):
    with field.open(home) as laptop:
        return {row.record: row.values["duration_s"] for row in laptop.list("session")}


def test_of_a_copied_laptop_only_what_is_in_the_ledger_stays(field, homes, tmp_path):
    one, other = homes
    twin = tmp_path / "twin"
    shutil.copytree(other, twin)
    add(field, twin, 200, 300)
    writes(field, twin, tmp_path / "stick")
    assert reads(field, one, tmp_path / "stick") == [FromPeer("LOR08", 2, 0, ahead=False)]
    assert durations(field, one) == {"LOR08-1": 200, "LOR08-2": 300}
    add(field, other, 100)
    field.sync(other)
    field.sync(one)
    assert durations(field, one) == {"LOR08-1": 100, "LOR08-2": 300}, "the ledger's word; the second is not there yet"
    field.sync(twin)
    field.sync(one)
    assert durations(field, one) == {"LOR08-1": 100}, "the twin's work waits for a person"
    with field.open(one) as laptop:
        assert [error.code for error in courier.read_stick(laptop, tmp_path / "stick").damaged] == ["peer_fork"]
    assert durations(field, one) == {"LOR08-1": 100}


def test_once_the_ledger_has_spoken_the_laptop_whose_log_it_is_goes_on_by_stick(field, homes, tmp_path):
    one, other = homes
    twin = tmp_path / "twin"
    shutil.copytree(other, twin)
    add(field, twin, 200, 300)
    writes(field, twin, tmp_path / "stick")
    reads(field, one, tmp_path / "stick")
    add(field, other, 100, 101)
    field.sync(other)
    field.sync(one)
    add(field, other, 102)
    writes(field, other, tmp_path / "other")
    assert reads(field, one, tmp_path / "other") == [FromPeer("LOR08", 1, 0, ahead=False)]
    assert durations(field, one) == {"LOR08-1": 100, "LOR08-2": 101, "LOR08-3": 102}


def test_a_copy_of_this_laptop_is_noticed_by_its_stick_before_any_sync(field, homes, tmp_path):
    one, _other = homes
    stick, twin = tmp_path / "stick", tmp_path / "twin"
    shutil.copytree(one, twin)
    add(field, twin, 200)
    writes(field, twin, stick)
    with field.open(one) as laptop:
        (ahead, _same) = courier.read_stick(laptop, stick).damaged
        assert (ahead.code, ahead.next_step[:20]) == ("twin", "Avise a la oficina: ")
        assert ahead.place.endswith(".ITP")
    add(field, one, 100, 101)
    with field.open(one) as laptop:
        assert [error.code for error in courier.read_stick(laptop, stick).damaged] == ["twin", "twin"]
        assert courier.read_stick(laptop, stick).peers == []
    assert durations(field, one) == {"LOR07-2": 100, "LOR07-3": 101}


def test_a_revocation_rides_on_the_stick_and_stops_what_comes_with_it(field, homes, tmp_path):
    one, other = homes
    stick = tmp_path / "stick"
    add(field, other, 100)
    field.sync(other)
    fleet.revoke(field.office, "LOR08", "se perdió", lost=True, by="admin")
    add(field, other, 200)
    writes(field, other, stick)
    writes(field, one, stick)
    office_stick.read(field.office, stick)
    office_stick.write(field.office, stick)
    assert reads(field, one, stick) == [FromPeer("LOR08", 0, 1, ahead=False)]
    assert durations(field, one) == {"LOR08-1": 100}
    writes(field, one, stick)
    with field.open(one) as laptop:
        assert courier.write_parcels(laptop, stick, field.now()).peers == [], "nothing is written for what is lost"
