"""Two laptops that logged the same attention are told; whoever is merely near is not."""

from dataclasses import replace

import pytest

from itinerant.domain.duplicates import MARGIN_MS, NEAREST, Attention, Pair, confirming, dismissing, find

NOON = 1_763_916_000_000
MINE = Attention("LOR07-9", "P014", "LOR07-1", "RENIEC-01", "T1", NOON, 600, void=False, duplicate_of=None)
THEIRS = replace(MINE, record="LOR08-3", by="P015", started_at=NOON + 60_000)
SAME = [Pair("LOR07-9", "LOR08-3")]


@pytest.mark.parametrize(
    ("altered", "expected"),
    [
        ({}, SAME),
        ({"record": "LOR07-10"}, []),  # one laptop does not log twice without seeing it
        ({"visit": "LOR08-1"}, []),
        ({"service": "SIS-01"}, []),
        ({"terminal": "T2"}, []),
        ({"terminal": "T2", "by": "P014"}, SAME),  # one person, whatever the terminal
        ({"terminal": None}, []),
        ({"started_at": NOON + 600_000 + MARGIN_MS}, SAME),
        ({"started_at": NOON + 600_001 + MARGIN_MS}, []),
        ({"started_at": NOON - 900_000, "duration_s": 900}, SAME),
        ({"void": True}, []),
        ({"distinct_from": ("LOR07-9",)}, []),
        ({"distinct_from": ("LOR07-8",)}, SAME),
    ],
)
def test_alike_is_the_same_visit_service_and_terminal_or_person_at_once(altered, expected):
    other = replace(THEIRS, **altered)
    assert find([MINE, other]) == find([other, MINE]) == expected


def test_without_terminals_the_person_decides():
    assert find([replace(MINE, terminal=None), replace(THEIRS, terminal=None)]) == []


def test_a_wrong_duration_does_not_propose_everything_with_everything():
    """Days long, by a clock that was wrong: each is compared with those that began last before it."""
    long = [
        replace(MINE, record=f"LOR0{7 + n % 2}-{10 + n}", started_at=NOON + n * 1_000, duration_s=600_000)
        for n in range(3 * NEAREST)
    ]
    pairs = {frozenset(pair[:2]) for pair in find(long)}
    place = {one.record: n for n, one in enumerate(long)}
    assert pairs == {
        frozenset((one.record, other.record))
        for one in long
        for other in long
        if one.device != other.device and abs(place[one.record] - place[other.record]) <= NEAREST
    }


def written(sessions, altered):
    """The sessions after what was altered was written."""
    after = []
    for one in sessions:
        new = dict(altered.get(one.record, {}))
        if "distinct_from" in new:
            new["distinct_from"] = tuple(new["distinct_from"])
        after.append(replace(one, **new))
    return after


def test_confirming_leaves_one_that_counts_and_says_which():
    after = written([MINE, THEIRS], confirming(THEIRS, MINE))
    assert [one.void for one in after] == [False, True]
    assert after[1].duplicate_of == "LOR07-9"
    assert find(after) == []


def test_confirmed_both_ways_at_once_nobody_is_left_and_it_is_asked_again():
    pair = (MINE, THEIRS)
    both = [replace(one, void=True, duplicate_of=other.record) for one, other in zip(pair, pair[::-1], strict=True)]
    assert find(both) == [Pair("LOR07-9", "LOR08-3", lost=True)]
    after = written(both, confirming(*both))
    assert [one.void for one in after] == [True, False]
    assert find(after) == []
    apart = written(both, dismissing(*both))
    assert [one.void for one in apart] == [False, False]
    assert find(apart) == []


def test_dismissed_pairs_are_not_proposed_again_and_others_are():
    third = replace(THEIRS, record="LOR09-2")
    after = written([MINE, THEIRS, third], dismissing(MINE, THEIRS))
    assert find(after) == [Pair("LOR07-9", "LOR09-2"), Pair("LOR08-3", "LOR09-2")]
    again = written(after, dismissing(third, MINE))
    assert written(again, dismissing(again[2], again[1]))[2].distinct_from == ("LOR07-9", "LOR08-3")


def test_many_at_once_are_compared_with_a_bounded_number():
    """Two thousand day-long attentions are somebody's wrong durations; looking at all pairs would take minutes."""
    many = [replace(MINE, record=f"LOR{n % 2 + 1:02}-{n + 1}", duration_s=86_400) for n in range(2_000)]
    assert len(find(many)) <= 2_000 * 50
