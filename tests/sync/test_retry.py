"""When to try again, and how much to send."""

import random

import pytest

from itinerant.errors import Damaged, NoConnection, Refused
from itinerant.sync import retry
from itinerant.sync.pace import FIRST, LARGEST, SMALLEST, Pace


def attempts(errors, cancelled=lambda: False):
    """Waits between tries of a function that raises `errors` one after the other, then answers."""
    waits, left = [], list(errors)

    def work():
        if left:
            raise left.pop(0)
        return "done"

    return retry.retrying(waits.append, cancelled)(work), waits


def test_what_a_retry_can_cure_is_tried_again():
    answer, waits = attempts([NoConnection("cut")] * 3)
    assert answer == "done"
    assert 0 < sum(waits) < 7 + 3 * 0.2


@pytest.mark.parametrize("error", [Refused("no"), Damaged("bits"), NoConnection("busy", retry_after=400)])
def test_what_a_retry_cannot_cure_soon_is_not(error):
    with pytest.raises(type(error)) as caught:
        attempts([error])
    assert caught.value is error


def test_tries_are_bounded_and_the_last_error_comes_out():
    errors = [NoConnection(str(number)) for number in range(50)]
    with pytest.raises(NoConnection) as caught:
        attempts(errors)
    assert caught.value is errors[retry.ATTEMPTS - 1]


def test_an_asked_wait_is_waited_at_least():
    _answer, waits = attempts([NoConnection("busy", retry_after=40)])
    assert 40 <= sum(waits) < 43


def test_waits_differ_from_laptop_to_laptop():
    assert len({sum(attempts([NoConnection("cut")])[1]) for _laptop in range(20)}) > 10


def test_the_next_sync_moves_away_with_every_failure_and_stays_within_a_quarter_of_an_hour():
    for failures in range(20):
        longest = min(60 * 2**failures, 900)
        assert longest / 2 <= retry.later_s(failures) <= longest
    assert retry.later_s(0, asked=7_200) == 7_200


def test_a_pace_never_leaves_its_bounds():
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    pace = Pace()
    for _step in range(2_000):
        if rng.random() < 0.4:
            pace = pace.after_failure()
        else:
            pace = pace.after_success(rng.randrange(1 << 18), rng.randrange(1 << 18), rng.random() * 60)
        pace = pace.weighed(rng.randrange(3), rng.randrange(1 << 17))
        assert SMALLEST <= pace.size <= LARGEST, seed
        assert pace.changes >= 1, seed
        assert pace.timeout_s(pace.size) > 10, seed


def test_a_pace_grows_only_with_parcels_that_filled_it_and_time_to_spare():
    assert Pace().after_success(300, 300, 1).size == FIRST
    assert Pace().after_success(FIRST, 300, 1).size == 2 * FIRST
    assert Pace().after_success(300, FIRST, 1).size == 2 * FIRST
    assert Pace().after_success(FIRST, FIRST, 60).size == FIRST
    assert Pace().after_failure().size == FIRST // 2


def test_what_was_remembered_is_taken_up_within_bounds():
    assert Pace.remembered(0, 0) == Pace()
    assert Pace.remembered(10**9, 500).size == LARGEST
    assert Pace.remembered(3, -5) == Pace(SMALLEST, 0)


def test_a_slow_link_is_given_more_time():
    fast, slow = Pace(FIRST, 50_000), Pace(FIRST, 500)
    assert fast.timeout_s(FIRST) < 30 < slow.timeout_s(FIRST)
    assert slow.seconds(1_000) == 2
    assert Pace().seconds(1_000) is None
