"""The queue of conflicts on a laptop: open, decided, undone; and what it refuses in words."""

import time
from typing import Any

import pytest

from itinerant.errors import UserError
from itinerant.log.change import Draft
from itinerant.store.laptop import Laptop
from tests.store.conftest import PLACE, SESSION
from tests.store.test_inbox import receipt, theirs

REF = "LOR07-2"


@pytest.fixture
def day(laptop: Laptop) -> Laptop:
    """A laptop on which the duration of LOR07-2 is in conflict: 700 here, 900 there; 600 before."""
    laptop.open_visit(PLACE)
    laptop.add("session", SESSION)
    laptop.amend(REF, {"duration_s": 700}, "medí mal")
    laptop.apply_receipt(receipt(laptop, 3, theirs(1, {"duration_s": 900}, REF, (REF,))))
    return laptop


def value(laptop: Laptop, name: str = "duration_s") -> Any:
    record = laptop.get(REF)
    assert record is not None
    return record.values[name]


def test_a_decision_can_be_undone_with_a_reason_and_everything_stays_in_the_history(day: Laptop) -> None:
    assert value(day) == 900
    day.resolve(REF, "duration_s", 700, "según el acta")
    assert day.conflicts() == []
    (decision,) = day.disputes.decided()
    assert (decision.conflict.record, decision.conflict.field, decision.change.why) == (
        REF,
        "duration_s",
        "según el acta",
    )
    day.disputes.undo(REF, "duration_s", "el acta era de otro día")
    assert value(day) == 900
    assert day.disputes.decided() == []
    assert [change.why for change in day.history(REF)][-2:] == ["según el acta", "el acta era de otro día"]


def test_what_is_gone_is_refused_in_words_that_say_who_decided(day: Laptop) -> None:
    decided = day.resolve(REF, "duration_s", 700, "según el acta")
    head = day.head
    with pytest.raises(UserError, match=rf"ya lo decidió P014 \({decided}\)") as refused:
        day.resolve(REF, "duration_s", 900, "yo digo")
    assert refused.value.code == "no_conflict"
    with pytest.raises(UserError, match="no tiene un conflicto"):
        day.resolve(REF, "outcome", "partial", "yo digo")
    with pytest.raises(UserError, match="No hay una decisión") as refused:
        day.disputes.undo(REF, "outcome", "yo digo")
    assert refused.value.code == "no_decision"
    with pytest.raises(UserError, match="motivo"):
        day.disputes.undo(REF, "duration_s", " ")
    assert day.head == head


@pytest.mark.parametrize("wrong", ["mucho", -1, 90_000, True, ["700"]])
def test_a_value_that_the_field_cannot_have_settles_nothing(day: Laptop, wrong: Any) -> None:
    with pytest.raises(UserError):
        day.resolve(REF, "duration_s", wrong, "yo digo")
    assert [one.field for one in day.conflicts()] == ["duration_s"]


def test_a_conflict_knows_its_visit(day: Laptop) -> None:
    assert day.disputes.visit_of(REF) == day.disputes.visit_of("LOR07-1") == "LOR07-1"
    assert day.disputes.visit_of("LOR09-9") == ""


def test_five_hundred_open_conflicts_are_listed_at_once(laptop: Laptop) -> None:
    visit = laptop.open_visit(PLACE)
    made = [link.change.ref for link in laptop.write([Draft("session", {**SESSION, "visit": visit})] * 500)]
    laptop.write([Draft("", {"duration_s": 700}, record=ref, why="medí mal") for ref in made])
    rivals = [theirs(n, {"duration_s": 900}, ref, (ref,)) for n, ref in enumerate(made, start=1)]
    laptop.apply_receipt(receipt(laptop, 1_001, *rivals))
    start = time.process_time()
    found = laptop.conflicts()
    taken = time.process_time() - start
    assert (len(found), laptop.disputes.count(), laptop.status()["notices"]) == (500, 500, 500)
    assert taken < 0.5


def test_a_base_that_nobody_has_is_kept_and_decided_like_any_other(day: Laptop) -> None:
    day.apply_receipt(receipt(day, 3, theirs(2, {"language": "quz"}, REF, ("LOR08-99",))))
    day.apply_receipt(receipt(day, 3, theirs(3, {"language": "aym"}, REF, ("LOR08-77",))))
    assert {one.field for one in day.conflicts()} == {"duration_s", "language"}
    day.resolve(REF, "language", "quz", "según el acta")
    assert {one.field for one in day.conflicts()} == {"duration_s"}
