"""A one-time code makes one laptop, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from itinerant.errors import Damaged, Refused, UserError
from itinerant.sync import enrolment
from itinerant.sync.keys import DeviceKeys
from server.laptops import fleet
from server.laptops.enrolment import enrol
from server.laptops.fleet import DAY_MS, TOKEN_DAYS
from server.office import Office
from tests.server import looking
from tests.server.conftest import Clock
from tests.server.laptop import START_MS, FakeLaptop, invite


def request(office: Office, keys: DeviceKeys) -> bytes:
    invitation = invite(office)
    return enrolment.pack(invitation, keys, "P014", START_MS)


def test_the_first_receipt_brings_roster_and_catalogue(office: Office) -> None:
    keys, invitation = DeviceKeys.generate(), invite(office)
    laptop = FakeLaptop(invitation, keys, lambda data: data)
    receipt = laptop.take(enrol(office, enrolment.pack(invitation, keys, "P014", START_MS)))
    assert receipt.standing is not None
    assert receipt.standing.state == "enrolled"
    assert [person.code for person in receipt.standing.roster] == ["P014"]
    assert receipt.header.head.seq == 0
    assert looking.device(office)["state"] == "enrolled"


def test_the_same_request_again_is_answered_again(office: Office) -> None:
    data = request(office, DeviceKeys.generate())
    enrol(office, data)
    size = looking.size(office)
    enrol(office, data)
    assert looking.size(office) == size


def test_a_used_code_opens_nothing_for_other_keys(office: Office) -> None:
    invitation = invite(office)
    enrol(office, enrolment.pack(invitation, DeviceKeys.generate(), "P014", START_MS))
    with pytest.raises(Refused) as caught:
        enrol(office, enrolment.pack(invitation, DeviceKeys.generate(), "P014", START_MS))
    assert caught.value.code == "enrolment"


def test_an_expired_code_opens_nothing(office: Office, clock: Clock) -> None:
    data = request(office, DeviceKeys.generate())
    clock.ms += TOKEN_DAYS * DAY_MS + 1
    with pytest.raises(Refused):
        enrol(office, data)
    assert looking.device(office)["state"] == "invited"


def test_a_code_opens_its_own_device_only(office: Office) -> None:
    other = replace(invite(office, "LOR07"), device="LOR08")
    invite(office, "LOR08")
    with pytest.raises(Refused):
        enrol(office, enrolment.pack(other, DeviceKeys.generate(), "P014", START_MS))


def test_a_newer_code_replaces_an_unused_one(office: Office) -> None:
    old, new = invite(office), invite(office)
    with pytest.raises(Refused):
        enrol(office, enrolment.pack(old, DeviceKeys.generate(), "P014", START_MS))
    enrol(office, enrolment.pack(new, DeviceKeys.generate(), "P014", START_MS))


def test_a_device_is_enrolled_once(office: Office) -> None:
    enrol(office, request(office, DeviceKeys.generate()))
    with pytest.raises(UserError, match="ya está inscrito"):
        fleet.invite(office, "LOR07", "B01", by="admin")


def test_an_unknown_brigade_gets_no_laptop(office: Office) -> None:
    with pytest.raises(UserError, match="B99"):
        fleet.invite(office, "LOR07", "B99", by="admin")


def test_an_altered_request_is_refused(office: Office) -> None:
    data = bytearray(request(office, DeviceKeys.generate()))
    data[-1] ^= 1
    with pytest.raises(Damaged):
        enrol(office, bytes(data))


def test_no_laptop_is_called_as_the_office(office: Office) -> None:
    with pytest.raises(UserError, match="CENTRAL"):
        fleet.invite(office, "CENTRAL", "B01", by="admin")
