"""Search by typed words: what is found, in pages, and that what was altered since is never missed."""

from collections.abc import Mapping
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itinerant.domain.fields import Value
from itinerant.domain.lookup import fold
from itinerant.log.change import Draft
from itinerant.store.journal import Journal
from itinerant.store.laptop import Laptop
from itinerant.store.reading import finder as module
from itinerant.store.reading import visits
from itinerant.store.reading.finder import Finder, Words
from tests.store.conftest import PLACE, SESSION


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
    known = Words()
    rows = sorted(texts.items())
    with patch.object(module, "_CHUNK", 4):
        for some in filter(None, (rows[:3], rows[3:5], rows[5:])):
            known.add([n for n, _text in some], [f"{'S-1' if n % 2 else ''}\t{text}" for n, text in some])
    sought = [(word, frozenset(("S-1",)) if word == "a" else frozenset()) for word in fold(query).split()]
    expected = [
        n
        for n in sorted(texts, reverse=True)
        if (before is None or n < before)
        and all(word in texts[n] or (word == "a" and n % 2 == 1) for word, _codes in sought)
    ]
    assert list(known.matching(sought, before)) == expected


def test_words_come_in_chunks_and_a_line_break_in_a_text_is_a_space(
    finder: Finder, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 5)
    with journal.database.writer() as connection:  # no form takes a line break; another laptop's change might have one
        connection.exec_driver_sql("UPDATE record_resource SET words = replace(words, ' ', char(10)) WHERE n = 12")
    assert found(finder, "lor07-12 camara") == ["12"]
    assert found(finder, "camara", limit=3) == ["12", "11", "10"]


def test_a_word_of_a_service_s_name_finds_its_sessions(laptop: Laptop) -> None:
    laptop.open_visit(PLACE)
    refs = [laptop.add("session", {**SESSION, "service": code}) for code in ("RENIEC-01", "SIS-02", "RENIEC-01")]
    of_name = {"duplicado": {"RENIEC-01"}, "01": {"RENIEC-01"}}
    for text in ("duplicado", "duplicado resuelta", "resuelta duplicado 01"):
        rows = laptop._finder.page("session", text, services=of_name, where={}, before=None, limit=9)
        assert [row.record for row in rows] == [refs[2], refs[0]], text
    assert laptop._finder.page("session", "duplicado nada", services=of_name, where={}, before=None, limit=9) == []


counted = st.sampled_from(["add", "other", "amend", "void", "count"])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(counted, min_size=1, max_size=12))
def test_what_is_counted_bit_by_bit_is_what_one_pass_counts(laptop: Laptop, steps: list[str]) -> None:
    now = laptop.current_visit()
    visit = now.record if now else laptop.open_visit(PLACE)
    refs = [laptop.add("session", {**SESSION, "fee_cents": 5})]
    for number, step in enumerate(steps):
        if step in ("add", "other"):
            elsewhere = {"visit": "LOR08-1"} if step == "other" else {}
            refs.append(laptop.add("session", {**SESSION, "duration_s": number, **elsewhere}))
        elif step == "amend" and (row := laptop.get(refs[-1])) is not None:
            laptop.amend(refs[-1], {"duration_s": int(str(row.values["duration_s"])) + 1}, "se midió mal")
        elif step == "void" and (row := laptop.get(refs[-1])) is not None and not row.void:
            laptop.void(refs[-1], "repetida")
        if step == "count" or number == len(steps) - 1:
            with laptop._database.reader() as connection:
                assert laptop.counters(visit) == visits.count(connection, visit)
