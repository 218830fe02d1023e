"""A laptop that was copied, that went back, or both, takes a new code: each attention counts once, and no byte is lost.

Real laptops and a real office; only the road between them is a call.
"""

import shutil
from pathlib import Path

import pytest

from itinerant.errors import Damaged, Refused, UserError
from itinerant.paths import Home
from itinerant.store.disk.epoch import Past
from itinerant.store.office import former
from itinerant.sync import courier, rejoin
from itinerant.sync.enrolment import pack as packed
from itinerant.sync.keys import DeviceKeys
from server.exchange import quarantine, stick
from server.laptops import enrolment, fleet
from tests.properties import template
from tests.server import looking
from tests.sync.field import SESSION, Field, Road


@pytest.fixture(scope="module", autouse=True)
def cheap():
    with template.eased():
        yield


@pytest.fixture
def field(tmp_path):
    field = Field(tmp_path)
    yield field
    looking.assert_sound(field.office)
    field.office.close()


@pytest.fixture
def twins(field):
    """A laptop and its copy: both have 1 and 2, which the office has; then each goes on, and both have synced."""
    home = field.enrolled()
    field.add(home, 1, 2)
    field.sync(home)
    twin = Path(shutil.copytree(home, field.folder / "twin"))
    field.add(home, 10, 11)
    with field.open(twin) as laptop:
        (third,) = [laptop.add("session", {**SESSION, "duration_s": 20})]
        laptop.amend(third, {"duration_s": 21}, "se equivocó")
        laptop.amend("LOR07-2", {"duration_s": 3}, "se equivocó")
    field.sync(home)
    field.sync(twin)
    field.add(home, 12)
    field.sync(home)
    return home, twin


def test_both_branches_alive_end_up_in_the_reports_once(field, twins):
    home, twin = twins
    assert field.durations() == [1, 2, 10, 11]
    done = field.rejoin(twin, "LOR09")
    assert done.renumbered == {"LOR07-4": "LOR09-1", "LOR07-5": "LOR09-2", "LOR07-6": "LOR09-3"}
    field.sync(twin)
    assert field.durations() == [2, 3, 10, 11, 21]
    done = field.rejoin(home, "LOR10")
    assert list(done.renumbered.values()) == ["LOR10-1"], "only what came after the freeze had not been accepted"
    field.sync(home)
    assert field.durations() == [2, 3, 10, 11, 12, 21]
    assert not looking.quarantine(field.office)
    for each in (home, twin):
        field.agrees(each)
    assert (looking.device(field.office)["state"], looking.device(field.office, "LOR10")["state"]) == (
        "retired",
        "enrolled",
    )


def test_the_other_copy_is_given_up_and_a_person_decides_on_its_work(field, twins):
    home, _twin = twins
    field.rejoin(home, "LOR10")
    field.sync(home)
    waiting = [item["change"] for item in looking.quarantine(field.office)]
    assert waiting == ["LOR07-4", "LOR07-5", "LOR07-6"], "the copy's"
    assert field.durations() == [1, 2, 10, 11, 12]


def test_a_correction_of_what_was_discarded_does_not_touch_the_other_copys_work(field, twins):
    _home, twin = twins
    item = next(item["item"] for item in looking.quarantine(field.office) if item["change"] == "LOR07-4")
    quarantine.discard(field.office, item, "está repetida", by="rev1")
    assert field.rejoin(twin, "LOR09").renumbered == {"LOR07-6": "LOR09-1"}
    field.agrees(twin)
    assert field.durations() == [2, 3, 10, 11]
    assert not looking.conflicts(field.office)


def test_what_waits_for_another_reason_waits_again_under_the_new_code(field):
    home = field.enrolled()
    field.sync(home)
    twin = Path(shutil.copytree(home, field.folder / "twin"))
    field.add(home, 1)
    with field.open(twin) as laptop:
        ref = laptop.add("session", {**SESSION, "duration_s": 2})
        laptop.amend(ref, {"duration_s": 3}, "se equivocó")
    field.sync(home)
    field.sync(twin)
    with field.office.database.writer() as connection:
        connection.exec_driver_sql("UPDATE quarantine SET reason = 'personal_data' WHERE seq = 2")
    field.rejoin(twin, "LOR09")
    field.agrees(twin)
    assert field.durations() == [1, 3], "the guard has nothing against it after all: it entered"


def test_what_was_sent_again_is_not_released_too(field, twins):
    _home, twin = twins
    item = min(item["item"] for item in looking.quarantine(field.office) if item["change"] == "LOR07-6")
    field.rejoin(twin, "LOR09")
    with pytest.raises(UserError, match="LOR09") as caught:
        quarantine.release(field.office, item, "parece bueno", by="rev1")
    assert caught.value.code == "reentered"
    fleet.revoke(field.office, "LOR09", "se perdió en el río", by="admin", lost=True)
    assert quarantine.release(field.office, item, "nunca llegó", by="rev1") == "LOR07-6"


def test_a_backup_of_last_week_that_goes_on(field):
    home = field.enrolled()
    field.add(home, 1)
    backup = {path.name: path.read_bytes() for path in home.iterdir() if path.name in {"log.db", "slots.json"}}
    field.add(home, 2, 3)
    field.sync(home)
    for name, data in backup.items():
        (home / name).write_bytes(data)
    with field.open(home) as laptop:
        assert laptop.past is Past.RESTORED
        laptop.add("session", {**SESSION, "duration_s": 9})
    field.sync(home)
    field.rejoin(home, "LOR09")
    with field.open(home) as laptop:
        assert (laptop.past, laptop.device, laptop.status()["pending"]) == (Past.SAME, "LOR09", 1)
    field.agrees(home)
    assert field.durations() == [1, 2, 3, 9], "what the backup lacked came back from the office"


def test_a_restored_laptop_with_nothing_new_gets_its_own_work_back(field):
    home = field.enrolled()
    files = {path.name: path.read_bytes() for path in home.iterdir() if path.name in {"log.db", "slots.json"}}
    field.add(home, 1, 2)
    field.sync(home)
    for name, data in files.items():
        (home / name).write_bytes(data)
    with pytest.raises(Damaged) as caught:
        field.sync(home)
    assert caught.value.code == "restored"
    with pytest.raises(Damaged):
        field.sync(home)
    (incident,) = looking.records(field.office, "incident").values()
    assert (incident["category"], incident["device"]) == ("restored", "LOR07"), "the office is told, once"
    assert not field.rejoin(home, "LOR09").renumbered
    field.agrees(home)
    assert field.durations() == [1, 2]


def test_a_copy_and_a_backup_at_once(field):
    home = field.enrolled()
    field.add(home, 1)
    field.sync(home)
    week = {path.name: path.read_bytes() for path in home.iterdir() if path.name in {"log.db", "slots.json"}}
    field.add(home, 2)
    field.sync(home)
    twin = Path(shutil.copytree(home, field.folder / "twin"))
    for name, data in week.items():
        (home / name).write_bytes(data)
    field.add(home, 30)
    field.add(twin, 40)
    field.sync(twin)
    field.sync(home)
    field.rejoin(home, "LOR09")
    field.rejoin(twin, "LOR10")
    for each in (home, twin, home):
        field.agrees(each)
    assert field.durations() == [1, 2, 30, 40]


def test_a_copy_of_a_frozen_laptop_finds_what_both_had_under_the_first_ones_numbers(field, twins):
    home, _twin = twins
    third = Path(shutil.copytree(home, field.folder / "third"))
    with field.open(third) as laptop:
        laptop.amend("LOR07-6", {"duration_s": 13}, "corregido")
    field.rejoin(home, "LOR10")
    field.sync(home)
    done = field.rejoin(third, "LOR11")
    assert done.renumbered == {"LOR07-6": "LOR10-1", "LOR07-7": "LOR11-1"}
    field.agrees(third)
    assert field.durations() == [1, 2, 10, 11, 13]


def test_a_visit_that_the_ledger_never_had_keeps_its_sessions(field):
    home = field.enrolled()
    with field.open(home) as laptop:
        laptop.close_visit()
    field.sync(home)
    twin = Path(shutil.copytree(home, field.folder / "twin"))
    with field.open(home) as laptop:
        laptop.open_visit({"ubigeo": "160301", "place": "Nauta"})
        laptop.close_visit()
    with field.open(twin) as laptop:
        laptop.open_visit({"ubigeo": "160101", "place": "Iquitos"})
    field.add(twin, 5)
    field.sync(home)
    field.sync(twin)
    field.rejoin(twin, "LOR09")
    field.agrees(twin)
    (session,) = looking.records(field.office).values()
    assert looking.records(field.office, "visit")[session["visit"]]["place"] == "Iquitos"


def test_by_stick_while_the_laptop_goes_on(field, twins):
    _home, twin = twins
    field.add(twin, 22)
    place, invitation = field.folder / "stick", field.invite("LOR09", "LOR07")
    with field.open(twin) as laptop:
        rejoin.write_request(laptop, invitation, place, field.now())
    field.add(twin, 23)
    with field.open(twin) as laptop:
        rejoin.write_request(laptop, invitation, place, field.now())
    field.add(twin, 24)
    with field.open(twin) as laptop:
        courier.write_parcels(laptop, place, field.now())
    read = stick.read(field.office, place)
    assert (read.enrolled, read.problems) == (2, [])
    stick.write(field.office, place)
    with field.open(twin) as laptop:
        done = rejoin.read_answer(laptop, place, field.now())
    assert len(done.renumbered) == 6
    with field.open(twin) as laptop:
        courier.read_stick(laptop, place)
    field.agrees(twin)
    assert field.durations() == [2, 3, 10, 11, 21, 22, 23, 24]


def test_a_cut_before_the_answer_costs_nothing(field, twins):
    _home, twin = twins
    invitation = field.invite("LOR09", "LOR07")

    def lost(data):
        enrolment.enrol(field.office, data)
        raise Refused("se cortó")

    with field.open(twin) as laptop, pytest.raises(Refused):
        rejoin.by_network(laptop, invitation, field.sync_road, Road(lost), field.clock)
    field.add(twin, 22)
    with field.open(twin) as laptop:
        assert laptop.device == "LOR07"
        rejoin.by_network(laptop, invitation, field.sync_road, field.enrol_road, field.clock)
    field.agrees(twin)
    assert field.durations() == [2, 3, 10, 11, 21, 22]


def test_the_former_log_stays_whole_and_is_erased_when_its_time_comes(field, twins):
    _home, twin = twins
    field.rejoin(twin, "LOR09")
    field.sync(twin)
    with field.open(twin) as laptop, laptop._database.reader() as connection:
        assert former.verify(connection) == 6
        assert dict(former.renumbered(connection))["LOR07-4"] == "LOR09-1"
    field.moved += 8 * 86_400_000
    field.sync(twin)
    with field.open(twin) as laptop, laptop._database.reader() as connection:
        assert former.verify(connection) == 6, "the hashes stay"
        assert connection.exec_driver_sql("SELECT count(*) FROM former WHERE body IS NOT NULL").scalar() == 0


def test_a_damaged_byte_of_the_former_log_is_found(field, twins):
    _home, twin = twins
    field.rejoin(twin, "LOR09")
    with field.open(twin) as laptop:
        with laptop._database.writer() as connection:
            connection.exec_driver_sql("UPDATE former SET hash = zeroblob(32) WHERE seq = 5")
        assert [check.code for check in laptop.examine() if not check.well] == ["former"]


def test_a_file_for_another_laptop_changes_nothing(field, twins):
    home, _twin = twins
    other = field.invite("LOR08")
    enrolment.enrol(field.office, packed(other, DeviceKeys.generate(), "P014", template.NOW))
    for invitation in (field.invite("LOR09"), field.invite("LOR09", "LOR08")):
        with field.open(home) as laptop, pytest.raises(UserError) as caught:
            rejoin.by_network(laptop, invitation, field.sync_road, field.enrol_road, field.clock)
        assert caught.value.code == "invitation"
    assert looking.device(field.office, "LOR08")["state"] == "enrolled"


def test_a_backup_from_before_the_new_code_gives_itself_away(field, twins):
    _home, twin = twins
    old = Home(twin).database.read_bytes()
    field.rejoin(twin, "LOR09")
    Home(twin).database.write_bytes(old)
    with field.open(twin) as laptop:
        assert (laptop.device, laptop.past) == ("LOR07", Past.RESTORED)


def test_a_code_is_followed_within_its_brigade_only(field):
    field.enrolled()
    fleet.add_brigade(field.office, "B02", "Brigada de Ocongate", by="admin")
    for device, brigade, replaces in (("LOR09", "B02", "LOR07"), ("LOR09", "B01", "LOR99"), ("LOR09", "B01", "LOR09")):
        with pytest.raises(UserError):
            fleet.invite(field.office, device, brigade, by="admin", replaces=replaces)
