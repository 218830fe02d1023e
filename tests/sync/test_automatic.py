"""The sync that nobody asks for: when it tries, when it only looks, and what holds it back."""

import socket
from dataclasses import replace

import pytest

from itinerant.errors import NoConnection, Refused
from itinerant.store.office.tries import SyncSettings, Tries, Try
from itinerant.sync import automatic, engine
from itinerant.sync.automatic import IDLE_S, Link, reachable, step
from tests.sync.test_engine import record


class Looking:
    """A link that is there or not, and how often it was looked for."""

    def __init__(self, up=True):
        self.up = up
        self.looks = 0

    def __call__(self, url):
        self.looks += 1
        return self.up


@pytest.fixture
def go(laptop, office, time):
    """One step at the laptop's present clock."""
    laptop.tries = Tries(laptop._opened, time.clock.now_ms)

    def take(before=None, reach=None, sync=None):
        doing = sync or (lambda one: engine.sync(one, office, clock=time.clock, automatic=True))
        return step(laptop, doing, now_ms=time.clock.now_ms(), before=before, reach=reach or Looking())

    return take


def test_a_link_that_appears_is_used_and_what_waits_is_sent(laptop, go):
    record(laptop, 5)
    away = Looking(up=False)
    offline = go(reach=away)
    assert (offline.link, offline.misses) == (Link.OFFLINE, 1)
    assert laptop.tries.latest() == [], "no signal is no failure"
    done = go(before=offline)
    assert (done.link, done.report.sent) == (Link.ONLINE, 6)
    assert [(one.automatic, one.sent) for one in laptop.tries.latest()] == [(True, 6)]


def test_looks_move_apart_while_nobody_answers_but_never_by_much(go):
    before, waits = None, []
    for _look in range(12):
        before = go(before=before, reach=Looking(up=False))
        waits.append(before.wait_s)
    assert waits[0] <= 10
    assert 60 <= waits[-1] <= 120


def test_nothing_is_asked_of_the_link_until_a_sync_is_due(laptop, go, time):
    done = go()
    looking = Looking()
    for _minute in range(int(IDLE_S / 60) - 1):
        time.sleep(60)
        assert go(before=done, reach=looking).report is None
    assert looking.looks == 0
    time.sleep(60)
    assert go(before=done, reach=looking).report is not None
    record(laptop, 1)
    assert go(before=done).report is None, "a parcel of a few attentions, not one each"
    time.sleep(60)
    assert go(before=done).report.sent == 2


def test_the_planned_try_of_one_that_failed_is_waited_for(laptop, go, time):
    def busy(one):
        state = one.sync_state
        one.sync_state = replace(state, next_try_at=time.clock.now_ms() + 400_000)
        raise NoConnection("busy")

    failed = go(sync=busy)
    assert failed.link is Link.ONLINE
    time.sleep(300)
    assert go(before=failed, sync=None).report is None
    time.sleep(101)
    assert go(before=failed).report is not None


def test_a_clock_that_jumped_back_years_does_not_silence_it(laptop, go, time):
    laptop.sync_state = replace(laptop.sync_state, next_try_at=time.clock.now_ms() + 20 * 365 * 86_400_000)
    assert go().report is not None
    time.sleep(-20 * 365 * 86_400)
    assert go().report is not None


def test_what_a_person_must_mend_is_trouble_and_not_tried_every_minute(laptop, go, time):
    def refused(one):
        one.tries.add(Try(time.clock.now_ms(), time.clock.now_ms(), "unknown_device"))
        raise Refused("no", code="unknown_device")

    record(laptop, 1)
    trouble = go(sync=refused)
    assert trouble.link is Link.TROUBLE
    time.sleep(120)
    assert go(before=trouble).report is None
    time.sleep(IDLE_S)
    assert go(before=trouble).report is not None


def test_the_off_switch_and_the_cap_hold_it_back_without_a_look(laptop, go, time):
    looking = Looking()
    laptop.tries.settings = SyncSettings(automatic=False)
    assert go(reach=looking).link is Link.OFF
    laptop.tries.settings = SyncSettings(daily_cap=1_000)
    laptop.tries.add(Try(time.clock.now_ms(), time.clock.now_ms(), "cut", bytes_up=900, bytes_down=100))
    assert go(reach=looking).link is Link.CAPPED, "failed tries count"
    assert looking.looks == 0
    time.sleep(86_400)
    assert go(reach=looking).link is Link.ONLINE, "another day"
    laptop.tries.settings = SyncSettings(daily_cap=0)
    assert go(reach=looking).link is Link.ONLINE


def test_a_look_tells_whether_something_takes_a_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert reachable(f"http://127.0.0.1:{port}")
    assert not reachable(f"http://127.0.0.1:{port}")
    assert not reachable("http://office.invalid", within_s=0.5)
    assert automatic._port("https") == 443
