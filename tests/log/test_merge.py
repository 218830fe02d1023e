"""Merge: any order, any repetition, no conflict silent and none false."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from itinerant.log.change import GENESIS, Change
from itinerant.log.merge import history, merge
from tests.log.histories import Desk, histories
from tests.log.model import behind, model, view


def conflict_of(record, field):
    return next(conflict for conflict in record.conflicts if conflict.field == field)


@given(histories(), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_give_the_same_record(changes, chance):
    shuffled = changes + [chance.choice(changes) for _ in range(3)]
    chance.shuffle(shuffled)
    assert merge(shuffled) == merge(changes)


@given(histories())
def test_it_agrees_with_the_reference_model(changes):
    assert view(merge(changes)) == model(changes)


@given(histories(), st.integers(0, 11))
def test_it_agrees_with_the_model_while_some_changes_have_not_arrived(changes, hole):
    present = [change for index, change in enumerate(changes) if index != hole % len(changes)] or changes
    assert view(merge(present)) == model(present)


@given(histories())
def test_a_resolution_on_all_heads_settles_every_field_it_names(changes):
    before = merge(changes)
    resolution = Change(
        device="CENTRAL",
        seq=500,
        at=0,
        by="R1",
        kind="session",
        record=before.ref,
        base=before.heads,
        set={"outcome": "referred", "note": "c", "void": False},
        prev=GENESIS,
        why="visto en el acta",
    )
    after = merge([*changes, resolution])
    assert not after.conflicts
    assert (after.values["outcome"], after.values["note"], after.void) == ("referred", "c", False)
    assert after.heads == ("CENTRAL-500",)


@given(histories())
def test_history_tells_each_change_after_what_it_was_based_on(changes):
    told = [change.ref for change in history(changes)]
    by_ref = {change.ref: change for change in changes}
    assert sorted(told) == sorted(by_ref)
    for place, ref in enumerate(told):
        assert behind(by_ref[ref], by_ref) <= set(told[:place])


def small_histories(length):
    """Every history of two authors, one record and two fields with `length` changes after the first.

    Each step: who writes, which field, which of two values, and whether the author had looked at the other's work.
    """
    steps = list(itertools.product(("AAA", "BBB"), ({"outcome": "p"}, {"outcome": "q"}, {"void": True}), (False, True)))
    for plan in itertools.product(steps, repeat=length):
        desk = Desk(("AAA", "BBB"))
        desk.write("AAA", {"outcome": "p"})
        desk.show("AAA", "BBB")
        for device, values, looked in plan:
            if looked:
                desk.show("BBB" if device == "AAA" else "AAA", device)
            desk.write(device, dict(values))
        yield desk.everything()


def test_every_small_history_agrees_with_the_model():
    """Two authors, one record, two fields, up to five changes: all 22,621 histories."""
    count = 0
    for length in range(5):
        for changes in small_histories(length):
            assert view(merge(changes)) == model(changes), changes
            assert merge(changes[::-1]) == merge(changes), changes
            count += 1
    assert count == sum(12**length for length in range(5))


def test_two_different_values_are_a_conflict_with_both_kept():
    desk = Desk()
    desk.write("AAA", {"outcome": "resolved"})
    desk.show("AAA", "BBB")
    desk.write("AAA", {"outcome": "partial"})
    desk.write("BBB", {"outcome": "referred"})
    record = merge(desk.everything())
    conflict = conflict_of(record, "outcome")
    assert conflict.base == "resolved"
    assert [(item.value, item.change) for item in conflict.candidates] == [("partial", "AAA-2"), ("referred", "BBB-1")]
    assert conflict.provisional == record.values["outcome"] == "referred"


def test_the_same_value_twice_and_a_field_not_touched_are_no_conflict():
    desk = Desk()
    desk.write("AAA", {"outcome": "resolved", "note": "a"})
    desk.show("AAA", "BBB")
    desk.write("AAA", {"outcome": "partial", "note": "b"})
    desk.write("BBB", {"outcome": "partial"})
    record = merge(desk.everything())
    assert record.conflicts == ()
    assert record.values == {"outcome": "partial", "note": "b"}
    assert record.heads == ("AAA-2", "BBB-1")


def test_true_and_one_are_different_values():
    desk = Desk()
    desk.write("AAA", {"active": None})
    desk.show("AAA", "BBB")
    desk.write("AAA", {"active": True})
    desk.write("BBB", {"active": 1})
    assert len(merge(desk.everything()).conflicts) == 1


def test_the_office_comes_first_then_the_deeper_then_the_greater_reference():
    desk = Desk(("AAA", "BBB", "CENTRAL"))
    desk.write("AAA", {"outcome": "resolved"})
    desk.show("AAA", "BBB")
    desk.show("AAA", "CENTRAL")
    desk.write("AAA", {"note": "x"})
    desk.write("AAA", {"outcome": "partial"})
    desk.write("BBB", {"outcome": "referred"})
    assert merge(desk.everything()).values["outcome"] == "partial", "deeper"
    desk.write("CENTRAL", {"outcome": "not_possible"})
    assert merge(desk.everything()).values["outcome"] == "not_possible", "the office"


def test_voiding_beside_an_amendment_is_a_conflict_about_the_void():
    desk = Desk()
    desk.write("AAA", {"outcome": "resolved"})
    desk.show("AAA", "BBB")
    desk.write("AAA", {"void": True}, why="repetida")
    desk.write("BBB", {"note": "b"})
    conflict = conflict_of(merge(desk.everything()), "void")
    assert [(item.value, item.change) for item in conflict.candidates] == [(True, "AAA-2"), (False, "BBB-1")]
    assert conflict.base is False


def test_voiding_after_seeing_the_amendment_is_no_conflict_and_can_be_reversed():
    desk = Desk()
    desk.write("AAA", {"outcome": "resolved"})
    desk.show("AAA", "BBB")
    desk.write("BBB", {"note": "b"})
    desk.show("BBB", "AAA")
    desk.write("AAA", {"void": True}, why="repetida")
    record = merge(desk.everything())
    assert (record.void, record.conflicts) == (True, ())
    desk.write("AAA", {"void": False}, why="no era repetida")
    record = merge(desk.everything())
    assert (record.void, record.conflicts) == (False, ())


def test_bases_in_a_cycle_end_in_one_answer_for_every_order():
    def change(ref, base, value):
        device, seq = ref.split("-")
        return Change(
            device=device,
            seq=int(seq),
            at=0,
            by="P1",
            kind="session",
            record="AAA-1",
            base=base,
            set={"note": value},
            prev=GENESIS,
        )

    changes = [
        change("AAA-1", (), "a"),
        change("AAA-2", ("BBB-1",), "b"),
        change("BBB-1", ("AAA-2",), "c"),
        change("BBB-2", ("AAA-1", "BBB-1"), "d"),
    ]
    results = [merge(order) for order in itertools.permutations(changes)]
    assert all(result == results[0] for result in results)
    assert results[0].values["note"] == "d"


@st.composite
def tangled(draw):
    """Changes of one record whose bases are any of them, or of nobody: cycles of every shape."""
    refs = [f"{device}-{seq}" for device in ("AAA", "BBB") for seq in range(1, draw(st.integers(2, 4)))]
    return [
        Change(
            device=ref[:3],
            seq=int(ref[4:]),
            at=0,
            by="P1",
            kind="session",
            record="AAA-1",
            base=tuple(sorted(draw(st.sets(st.sampled_from([*refs, "CCC-1"]), max_size=3)) - {ref})),
            set=draw(st.sampled_from([{"note": ref}, {"outcome": "a"}, {"outcome": "b"}, {"void": True}])),
            prev=GENESIS,
        )
        for ref in refs
    ]


@given(tangled())
def test_it_agrees_with_the_model_whatever_the_bases_are(changes):
    assert view(merge(changes)) == model(changes)


def test_a_record_changed_ten_thousand_times_is_merged_at_once():
    """Linear enough: ten thousand changes in one line, and as many authors' branches as a record can carry."""
    line = [
        Change(
            device="AAA",
            seq=seq,
            at=0,
            by="P1",
            kind="session",
            record="AAA-1",
            base=(f"AAA-{seq - 1}",) if seq > 1 else (),
            set={"note": str(seq)},
            prev=GENESIS,
        )
        for seq in range(1, 10_001)
    ]
    seed = 20261123
    random.Random(seed).shuffle(line)
    record = merge(line)
    assert (record.values["note"], record.heads, record.conflicts) == ("10000", ("AAA-10000",), ()), seed
