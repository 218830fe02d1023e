"""The numbers of the regulations at their boundaries, and what is said about each requirement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinerant.domain.operations import READINESS
from itinerant.domain.rules import (
    Elements,
    article_45,
    article_53,
    staff_required,
    terminals_for_capacity,
    terminals_required,
)
from itinerant.errors import UserError

CAPACITIES = [
    (0, 0),
    (1, 0),
    (24, 0),
    (25, 0),
    (26, 1),
    (49, 1),
    (50, 1),
    (51, 1),
    (75, 1),
    (76, 2),
    (99, 2),
    (100, 2),
    (125, 2),
    (126, 3),
    (150, 3),
    (1_000, 20),
    (1_025, 20),
    (1_026, 21),
]


@pytest.mark.parametrize(("capacity", "terminals"), CAPACITIES)
def test_one_terminal_for_fifty_people_or_a_rest_over_twenty_five(capacity: int, terminals: int) -> None:
    assert terminals_for_capacity(capacity) == terminals
    assert terminals_required(capacity, itinerant=False) == terminals


@pytest.mark.parametrize(("capacity", "terminals"), [(None, 1), *((c, max(1, t)) for c, t in CAPACITIES)])
def test_itinerant_attention_has_one_terminal_at_least(capacity: int | None, terminals: int) -> None:
    assert terminals_required(capacity, itinerant=True) == terminals


def test_an_unknown_capacity_asks_nothing_of_a_stable_place() -> None:
    assert terminals_required(None, itinerant=False) == 0


def test_a_negative_capacity_is_refused() -> None:
    with pytest.raises(UserError, match="aforo"):
        terminals_required(-1, itinerant=True)


@given(st.integers(0, 100_000))
def test_fifty_more_people_are_one_more_terminal(capacity: int) -> None:
    assert terminals_for_capacity(capacity + 50) == terminals_for_capacity(capacity) + 1
    assert terminals_for_capacity(capacity) <= terminals_for_capacity(capacity + 1)


@pytest.mark.parametrize(("terminals", "staff"), [(0, 0), (1, 1), (2, 1), (20, 1)])
def test_somebody_guides_the_users(terminals: int, staff: int) -> None:
    assert staff_required(terminals) == staff


@pytest.mark.parametrize(
    ("capacity", "itinerant", "terminals", "guides", "expected"),
    [
        (None, True, 1, 1, [("45 b", True), ("45 c", True)]),
        (None, True, 0, 1, [("45 b", False), ("45 c", True)]),
        (20, True, 1, 0, [("45 b", True), ("45 c", False)]),
        (100, True, 1, 2, [("45 a", False), ("45 c", True)]),
        (100, False, 2, 1, [("45 a", True), ("45 c", True)]),
        (25, False, 0, 0, [("45 a", True), ("45 c", True)]),
        (None, False, 3, 1, [("45 a", None), ("45 c", True)]),
        (None, False, 3, 0, [("45 a", None), ("45 c", False)]),
    ],
)
def test_article_45(
    capacity: int | None, itinerant: bool, terminals: int, guides: int, expected: list[tuple[str, bool | None]]
) -> None:
    found = article_45(capacity, itinerant, terminals, guides)
    assert [(item.article.split("art. ")[1], item.met) for item in found] == expected


def test_article_45_says_how_many_are_missing() -> None:
    terminals, guides = article_45(126, itinerant=True, terminals=1, guides=0)
    assert terminals.sentence == "La norma pide 3 terminales de acceso público; hay 1."
    assert terminals.article == "Reglamento de la Ley 29904, art. 45 a"
    assert guides.sentence == "Falta personal para orientar a los usuarios."
    assert article_45(None, True, 1, 1)[0].sentence == "La norma pide 1 terminal de acceso público; hay 1."


def test_article_53_has_every_letter_and_nothing_is_assumed() -> None:
    found = article_53(Elements())
    assert [item.article[-1] for item in found] == ["a", "a", "b", "c", "d", "e", "e"]
    assert {item.met for item in found} == {None}
    assert all(item.sentence.startswith("No se pudo comprobar") for item in found)


@pytest.mark.parametrize("code", [item.code for item in article_53(Elements())])
def test_each_element_of_article_53_counts_by_itself(code: str) -> None:
    present = {item.code: True for item in article_53(Elements())}
    complete = article_53(Elements(**present))
    assert all(item.met for item in complete)
    missing = article_53(Elements(**{**present, code: False}))
    assert [item.code for item in missing if not item.met] == [code]
    sentences = {item.code: item.sentence for item in complete}
    (said,) = (item.sentence for item in missing if item.code == code)
    assert said != sentences[code]


def test_every_requirement_has_its_field_in_the_readiness_record() -> None:
    for item in (*article_45(50, True, 1, 1), *article_53(Elements())):
        assert READINESS.by_name[item.code].source.startswith("art. ")
