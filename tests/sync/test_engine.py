"""The sync: everything arrives once, whatever the link does, and nothing is called sent that is not."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itinerant.demo.sample import sessions
from itinerant.errors import Damaged, NoConnection, Refused
from itinerant.log.change import Draft
from itinerant.sync import engine
from itinerant.sync.engine import forecast, sync
from itinerant.sync.standing import Person, Quarantined, Standing
from tests.simulator import Fault
from tests.sync import logs
from tests.sync.conftest import PLACE

KIB = 1024


def record(laptop, count, seed=1):
    """A visit, if none is open, and sessions of it."""
    visit = laptop.current_visit()
    ref = visit.record if visit else laptop.open_visit(PLACE)
    laptop.write([Draft("session", one) for one in sessions(count, seed, logs.START_MS, logs.starter_services(), ref)])


def foreign(office, count, device="LOR08", seed=9):
    """Another laptop's sessions, in the office's ledger."""
    office.ledger.extend(link.change for link in logs.session_log(count, seed, device=device))


def is_at_rest(laptop, office):
    return office.logs.get("LOR07", []) == list(laptop.links_since(0, 100_000)) and laptop.status()["pending"] == 0


def test_an_idle_sync_is_one_round_and_small(laptop, office, time):
    sync(laptop, office, clock=time.clock)
    report = sync(laptop, office, clock=time.clock)
    assert (report.rounds, report.sent, report.received, report.pending) == (1, 0, 0, 0)
    assert report.bytes_up + report.bytes_down < 600


def test_what_is_pending_arrives_and_is_told_as_sent(laptop, office, time):
    record(laptop, 50)
    told = []
    report = sync(laptop, office, clock=time.clock, progress=lambda sent, total: told.append((sent, total)))
    assert (report.sent, report.pending) == (51, 0)
    assert (told[0], told[-1]) == ((0, 51), (51, 51))
    assert is_at_rest(laptop, office)
    assert sync(laptop, office, clock=time.clock).sent == 0


def test_what_others_wrote_comes_back(laptop, office, time):
    foreign(office, 40)
    report = sync(laptop, office, clock=time.clock)
    assert report.received == 40
    assert len(laptop.list("session", limit=100)) == 40
    assert sync(laptop, office, clock=time.clock).received == 0


def test_once_is_one_round(laptop, office, time):
    record(laptop, 2_000)
    report = sync(laptop, office, once=True, clock=time.clock)
    assert report.rounds == 1
    assert 0 < report.sent < 2_001
    assert report.pending == 2_001 - report.sent


def test_a_small_rest_travels_along(laptop, office, time):
    record(laptop, 1_000)
    assert sync(laptop, office, clock=time.clock).rounds == 1


def test_parcels_start_small_and_grow_to_what_was_agreed(laptop, office, time):
    record(laptop, 4_000)
    sync(laptop, office, clock=time.clock)
    sizes = [up for up, _down in office.sizes]
    assert sizes[0] < 20 * KIB
    assert sizes[1] > 1.5 * sizes[0]
    assert max(sizes) <= 80 * KIB
    assert is_at_rest(laptop, office)


@pytest.mark.parametrize("limit", [16 * KIB, 6 * KIB, 2 * KIB])
def test_a_link_that_breaks_on_anything_larger_still_carries_all_both_ways(laptop, office, time, limit):
    record(laptop, 600)
    foreign(office, 400)
    office.faults.extend(Fault(cut_above=limit) for _ in range(2_000))
    report = sync(laptop, office, clock=time.clock)
    assert (report.sent, report.received) == (601, 400)
    assert is_at_rest(laptop, office)


def test_the_size_that_a_link_carries_is_remembered(laptop, office, time):
    record(laptop, 300)
    office.faults.extend(Fault(cut_above=3 * KIB) for _ in range(100))
    sync(laptop, office, clock=time.clock)
    record(laptop, 100, seed=2)
    office.faults.clear()
    office.sizes.clear()
    sync(laptop, office, clock=time.clock)
    assert office.sizes[0][0] <= 4 * KIB


def test_a_lost_receipt_costs_a_repetition_and_nothing_else(laptop, office, time):
    record(laptop, 20)
    office.faults.append(Fault(lost_down=True))
    report = sync(laptop, office, clock=time.clock)
    assert report.sent == 21
    assert [change.seq for change in office.ledger] == list(range(1, 22))


def test_retries_are_used_up_and_the_next_try_is_planned(laptop, office, time):
    record(laptop, 5)
    office.faults.extend(Fault(lost_up=True) for _ in range(50))
    before = time.now
    with pytest.raises(NoConnection):
        sync(laptop, office, clock=time.clock)
    status = laptop.status()
    assert status["pending"] == 6
    assert status["next_try_at"] > time.now * 1_000
    assert status["last_error"] == "cut"
    assert time.now - before < 120
    office.faults.clear()
    sync(laptop, office, clock=time.clock)
    status = laptop.status()
    assert (status["pending"], status["next_try_at"], status["last_error"]) == (0, None, None)


def test_a_busy_office_is_waited_for_as_it_asks(laptop, office, time):
    office.faults.append(Fault(busy=40))
    before = time.now
    sync(laptop, office, clock=time.clock)
    assert 40 <= time.now - before < 80


def test_a_refusal_is_not_repeated(laptop, office, time):
    office.devices.clear()
    before = time.now
    with pytest.raises(Refused):
        sync(laptop, office, clock=time.clock)
    assert time.now == before
    assert laptop.status()["next_try_at"] is None


def test_stopping_keeps_what_was_sent(laptop, office, time):
    record(laptop, 2_000)
    report = sync(laptop, office, clock=time.clock, cancelled=lambda: bool(office.sizes))
    assert report.stopped
    assert report.sent == len(office.ledger) == 2_001 - report.pending > 0


def test_stopping_ends_a_wait_at_once(laptop, office, time):
    office.faults.extend(Fault(busy=200) for _ in range(9))
    before = time.now
    report = sync(laptop, office, clock=time.clock, cancelled=lambda: time.now > before + 1)
    assert report.stopped
    assert time.now - before < 2


def test_an_office_that_lost_its_latest_days_is_sent_them_again(laptop, office, time):
    record(laptop, 30)
    sync(laptop, office, clock=time.clock)
    del office.logs["LOR07"][10:]
    del office.ledger[10:]
    sync(laptop, office, clock=time.clock)
    assert is_at_rest(laptop, office)
    assert [change.seq for change in office.ledger] == list(range(1, 32))


def test_an_office_that_never_moves_does_not_keep_the_laptop_busy(laptop, office, time, monkeypatch):
    record(laptop, 5)
    monkeypatch.setattr(office, "take", lambda data: office.answer("LOR07", engine.envelope.name(data)))
    report = sync(laptop, office, clock=time.clock)
    assert (report.sent, report.pending) == (0, 6)
    assert report.rounds <= 2


def test_a_receipt_of_another_log_is_refused_as_a_fork(laptop, office, time):
    record(laptop, 5)
    office.logs["LOR07"] = logs.session_log(3)
    with pytest.raises(Damaged) as caught:
        sync(laptop, office, clock=time.clock)
    assert caught.value.code == "fork"
    assert laptop.status()["received_upto"] == 0


def test_an_old_receipt_does_not_pass_as_the_answer(laptop, office, time):
    record(laptop, 5)
    old = office.answer("LOR07", "A" * 16)
    office.faults.append(Fault(answer=old))
    with pytest.raises(Damaged) as caught:
        sync(laptop, office, clock=time.clock)
    assert caught.value.code == "answer"
    assert laptop.status()["received_upto"] == 0


def test_how_the_laptop_stands_is_told_once_and_again_when_it_changes(laptop, office, time):
    sync(laptop, office, clock=time.clock)
    office.standing = Standing(
        state="frozen",
        quarantined=(Quarantined("LOR07-1", "schema", "No se entiende."),),
        roster=(Person("P014", "Ana Torres", "orientador", "B01"),),
    )
    sync(laptop, office, clock=time.clock)
    assert laptop.standing == office.standing
    assert laptop.person_names == {"P014": "Ana Torres"}
    sync(laptop, office, clock=time.clock)
    assert office.sizes[-1][1] < 350


def test_the_skew_of_the_clocks_is_known_and_harmless(laptop, office, time):
    record(laptop, 3)
    office.now_ms += 20 * 365 * 86_400_000
    sync(laptop, office, clock=time.clock)
    assert laptop.status()["clock_skew_ms"] != 0
    assert is_at_rest(laptop, office)


def test_a_forecast_says_what_travels_without_sending_it(laptop, office, time):
    record(laptop, 700)
    would = forecast(laptop, office.now_ms)
    assert would.changes == 701
    assert would.seconds is None
    assert not office.sizes
    sync(laptop, office, clock=time.clock)
    assert would.size == pytest.approx(sum(up for up, _down in office.sizes), rel=0.15)


faults = st.builds(
    Fault,
    lost_up=st.booleans(),
    lost_down=st.booleans(),
    twice=st.booleans(),
    busy=st.none() | st.floats(0, 5),
    cut_above=st.none() | st.integers(1_500, 9_000),
)


@given(st.lists(faults, max_size=12), st.lists(st.integers(0, 40), min_size=1, max_size=3), st.integers(0, 60))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_link_does_everything_arrives_once(laptop, office, time, several, counts, others):
    chance = random.Random(len(several))
    for count in counts:
        record(laptop, count + 1, seed=chance.randrange(1_000))
        office.faults.extend(several)
        try:
            sync(laptop, office, clock=time.clock)
        except NoConnection:
            office.faults.clear()
            sync(laptop, office, clock=time.clock)
        office.faults.clear()
    own = [change.seq for change in office.ledger if change.device == "LOR07"]
    assert own == list(range(1, laptop.head.seq + 1))
    foreign(office, others, device=f"LOR{chance.randrange(10, 99)}")
    sync(laptop, office, clock=time.clock)
    assert is_at_rest(laptop, office)
