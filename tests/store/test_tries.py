"""The log of syncs and the day's bytes, and the boxes beside it: what is kept, what is folded, what is let go."""

from dataclasses import replace

import pytest

from itinerant.log.change import GENESIS, Change
from itinerant.store.laptop import Laptop
from itinerant.store.office.mailbox import Waiting
from itinerant.store.office.tries import KEPT, SyncSettings, Tries, Try
from tests.store.conftest import PLACE, SESSION

LOST = Try(1_000, 2_000, "no_network", "No hay red.", bytes_up=100, automatic=True)
MORNING = 1_795_440_120_000
DAY = 86_400_000


class Clock:
    ms = MORNING


@pytest.fixture
def log(laptop: Laptop) -> Tries:
    return Tries(laptop._opened, lambda: Clock.ms)


def test_tries_that_came_to_the_same_are_one_entry_and_any_other_is_its_own(log: Tries) -> None:
    log.add(LOST)
    log.add(replace(LOST, at=5_000, ended=6_000, bytes_down=7))
    folded = replace(LOST, ended=6_000, times=2, bytes_up=200, bytes_down=7)
    assert log.latest() == [folded]
    others = [
        replace(LOST, automatic=False),
        replace(LOST, code="down"),
        replace(LOST, sent=1),
        replace(LOST, sent=1),
        Try(7_000, 8_000, received=3),
        Try(9_000, 9_500),
    ]
    for entry in others:
        log.add(entry)
    assert log.latest() == [*reversed(others), folded]
    assert log.latest(1) == [others[-1]]


def test_the_log_does_not_grow_without_end_and_the_day_counts_all_of_it(log: Tries) -> None:
    for number in range(KEPT + 20):
        log.add(Try(number, number, sent=1, bytes_up=10, bytes_down=1))
    entries = log.latest(10 * KEPT)
    assert [entry.at for entry in entries] == list(range(KEPT + 19, 19, -1))
    assert log.today.total == 11 * (KEPT + 20)


def test_each_day_counts_its_own_bytes_whatever_the_clock_does(log: Tries, monkeypatch: pytest.MonkeyPatch) -> None:
    log.add(LOST)
    assert (log.today.day, log.today.up) == ("23/11/2026", 100)
    monkeypatch.setattr(Clock, "ms", MORNING + DAY)
    assert log.today.total == 0
    log.add(LOST)
    assert log.today.total == 100
    monkeypatch.setattr(Clock, "ms", 0)
    assert log.today.total == 0


def test_what_a_person_chose_is_kept(log: Tries) -> None:
    assert log.settings == SyncSettings()
    log.settings = SyncSettings(automatic=False, daily_cap=0)
    assert log.settings == SyncSettings(automatic=False, daily_cap=0)


def test_the_boxes_hold_what_waits_and_what_came(laptop: Laptop) -> None:
    laptop.open_visit(PLACE)
    first = laptop.add("session", SESSION)
    laptop.add("session", SESSION)
    laptop.amend(first, {"duration_s": 30}, "se corrige")
    box = laptop.mailbox
    assert box.waiting()[0] == Waiting("session", True, 2)
    assert set(box.waiting()[1:]) == {Waiting("session", False, 1), Waiting("visit", True, 1)}
    laptop.sync_state = replace(laptop.sync_state, received_upto=2)
    assert set(box.waiting()) == {Waiting("session", False, 1), Waiting("session", True, 1)}
    assert [change.seq for change in box.outbox()] == [3, 4]
    assert box.inbox() == []
    theirs = [Change("LOR08", seq, MORNING, "P020", "session", f"LOR08-{seq}", (), SESSION, GENESIS) for seq in (1, 2)]
    with laptop._database.writer() as connection:
        laptop._journal.receive(connection, theirs)
    assert [change.ref for change in box.inbox()] == ["LOR08-2", "LOR08-1"]
    assert box.arrived() == 2
