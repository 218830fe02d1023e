"""Records looked at by column get the same word as each of them alone."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from itinerant.demo.sample import SampleService, sessions
from itinerant.domain.fields import Value
from itinerant.domain.kinds import KINDS
from itinerant.domain.many import faultless

SESSION = KINDS["session"]
SERVICES = [SampleService("RENIEC-01", "procedure"), SampleService("SUNAT-02", "payment")]
ODD: tuple[Value, ...] = (
    None, True, False, 0, 1, -1, 5, 6, 86_400, 86_401, 2**53, "", " ", "x", "0-17", "resolved", "no_card", "LOR07-1",
    "LOR07-0", "a" * 200, "DNI 45678912", "45678912", "tab\there", ["a"], [], ["a", "a"],
)  # fmt: skip


DAY = list(sessions(8, 7, 1_763_900_000_000, SERVICES, visit="LOR07-1"))


def plain() -> list[dict[str, Value]]:
    """A day's sessions, all of them faultless."""
    return [dict(values) for values in DAY]


def alone(records: list[dict[str, Value]], *, partial: bool) -> bool:
    """What `Kind.problems` says of each."""
    return not any(SESSION.problems(record, partial=partial) for record in records)


def test_an_ordinary_day_has_no_fault() -> None:
    assert alone(plain(), partial=False)
    assert faultless(SESSION, plain())
    assert faultless(SESSION, [])


@pytest.mark.parametrize("partial", [False, True])
def test_one_odd_value_among_many_is_seen_exactly_when_it_is_a_fault(partial: bool) -> None:
    names = [*SESSION.by_name, "void", "unknown"]
    for name in names:
        for value in ODD:
            records = plain()
            records[5][name] = value
            assert faultless(SESSION, records, partial=partial) == alone(records, partial=partial), (name, value)


@pytest.mark.parametrize("partial", [False, True])
def test_a_field_that_is_left_out_is_missed_exactly_when_it_must_be_there(partial: bool) -> None:
    for name in SESSION.by_name:
        records = plain()
        records[3].pop(name, None)
        assert faultless(SESSION, records, partial=partial) == alone(records, partial=partial), name


def test_any_kind_with_any_values_gets_the_same_word() -> None:
    seed = 20261124
    chance = random.Random(seed)
    for kind in KINDS.values():
        for _time in range(30):
            records: list[Mapping[str, Value]] = [
                {name: chance.choice(ODD) for name in chance.sample(list(kind.by_name), k=min(3, len(kind.by_name)))}
                for _record in range(chance.randint(1, 4))
            ]
            for partial in (False, True):
                expected = not any(kind.problems(record, partial=partial) for record in records)
                assert faultless(kind, records, partial=partial) == expected, (seed, kind.name, records)
