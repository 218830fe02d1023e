"""Record tables: every kind comes back as it was written, pages are keyed, the tables are a view of the log."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData

from itinerant.domain.fields import Field, Kind, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.log.change import Change, Draft
from itinerant.store import views
from itinerant.store.disk import shapes
from itinerant.store.disk.database import Database
from itinerant.store.disk.shapes import SHAPES, Shape
from itinerant.store.journal import Journal
from itinerant.store.reading import records
from itinerant.store.reading.search import words
from itinerant.tables import from_cell, to_cell

SAMPLES: dict[Type, Value] = {
    Type.TEXT: "Ñuñoa, 3 de 5 terminales",
    Type.CODE: "B01",
    Type.INTEGER: 3,
    Type.INSTANT: 1_763_923_200_123,
    Type.DATE: "2026-11-23",
    Type.BOOLEAN: True,
    Type.REFERENCE: "LOR07-1",
    Type.KEY: "A" * 43,
}


def sample(item: Field) -> Value:
    """A value that the field accepts."""
    if item.type is Type.CHOICE:
        return item.choices[0].value
    if item.type is Type.CODES:
        return [item.choices[0].value] if item.choices else ["P014", "P015"]
    if item.pattern:
        return {"[0-9]{6}": "160301", "[A-Za-z0-9_.-]{1,12}": "6A82"}.get(item.pattern, "LOR07")
    return SAMPLES[item.type]


def full(kind: Kind) -> dict[str, Value]:
    values = {item.name: sample(item) for item in kind.fields}
    if kind.name == "session":
        del values["cause"]  # a resolved session has none
    return values


def page(database: Database, kind: str, **asked: Any) -> list[str]:
    with database.reader() as connection:
        return [item.record for item in records.page(connection, kind, **({"where": {}} | asked))]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_field_of_every_kind_comes_back_as_it_was_written(journal: Journal, kind: Kind) -> None:
    values = full(kind)
    journal.append([Draft(kind.name, values)], by="P014", at=5)
    with journal.database.reader() as connection:
        record = records.get(connection, "LOR07-1")
        assert record is not None
        assert records.page(connection, kind.name, where={}) == [record]
    assert {name: value for name, value in record.values.items() if value is not None} == values
    assert set(record.values) == set(kind.by_name)
    assert record.flat() == {"record": "LOR07-1", "void": False, **record.values}
    assert (record.kind, record.made_by, record.made_at, record.heads) == (kind.name, "P014", 5, ("LOR07-1",))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_no_field_bears_the_name_of_a_column_of_ours(kind: Kind) -> None:
    assert len({column.name for column in SHAPES[kind.name].table.columns}) == 9 + len(kind.fields)


@given(st.one_of(st.none(), st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3)))
def test_texts_and_lists_survive_their_cell(value: Value) -> None:
    declared = Field("x", Type.CODES if isinstance(value, list) else Type.TEXT, "X")
    assert from_cell(declared, to_cell(value)) == value


@pytest.fixture
def filled(journal: Journal) -> Database:
    """Twenty resources, LOR07-1 to LOR07-20: ten of each brigade, every fourth out of service."""
    drafts = [
        Draft(
            "resource",
            {
                "code": f"T-{n:02}",
                "brigade": f"B0{n % 2 + 1}",
                "category": "hardware",
                "state": "good" if n % 4 else "out_of_service",
                "description": "Cámara rota" if n == 7 else "Cámara",
            },
        )
        for n in range(1, 21)
    ]
    journal.append(drafts, by="P014", at=5)
    return journal.database


def test_pages_follow_each_other_without_gap_or_repeat(filled: Database) -> None:
    seen: list[str] = []
    before = None
    while True:
        with filled.reader() as connection:
            rows = records.page(connection, "resource", where={}, before=before, limit=3)
        if not rows:
            break
        seen.extend(row.record for row in rows)
        before = rows[-1].n
    assert seen == [f"LOR07-{n}" for n in range(20, 0, -1)]


def test_a_record_that_is_amended_keeps_its_place(filled: Database) -> None:
    Journal(filled, "LOR07").append([Draft("", {"state": "retired"}, record="LOR07-3")], by="P014", at=6)
    assert page(filled, "resource")[17] == "LOR07-3"


def test_equal_values_and_void_narrow_a_list(filled: Database) -> None:
    assert len(page(filled, "resource", where={"brigade": "B01"})) == 10
    assert page(filled, "resource", where={"brigade": "B01", "state": "out_of_service"}, limit=2) == [
        "LOR07-20",
        "LOR07-16",
    ]
    assert page(filled, "resource", where={"ally": None, "void": True}) == []
    with pytest.raises(KeyError), filled.reader() as connection:
        records.page(connection, "resource", where={"1=1; --": "x"})


def test_words_are_those_a_person_reads() -> None:
    values: dict[str, Value] = {"service": "SIS-02", "outcome": "referred", "note": "Ñaña", "duration_s": 600}
    assert words(KINDS["session"], "LOR07-5", "P014", values) == "lor07-5 p014 sis-02 derivada nana"


def test_tables_are_a_view_that_can_be_made_anew(filled: Database) -> None:
    journal = Journal(filled, "LOR07")
    journal.append([Draft("", {"void": True}, record="LOR07-2", why="repetido")], by="P014", at=6)
    other = Change("LOR08", 1, 9, "P020", "resource", "LOR07-1", ("LOR07-1",), {"state": "degraded"}, "0" * 64)
    journal.append([Draft("", {"state": "retired"}, record="LOR07-1")], by="P014", at=7)
    with filled.writer() as connection:
        journal.receive(connection, [other])
    with filled.reader() as connection:
        before = records.page(connection, "resource", where={}), records.conflicts(connection)
    assert before[1]
    with filled.writer() as connection:
        connection.exec_driver_sql("UPDATE record_resource SET state = 'good', heads = '[]'")
        connection.exec_driver_sql("DELETE FROM conflict")
        assert views.rebuild(connection) == 20
    with filled.reader() as connection:
        assert (records.page(connection, "resource", where={}), records.conflicts(connection)) == before


def test_a_new_kind_or_field_finds_its_place_in_an_old_database(filled: Database) -> None:
    with filled.writer() as connection:
        assert not views.adapt(connection)
        connection.exec_driver_sql("DROP TABLE record_training")
        connection.exec_driver_sql("ALTER TABLE record_resource DROP COLUMN description")
        assert views.adapt(connection)
        assert not views.adapt(connection)
        views.rebuild(connection)
    assert page(filled, "resource", where={"description": "Cámara rota"}) == ["LOR07-7"]
    assert page(filled, "training") == []


# -- what a later office writes


SURVEY = Kind("survey", "Encuesta", "Encuestas", (Field("answer", Type.CODE, "Respuesta"),))
LATER = replace(KINDS["resource"], fields=(*KINDS["resource"].fields, Field("weight_g", Type.INTEGER, "Peso")))


def theirs(seq: int, kind: str, values: dict[str, Value], *, record: int = 0, v: int = 1) -> Change:
    ref = f"CENTRAL-{record or seq}"
    return Change("CENTRAL", seq, 9, "admin", kind, ref, (ref,) if record else (), values, "0" * 64, v=v)


def test_what_is_not_understood_yet_is_kept_and_shown_after_the_upgrade(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(database, "LOR07")
    made: dict[str, Value] = {"code": "C-1", "category": "hardware", "state": "good"}
    with database.writer() as connection:
        journal.receive(
            connection,
            [
                theirs(1, "survey", {"answer": "yes"}),
                theirs(2, "resource", {**made, "weight_g": 900, "state": "floating"}),
                theirs(3, "resource", {"description": "nueva"}, record=2, v=2),
                theirs(4, "resource", {**made, "code": "C-4"}, v=2),
            ],
        )
    with database.reader() as connection:
        shown = records.get(connection, "CENTRAL-2")
        assert shown is not None
        assert (shown.values["state"], shown.values["description"], shown.heads) == ("floating", None, ("CENTRAL-2",))
        assert records.get(connection, "CENTRAL-1") is records.get(connection, "CENTRAL-4") is None
        assert views.differing(connection) == []
    assert page(database, "resource") == ["CENTRAL-2"]

    monkeypatch.setattr(views, "VERSION", 2)
    monkeypatch.setattr(shapes, "METADATA", MetaData())
    for kind in (SURVEY, LATER):
        monkeypatch.setitem(SHAPES, kind.name, Shape(kind))  # type: ignore[arg-type] # read-only to others
    with database.writer() as connection:
        assert views.adapt(connection)
        views.rebuild(connection)
        assert not views.adapt(connection)
        after = records.get(connection, "CENTRAL-2")
        assert after is not None
        assert (after.values["weight_g"], after.values["description"]) == (900, "nueva")
        assert after.heads == ("CENTRAL-3",)
        survey = records.get(connection, "CENTRAL-1")
        assert survey is not None
        assert survey.values == {"answer": "yes"}
    assert page(database, "resource") == ["CENTRAL-4", "CENTRAL-2"]


def test_changes_of_a_later_version_alone_have_the_tables_made_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writer() as connection:
        assert not views.adapt(connection)
        monkeypatch.setattr(views, "VERSION", 2)
        assert views.adapt(connection)
        assert not views.adapt(connection)
