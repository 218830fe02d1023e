"""Two laptops logged the same attention: it is proposed, and a person says what it is."""

import pytest

from itinerant.errors import UserError
from itinerant.store.laptop import Laptop
from tests.store.conftest import PLACE, SESSION
from tests.store.test_inbox import receipt, theirs

MINE, OTHER, APART = "LOR07-2", "LOR08-1", "LOR08-2"


@pytest.fixture
def day(laptop: Laptop) -> Laptop:
    """LOR07-2 and LOR08-1 are at one terminal at once; LOR08-2 is at another one."""
    laptop.open_visit(PLACE)
    laptop.add("session", {**SESSION, "terminal": "T1"})
    same = SESSION | {"visit": "LOR07-1", "terminal": "T1", "started_at": SESSION["started_at"] + 30_000}
    laptop.apply_receipt(receipt(laptop, 2, theirs(1, same), theirs(2, same | {"terminal": "T2"})))
    return laptop


def proposed(laptop: Laptop) -> list[tuple[str, str, bool]]:
    return [(one.first.record, one.second.record, one.lost) for one in laptop.duplicates.list()]


def test_they_are_proposed_and_both_count_until_somebody_says_so(day: Laptop) -> None:
    assert proposed(day) == [(MINE, OTHER, False)]
    assert day.counters("LOR07-1").total == 3


def test_confirming_annuls_one_with_a_reference_and_a_reason(day: Laptop) -> None:
    (change,) = day.duplicates.confirm(OTHER, MINE, "la anotamos los dos")
    gone = day.get(OTHER)
    assert gone is not None
    assert (gone.void, gone.values["duplicate_of"]) == (True, MINE)
    assert day.history(OTHER)[-1].why == "la anotamos los dos"
    assert day.history(OTHER)[-1].ref == change
    assert proposed(day) == []
    assert day.counters("LOR07-1").total == 2
    with pytest.raises(UserError, match="ya lo decidió") as refused:
        day.duplicates.confirm(MINE, OTHER, "otra vez")
    assert refused.value.code == "no_duplicate"


def test_dismissing_is_remembered(day: Laptop) -> None:
    day.duplicates.dismiss(MINE, OTHER, "eran hermanas")
    assert proposed(day) == []
    assert day.counters("LOR07-1").total == 3
    kept = day.get(OTHER)
    assert kept is not None
    assert kept.values["distinct_from"] == [MINE]


def test_when_both_were_annulled_for_each_other_it_is_asked_again(day: Laptop) -> None:
    against = theirs(3, {"void": True, "duplicate_of": OTHER}, MINE, (MINE,))
    day.duplicates.confirm(OTHER, MINE, "la anotamos los dos")
    day.apply_receipt(receipt(day, 3, against))
    assert day.counters("LOR07-1").total == 1
    assert proposed(day) == [(MINE, OTHER, True)]
    day.duplicates.confirm(OTHER, MINE, "queda la mía")
    assert proposed(day) == []
    mine = day.get(MINE)
    assert mine is not None
    assert (mine.void, mine.values["duplicate_of"]) == (False, None)


def test_nothing_is_written_without_a_reason_or_for_a_pair_that_is_not_proposed(day: Laptop) -> None:
    head = day.head
    for one, other in ((MINE, APART), (MINE, MINE), (MINE, "LOR99-1"), ("", "")):
        with pytest.raises(UserError):
            day.duplicates.dismiss(one, other, "no son")
    with pytest.raises(UserError, match="motivo"):
        day.duplicates.confirm(OTHER, MINE, "")
    assert day.head == head
