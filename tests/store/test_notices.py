"""What a laptop is told once, at the sync that brings it, and finds again afterwards."""

import pytest

from itinerant.store.laptop import Delivery, Laptop
from itinerant.store.office.notices import What
from itinerant.sync.standing import Discarded, Quarantined, Standing
from tests.store.conftest import PLACE, SESSION
from tests.store.test_inbox import NOW, receipt, theirs

REF = "LOR07-2"


@pytest.fixture
def day(laptop: Laptop) -> Laptop:
    """A visit, a session, and a correction of it."""
    laptop.open_visit(PLACE)
    laptop.add("session", SESSION)
    laptop.amend(REF, {"duration_s": 700}, "medí mal")
    return laptop


def told(laptop: Laptop) -> list[tuple[What, str, str]]:
    return [(one.what, one.record, one.change) for one in laptop.notices.take()]


def test_whose_value_is_not_the_provisional_one_is_told_once_and_finds_it_again(day: Laptop) -> None:
    brought = receipt(day, 3, theirs(1, {"duration_s": 900}, REF, (REF,)))
    day.apply_receipt(brought)
    assert day.status()["notices"] == 1
    assert told(day) == [(What.CONFLICT, REF, "LOR07-3")]
    day.apply_receipt(brought)
    assert told(day) == []
    (again,) = day.notices.list()
    assert not again.is_new
    assert "«Duración» de LOR07-2" in again.sentence
    assert "900" not in again.sentence
    assert "700" not in again.sentence


def test_whose_value_is_shown_is_not_told(day: Laptop) -> None:
    first = theirs(1, {"duration_s": 900}, REF, (REF,))
    day.amend(REF, {"duration_s": 800}, "otra vez")  # deeper: it stays the provisional one
    day.apply_receipt(receipt(day, 4, first))
    assert day.conflicts()
    assert told(day) == []


def test_the_others_own_work_and_the_same_value_are_no_news(day: Laptop) -> None:
    changes = theirs(1, SESSION | {"visit": "LOR07-1"}), theirs(2, {"duration_s": 5}, "LOR08-1", ("LOR08-1",))
    day.apply_receipt(receipt(day, 3, *changes, theirs(3, {"duration_s": 700}, REF, (REF,))))
    assert told(day) == []


def test_a_decision_against_mine_is_told_even_if_the_conflict_never_was(day: Laptop) -> None:
    rival = theirs(1, {"duration_s": 900}, REF, (REF,))
    against = theirs(2, {"duration_s": 900}, REF, ("LOR07-3", "LOR08-1"))
    day.apply_receipt(receipt(day, 3, rival, against))
    assert told(day) == [(What.DECIDED, REF, "LOR08-2")]


def test_a_decision_for_mine_is_not_told(day: Laptop) -> None:
    rival = theirs(1, {"duration_s": 900}, REF, (REF,))
    day.apply_receipt(receipt(day, 3, rival, theirs(2, {"duration_s": 700}, REF, ("LOR07-3", "LOR08-1"))))
    assert told(day) == []


def standing(day: Laptop, at: int, aside: tuple[str, ...] = (), out: tuple[str, ...] = ()) -> None:
    items = tuple(Quarantined(ref, "personal_data", "Parece un DNI.") for ref in aside)
    gone = tuple(Discarded(ref, "era un DNI") for ref in out)
    day.apply_receipt(receipt(day, 3, standing=Standing(quarantined=items, discarded=gone), at=NOW + at))


def test_what_is_set_aside_is_marked_as_mine_until_somebody_decides(day: Laptop) -> None:
    standing(day, 1, aside=("LOR07-2", "LOR07-3"))
    assert told(day) == [(What.QUARANTINED, REF, "LOR07-2"), (What.QUARANTINED, REF, "LOR07-3")]
    assert day.notices.aside() == {REF: What.QUARANTINED}
    standing(day, 2, aside=("LOR07-3",))
    assert told(day) == [(What.RELEASED, REF, "LOR07-2")]
    assert day.notices.aside() == {REF: What.QUARANTINED}
    standing(day, 3, out=("LOR07-3",))
    assert told(day) == [(What.DISCARDED, REF, "LOR07-3")]
    assert day.notices.aside() == {REF: What.DISCARDED}
    assert day.delivery("LOR07-3") is Delivery.QUARANTINED, "what the office left out is never called received"
    assert day.get(REF) is not None
    standing(day, 4)
    assert day.notices.aside() == {}
    assert told(day) == []


def test_what_the_office_could_not_read_is_told_too(day: Laptop) -> None:
    standing(day, 1, aside=("LOR07-?",))
    assert told(day) == [(What.QUARANTINED, "LOR07-?", "LOR07-?")]


def test_only_so_many_are_kept_and_never_a_new_one_is_lost(day: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itinerant.store.office.notices.KEPT", 3)
    for number in range(6):
        standing(day, number + 1, aside=(f"LOR07-{number + 10}",))
        if number == 2:
            day.notices.take()
    assert len(day.notices.list(100)) == 9  # three that were shown, and six that were not
    day.notices.take()
    assert len(day.notices.list(100)) == 3
