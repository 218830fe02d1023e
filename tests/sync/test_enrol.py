"""Enrolment: by network and by stick, cut anywhere, and with a file that does not fit."""

import pytest

from itinerant.errors import NoConnection, Refused, UserError
from itinerant.store.laptop import Laptop
from itinerant.sync import courier, enrol, folder
from itinerant.sync.engine import sync
from tests.simulator import Fault, OfficeSimulator
from tests.sync.conftest import PASSPHRASE
from tests.sync.test_engine import foreign, record


@pytest.fixture
def office():
    return OfficeSimulator()


@pytest.fixture
def file(office, tmp_path):
    path = tmp_path / "LOR07.json"
    path.write_text(office.invite("LOR07").to_json(), encoding="utf-8")
    return path


def make(tmp_path, invitation, office, person="P014", name="home"):
    return enrol.make_home(tmp_path / name, invitation, person, PASSPHRASE, lambda: office.now_ms)


def test_by_network_and_then_the_first_sync(tmp_path, office, file, time):
    invitation = enrol.read_invitation(file)
    foreign(office, 5)
    with make(tmp_path, invitation, office) as laptop:
        enrol.by_network(laptop, invitation, office, office.now_ms)
        assert office.devices["LOR07"] == laptop.identity.keys.public
        record(laptop, 2)
        report = sync(laptop, office, clock=time.clock)
        assert (report.sent, laptop.status()["pending"]) == (3, 0)
        assert len(laptop.list("session")) == 7
        assert (laptop.person, laptop.brigade) == ("P014", "B01")


def test_by_stick(tmp_path, office, file):
    invitation = enrol.read_invitation(file)
    with make(tmp_path, invitation, office) as laptop:
        stick = tmp_path / "stick"
        path = enrol.write_request(laptop, invitation, stick, office.now_ms)
        folder.write(stick, office.take(folder.read(path)), folder.RECEIPTS)
        assert courier.read_stick(laptop, stick).receipts == 1
        assert laptop.status()["last_receipt_at"] == office.now_ms


def test_a_cut_in_between_costs_nothing(tmp_path, office, file):
    invitation = enrol.read_invitation(file)
    office.faults.append(Fault(lost_down=True))
    with make(tmp_path, invitation, office) as laptop, pytest.raises(NoConnection):
        enrol.by_network(laptop, invitation, office, office.now_ms)
    with make(tmp_path, invitation, office) as laptop:
        enrol.by_network(laptop, invitation, office, office.now_ms)
        assert office.devices["LOR07"] == laptop.identity.keys.public


def test_an_enrolled_home_is_not_enrolled_again(tmp_path, office, file):
    invitation = enrol.read_invitation(file)
    with make(tmp_path, invitation, office) as laptop:
        enrol.by_network(laptop, invitation, office, office.now_ms)
    with pytest.raises(UserError):
        make(tmp_path, invitation, office)
    with pytest.raises(UserError):
        make(tmp_path, office.invite("LOR08"), office)
    Laptop.unlock(tmp_path / "home", PASSPHRASE).close()


def test_another_laptop_with_the_same_file_is_refused(tmp_path, office, file):
    invitation = enrol.read_invitation(file)
    with make(tmp_path, invitation, office) as laptop:
        enrol.by_network(laptop, invitation, office, office.now_ms)
    with make(tmp_path, invitation, office, name="other") as laptop, pytest.raises(Refused):
        enrol.by_network(laptop, invitation, office, office.now_ms)


def test_an_expired_file_makes_no_home(tmp_path, office, file):
    invitation = enrol.read_invitation(file)
    office.now_ms = invitation.expires_at + 1
    with pytest.raises(UserError) as caught:
        make(tmp_path, invitation, office)
    assert caught.value.code == "expired"
    assert not (tmp_path / "home").exists()


def test_a_file_that_cannot_be_read_is_said_so(tmp_path):
    (tmp_path / "noise").write_bytes(b"\xff\xfe")
    for name in ("nowhere", "noise"):
        with pytest.raises(UserError):
            enrol.read_invitation(tmp_path / name)
