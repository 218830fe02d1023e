"""A lost laptop: who is told, what happens to what it writes, and what the office can say of it."""

import pytest

from itinerant.errors import UserError
from itinerant.sync import courier
from server.exchange import stick
from server.laptops import fleet, loss
from tests.properties import template
from tests.server import looking
from tests.sync.field import Field


@pytest.fixture(scope="module", autouse=True)
def cheap():
    with template.eased():
        yield


@pytest.fixture
def field(tmp_path):
    field = Field(tmp_path)
    fleet.add_staff(field.office, "P014", brigade="B01", role="orientador", name="Rosa Tapullima", by="admin")
    yield field
    looking.assert_sound(field.office)
    field.office.close()


@pytest.fixture
def home(field):
    """A laptop with an open visit of two attentions that the office has, and one that it has not."""
    home = field.enrolled()
    field.add(home, 1, 2)
    field.sync(home)
    field.add(home, 3)
    return home


def told(field, code="LOR07"):
    with field.office.database.reader() as connection:
        return loss.report(connection, field.office, code)


def test_the_lost_one_and_its_brigade_are_told_by_network_and_by_stick(field, home):
    other, place = field.enrolled("LOR08", visit=False), field.folder / "stick"
    fleet.revoke(field.office, "LOR07", "se cayó al río", by="admin", lost=True)
    field.sync(home)
    with field.open(home) as laptop:
        assert laptop.standing.state == "lost"
    with field.open(other) as laptop:
        courier.write_parcels(laptop, place, field.now())
    stick.read(field.office, place)
    stick.write(field.office, place)
    with field.open(other) as laptop:
        courier.read_stick(laptop, place)
        assert laptop.standing.revoked == (("LOR07", 3),)
    assert looking.reasons(field.office) == [("LOR07-4", "revoked")]


def test_the_lost_one_is_told_by_stick_too(field, home):
    place = field.folder / "stick"
    fleet.revoke(field.office, "LOR07", "se cayó al río", by="admin", lost=True)
    with field.open(home) as laptop:
        courier.write_parcels(laptop, place, field.now())
    stick.read(field.office, place)
    stick.write(field.office, place)
    with field.open(home) as laptop:
        courier.read_stick(laptop, place)
        assert laptop.standing.state == "lost"
        assert laptop.device == "LOR07"


def test_what_it_could_hold_is_counted_and_never_shown(field, home):
    field.moved += 3_600_000
    found = told(field)
    assert found["head"]["seq"] == 3
    assert found["seen_at"] == template.NOW
    assert found["could_hold"]["sessions"] == 2
    assert found["could_hold"]["staff_names"] == 1
    assert [each["sessions"] for each in found["could_hold"]["visits"]] == [2]
    assert found["missing"]["visits_not_closed"] == ["LOR07-1"]
    assert "RENIEC" not in str(found), "no content"


def test_a_visit_that_was_forgotten_by_then_is_not_counted(field):
    home = field.enrolled()
    field.add(home, 1)
    with field.open(home) as laptop:
        laptop.close_visit()
    field.sync(home)
    assert len(told(field)["could_hold"]["visits"]) == 1
    field.moved += 8 * 86_400_000
    field.sync(home)
    assert not told(field)["could_hold"]["visits"]


def test_what_others_had_from_it_by_stick_is_named_as_missing(field, home):
    other, place = field.enrolled("LOR08", visit=False), field.folder / "peers"
    field.sync(home)
    field.sync(other)
    with field.open(home) as laptop:
        laptop.add("ally", {"name": "Municipalidad", "sector": "public"})
        courier.write_parcels(laptop, place, field.now())
    with field.open(other) as laptop:
        courier.read_stick(laptop, place)
        laptop.amend("LOR07-5", {"sector": "private"}, "se equivocó")
    field.sync(other)
    missing = told(field)["missing"]
    assert (missing["mentioned"], missing["at_least"]) == (["LOR07-5"], 1)


def test_one_that_is_found_again_takes_a_new_code(field, home):
    fleet.revoke(field.office, "LOR07", "se cayó al río", by="admin", lost=True)
    field.sync(home)
    assert field.durations() == [1, 2]
    field.rejoin(home, "LOR09")
    field.agrees(home)
    assert field.durations() == [1, 2, 3]
    found = told(field)
    assert (found["state"], found["replaced_by"], found["revoked_after"]) == ("retired", ["LOR09"], 3)


def test_a_code_that_nobody_has_is_said_so(field):
    with pytest.raises(UserError, match="LOR99"):
        told(field, "LOR99")
