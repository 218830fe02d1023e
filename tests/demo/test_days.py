"""The story of a laptop: what it leaves in the log."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from itinerant.demo.days import Clock, Story, days_for, morning
from itinerant.demo.sample import DAY_MS, SampleService
from itinerant.store.laptop import Laptop
from tests.cli.conftest import identity

SERVICES = [SampleService(f"RENIEC-{n:02}", "procedure", 10) for n in range(1, 20)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def laptop(tmp_path: Path, clock: Clock) -> Iterator[Laptop]:
    made = Laptop.create(
        tmp_path / "home", identity=identity(), person="P014", passphrase="rio napo lancha puerto", now_ms=clock
    )
    made.add("stop", {"brigade": "B01", "ubigeo": "160107", "place": "Negro Urco", "capacity": 60})
    yield made
    made.close()


def test_past_days_are_closed_visits_full_of_sessions(laptop: Laptop, clock: Clock) -> None:
    now = time.time_ns() // 1_000_000
    story = Story(laptop, clock, SERVICES, seed=8)
    numbers = list(story.live(70, morning(days_for(70)), "LOR07-1"))
    visits = laptop.list("visit")
    assert len(numbers) == len(set(numbers)) == 70
    assert numbers == story.sessions
    assert 2 <= len(visits) <= days_for(70)
    assert all(visit.values["closed_at"] and visit.values["place"] == "Negro Urco" for visit in visits)
    assert sum(laptop.counters(visit.record).total for visit in visits) == 70
    for record in laptop.list("session", limit=70):
        assert record.values["started_at"] + 1_000 * record.values["duration_s"] <= record.made_at < now
        assert record.made_at - record.values["started_at"] < DAY_MS
    assert laptop.current_visit() is None
    assert len(laptop.history(numbers[0])) >= 1
    assert laptop.head.seq > 1 + 70 + 2 * len(visits), "somebody corrected something"


def test_today_is_an_open_visit_whose_last_session_just_ended(laptop: Laptop, clock: Clock) -> None:
    story = Story(laptop, clock, SERVICES, seed=9)
    story.today(12, "LOR07-1")
    visit = laptop.current_visit()
    assert visit is not None
    assert laptop.counters(visit.record).total == 12
    latest = laptop.list("session", limit=1)[0]
    now = time.time_ns() // 1_000_000
    assert 0 < now - latest.values["started_at"] < 4 * 3_600_000
    assert abs(clock() - now) < 5_000, "the clock is the real one again"
