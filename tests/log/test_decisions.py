"""A decision remembers what was in conflict, and can be undone for as long as it is the last word."""

import itertools
import time

from itinerant.log.change import GENESIS, Change
from itinerant.log.merge import before, decisions, merge, settled


def change(ref, base=(), why="", **values):
    device, seq = ref.split("-")
    return Change(
        device=device,
        seq=int(seq),
        at=int(seq),
        by="P014",
        kind="session",
        record="LOR07-5",
        base=tuple(base),
        set=values,
        prev=GENESIS,
        why=why,
    )


MADE = change("LOR07-5", outcome="resolved", note="a")
MINE = change("LOR07-9", ["LOR07-5"], outcome="partial")
THEIRS = change("LOR08-3", ["LOR07-5"], outcome="referred")
DECIDED = change("CENTRAL-40", ["LOR07-9", "LOR08-3"], outcome="partial", why="según el acta")


def test_a_decision_says_what_was_in_conflict_and_what_undoing_it_gives_back():
    for order in itertools.permutations([MADE, MINE, THEIRS, DECIDED]):
        (one,) = decisions(order)
        assert one.change == DECIDED
        assert (one.conflict.base, one.conflict.provisional) == ("resolved", "referred")
        assert {item.change: item.value for item in one.conflict.candidates} == {
            "LOR07-9": "partial",
            "LOR08-3": "referred",
        }
        assert before(one) == "referred"
        assert [found.field for found in settled(order, "CENTRAL-40")] == ["outcome"]
        assert settled(order, "LOR08-3") == settled(order, "LOR01-1") == []


def test_who_chose_the_provisional_value_gets_the_other_one_back():
    chosen = change("CENTRAL-40", ["LOR07-9", "LOR08-3"], outcome="referred")
    (one,) = decisions([MADE, MINE, THEIRS, chosen])
    assert before(one) == "partial"


def test_a_third_value_gives_back_what_was_shown():
    chosen = change("CENTRAL-40", ["LOR07-9", "LOR08-3"], outcome="not_possible")
    (one,) = decisions([MADE, MINE, THEIRS, chosen])
    assert before(one) == "referred"


def test_what_came_after_the_decision_or_beside_it_leaves_none_to_undo():
    undone = change("CENTRAL-57", ["CENTRAL-40"], outcome="referred")
    assert decisions([MADE, MINE, THEIRS, DECIDED, undone]) == []
    beside = change("LOR09-1", ["LOR07-5"], outcome="not_possible")
    assert merge([MADE, MINE, THEIRS, DECIDED, beside]).conflicts
    assert decisions([MADE, MINE, THEIRS, DECIDED, beside]) == []
    other_field = change("LOR09-1", ["LOR07-5"], note="b")
    assert [one.change for one in decisions([MADE, MINE, THEIRS, DECIDED, other_field])] == [DECIDED]


def test_a_decision_about_voiding_counts_as_one():
    void = change("LOR07-9", ["LOR07-5"], void=True)
    back = change("CENTRAL-40", ["LOR07-9", "LOR08-3"], void=False)
    (one,) = decisions([MADE, void, THEIRS, back])
    assert (one.conflict.field, before(one)) == ("void", True)


def test_two_who_decide_the_same_at_once_are_one_decision():
    again = change("LOR09-1", ["LOR07-9", "LOR08-3"], outcome="partial")
    (one,) = decisions([MADE, MINE, THEIRS, DECIDED, again])
    assert one.change == DECIDED


def test_plain_corrections_are_no_decisions():
    assert decisions([MADE, MINE, change("LOR07-11", ["LOR07-9"], outcome="resolved")]) == []


def test_ten_thousand_changes_of_one_record_are_looked_through_at_once():
    rivals = [MADE, MINE, THEIRS, DECIDED]
    notes = [
        change(f"LOR07-{n}", [f"LOR07-{n - 1}" if n > 10 else "CENTRAL-40"], note=str(n)) for n in range(10, 10_010)
    ]
    start = time.process_time()
    (one,) = decisions([*rivals, *notes])
    assert one.change == DECIDED
    assert time.process_time() - start < 3


def test_bases_that_nobody_has_or_that_form_a_cycle_end_in_an_answer():
    lost = change("LOR09-1", ["LOR09-99"], outcome="not_possible")
    round_one = change("LOR09-2", ["LOR09-3"], outcome="partial")
    round_two = change("LOR09-3", ["LOR09-2"], outcome="referred")
    answers = {repr(decisions(order)) for order in itertools.permutations([MADE, lost, round_one, round_two])}
    assert len(answers) == 1
