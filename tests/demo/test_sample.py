"""Sample sessions: valid, repeatable, and shaped like the published figures."""

import itertools
import random
from collections import Counter

import pytest

from itinerant.demo.notes import note
from itinerant.demo.sample import DAY_MS, HOUR_MS, SampleService, correction, services_from, sessions
from itinerant.domain import guard
from itinerant.domain.kinds import KINDS

START = 1_763_971_200_123
SERVICES = [SampleService(f"RENIEC-{n:02}", "procedure", 6 + n % 17, 100 * (n % 3), n % 4 == 0) for n in range(1, 61)]


@pytest.fixture(scope="module")
def many() -> list[dict]:
    return list(sessions(3_000, 11, START, SERVICES, "LOR07-1"))


def test_the_same_seed_gives_the_same_sessions_and_another_gives_others() -> None:
    first, again, other = (list(sessions(50, seed, START, SERVICES, "LOR07-1")) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_every_session_may_be_stored(many: list[dict]) -> None:
    session = KINDS["session"]
    assert [(values, found) for values in many if (found := session.problems(values))] == []


def test_shares_are_the_published_ones(many: list[dict]) -> None:
    languages = Counter(values["language"] for values in many)
    assert 0.38 < languages["qvo"] / len(many) < 0.44
    cards = Counter(values["card"] for values in many)
    assert cards["none"] / len(many) > 0.95
    assert sum("note" in values for values in many) / len(many) == pytest.approx(0.2, abs=0.03)
    assert Counter(values["service"] for values in many).most_common(1)[0][1] > 8 * len(many) / len(SERVICES)


def test_one_table_attends_one_person_at_a_time_and_stops_for_lunch(many: list[dict]) -> None:
    gaps = []
    for before, after in itertools.pairwise(many):
        gap = after["started_at"] - before["started_at"] - 1_000 * before["duration_s"]
        assert gap >= 0
        gaps.append(gap)
    days = (many[-1]["started_at"] - START) / DAY_MS
    assert 15 < len(many) / days < 60
    lunches = [gap for gap in gaps if 0.75 * HOUR_MS < gap < 2 * HOUR_MS]
    assert len(lunches) > days / 2


def test_what_is_blank_is_absent(many: list[dict]) -> None:
    assert not [values for values in many if None in values.values()]


def test_notes_are_varied_and_pass_the_guard() -> None:
    rng = random.Random(5)
    notes = [note(rng) for _ in range(2_000)]
    assert [text for text in notes if not guard.clean(text)] == []
    assert len(set(notes)) > 1_800
    assert max(map(len, notes)) <= 120


def test_corrections_alter_the_session_and_keep_it_valid(many: list[dict]) -> None:
    rng = random.Random(6)
    for values in many[:500]:
        altered, why = correction(rng, values)
        assert why
        assert any(values.get(name) != value for name, value in altered.items())
        whole = {name: value for name, value in {**values, **altered}.items() if value is not None}
        assert KINDS["session"].problems(whole) == []


def test_the_catalogue_is_taken_by_frequency() -> None:
    rows = [
        {"code": "B-01", "access": "consultation", "frequent": "", "minutes": "", "fee_cents": "", "card": "none"},
        {
            "code": "A-01",
            "access": "procedure",
            "frequent": "2",
            "minutes": "8",
            "fee_cents": "700",
            "card": "optional",
        },
        {"code": "C-01", "access": "payment", "frequent": 1, "minutes": 5, "fee_cents": None, "card": None},
    ]
    assert services_from(rows) == [
        SampleService("C-01", "payment", 5),
        SampleService("A-01", "procedure", 8, 700, card=True),
        SampleService("B-01", "consultation"),
    ]
