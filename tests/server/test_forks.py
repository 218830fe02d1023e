"""Two laptops under one code: both logs are kept, neither is believed, and a person is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from itinerant.errors import UserError
from itinerant.sync import parcel
from server.exchange import quarantine
from server.exchange.handling import handle
from server.office import Office
from tests.server import looking
from tests.server.laptop import SESSION, FakeLaptop


@pytest.fixture
def twin(laptop: FakeLaptop) -> FakeLaptop:
    """A copy of the laptop, made after two changes that the office has."""
    for _number in range(2):
        laptop.write()
    laptop.sync()
    return laptop.copy()


def test_both_are_kept_and_the_laptop_is_frozen(office: Office, laptop: FakeLaptop, twin: FakeLaptop) -> None:
    laptop.write(values={**SESSION, "duration_s": 1})
    laptop.sync()
    twin.write(values={**SESSION, "duration_s": 2})
    twin.write(values={**SESSION, "duration_s": 3})
    receipt = twin.sync()
    assert receipt.header.head == twin.head, "the copy's work is received too"
    assert receipt.standing is not None
    assert receipt.standing.state == "frozen"
    assert looking.reasons(office) == [("LOR07-3", "fork"), ("LOR07-4", "fork")]
    (incident,) = looking.records(office, "incident").values()
    assert (incident["category"], incident["device"], incident["state"]) == ("fork", "LOR07", "open")
    assert looking.device(office)["state"] == "frozen"
    looking.assert_sound(office)


def test_both_go_on_into_quarantine_each_on_its_branch(office: Office, laptop: FakeLaptop, twin: FakeLaptop) -> None:
    laptop.write(values={**SESSION, "duration_s": 1})
    laptop.sync()
    twin.write(values={**SESSION, "duration_s": 2})
    twin.sync()
    for one, seconds in ((laptop, 10), (twin, 20), (laptop, 30), (twin, 40)):
        one.write(values={**SESSION, "duration_s": seconds})
        assert one.sync().header.head == one.head
    assert len(looking.records(office)) == 3
    assert [change for change, _reason in looking.reasons(office)] == [
        "LOR07-3",
        "LOR07-4",
        "LOR07-4",
        "LOR07-5",
        "LOR07-5",
    ]
    assert len(looking.records(office, "incident")) == 1
    looking.assert_sound(office)


def test_the_copy_alone_again_is_no_new_fork(office: Office, laptop: FakeLaptop, twin: FakeLaptop) -> None:
    laptop.write()
    laptop.sync()
    twin.write(values={**SESSION, "duration_s": 2})
    data = twin.parcel()
    first = twin.read(handle(office, data))
    again = twin.read(handle(office, data))
    assert first.header.head == again.header.head == twin.head
    assert len(looking.quarantine(office)) == 1
    assert len(looking.records(office, "incident")) == 1


def test_the_same_work_on_both_is_no_fork(office: Office, laptop: FakeLaptop, twin: FakeLaptop) -> None:
    laptop.write()
    twin.write()
    laptop.sync()
    twin.sync()
    assert not looking.quarantine(office)
    assert looking.device(office)["state"] == "enrolled"


def test_a_restored_laptop_that_is_behind_is_told_where_its_log_is(
    office: Office, laptop: FakeLaptop, twin: FakeLaptop
) -> None:
    laptop.write()
    laptop.sync()
    receipt = twin.sync()
    assert receipt.header.head == laptop.head, "a head that the copy does not know: it finds out by itself"
    assert looking.device(office)["state"] == "enrolled"


def test_a_head_of_another_history_freezes_the_laptop_and_is_kept(
    office: Office, laptop: FakeLaptop, twin: FakeLaptop
) -> None:
    laptop.write(values={**SESSION, "duration_s": 1})
    laptop.write()
    laptop.sync()
    for seconds in (2, 3):
        twin.write(values={**SESSION, "duration_s": seconds})
    data = twin.parcel(4, 4)  # follows a change 3 that the office never saw
    for _time in range(2):
        twin.read(handle(office, data))
    assert looking.device(office)["state"] == "frozen"
    assert looking.reasons(office) == [("parcel", "fork")]
    assert len(looking.records(office, "incident")) == 1
    assert twin.read(handle(office, twin.parcel(3, 4))).header.head == twin.head
    looking.assert_sound(office)


def test_what_takes_a_number_of_the_ledger_cannot_be_released(
    office: Office, laptop: FakeLaptop, twin: FakeLaptop
) -> None:
    laptop.write(values={**SESSION, "duration_s": 1})
    laptop.sync()
    for seconds in (2, 3):
        twin.write(values={**SESSION, "duration_s": seconds})
    twin.sync()
    taken, free = (item["item"] for item in looking.quarantine(office))
    with pytest.raises(UserError, match="LOR07-3"):
        quarantine.release(office, taken, "parece bueno", by="rev1")
    quarantine.release(office, free, "solo está aquí", by="rev1")
    assert looking.records(office)["LOR07-4"]["duration_s"] == 3
    looking.assert_sound(office)


def test_what_a_laptop_brings_while_it_says_that_it_went_back_follows_the_report(
    office: Office, laptop: FakeLaptop
) -> None:
    made = laptop.write()
    header, _sealed = parcel.peek(laptop.parcel())
    data = parcel.pack(replace(header, went_back=True), [made], laptop.keys.sign, laptop.invitation.office.seal_key)
    for _time in range(2):
        laptop.take(laptop.post(data))
    assert laptop.upto == 1
    assert made.ref in looking.records(office)
    assert [one["category"] for one in looking.records(office, "incident").values()] == ["restored"]
    looking.assert_sound(office)
