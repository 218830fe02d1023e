"""Search by typed words: what is found, in pages, and that what was altered since is never missed."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinerant.domain.fields import Value
from itinerant.domain.lookup import fold
from itinerant.log.change import Draft
from itinerant.store import finder as module
from itinerant.store.finder import Finder, _matching
from itinerant.store.journal import Journal


def resource(number: int, description: str, **more: Value) -> Draft:
    values: Mapping[str, Value] = {"code": f"T-{number}", "category": "hardware", "state": "good"}
    return Draft("resource", {**values, "description": description, **more})


@pytest.fixture
def finder(journal: Journal) -> Finder:
    """Twelve resources; LOR07-7 is the broken one and every third is out of service."""
    drafts = [
        resource(n, "Cámara rota" if n == 7 else "Cámara", state="good" if n % 3 else "out_of_service")
        for n in range(1, 13)
    ]
    journal.append(drafts, by="P014", at=5)
    return Finder(journal.database)


def found(
    finder: Finder, text: str, *, before: int | None = None, limit: int = 50, where: Mapping[str, Value] | None = None
) -> list[str]:
    rows = finder.page("resource", text, services={}, where=where or {}, before=before, limit=limit)
    return [row.record.removeprefix("LOR07-") for row in rows]


def test_accents_capitals_and_order_do_not_matter(finder: Finder) -> None:
    assert found(finder, "ROTÁ  camara") == ["7"]
    assert found(finder, "fuera de servicio lor07-12") == ["12"]
    assert found(finder, "amar") == [str(n) for n in range(12, 0, -1)]
    assert found(finder, "camara % _") == []


def test_pages_follow_each_other(finder: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    assert found(finder, "camara", limit=5) == ["12", "11", "10", "9", "8"]
    assert found(finder, "camara", limit=5, before=8) == ["7", "6", "5", "4", "3"]
    assert found(finder, "camara", where={"state": "out_of_service"}, limit=3) == ["12", "9", "6"]
    assert found(finder, "camara", where={"state": "out_of_service"}, before=6) == ["3"]


def test_what_was_added_altered_or_erased_since_is_seen(finder: Finder, journal: Journal) -> None:
    assert found(finder, "nueva") == []
    journal.append([resource(13, "Cámara nueva")], by="P014", at=6)
    assert found(finder, "nueva") == ["13"]
    journal.append([Draft("", {"description": "Cámara prestada"}, record="LOR07-7")], by="P014", at=7)
    finder.altered("resource")
    assert found(finder, "rota") == []
    assert found(finder, "prestada") == ["7"]


@given(
    st.dictionaries(st.integers(1, 50), st.text("abc ", max_size=6), max_size=20),
    st.text("abc ", max_size=5),
    st.one_of(st.none(), st.integers(1, 50)),
)
def test_matching_is_what_a_plain_look_would_find(texts: dict[int, str], query: str, before: int | None) -> None:
    known = {n: (text, "S-1" if n % 2 else "") for n, text in sorted(texts.items())}
    sought = [(word, frozenset(("S-1",)) if word == "a" else frozenset()) for word in fold(query).split()]
    expected = [
        n
        for n in sorted(texts, reverse=True)
        if (before is None or n < before)
        and all(word in texts[n] or (word == "a" and n % 2 == 1) for word, _codes in sought)
    ]
    assert list(_matching(known, sought, before)) == expected
