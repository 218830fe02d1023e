"""The same office on SQLite and on PostgreSQL (where it is installed): migrations, intake, and every other writer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from itinerant.errors import NoConnection, StoreProblem, UserError
from server import catalogue, conflicts, duplicates, folding
from server.access import accounts, tokens
from server.database import COPY_FROM, Database
from server.exchange import quarantine
from server.home import OfficeKeys, Settings
from server.keys import rotation
from server.laptops import fleet
from server.migrations import runner
from server.office import Office
from server.queries import totals
from server.tables import OfficeTable
from tests.server import looking
from tests.server.laptop import SESSION, enrolled


@pytest.fixture
def office(url: str, tmp_path: Path) -> Iterator[Office]:
    settings = Settings("Oficina", "test.example/ledger", database_url=url)
    office = Office.create(tmp_path / "office", settings, OfficeKeys.generate())
    fleet.add_brigade(office, "B01", "Brigada", by="admin")
    yield office
    office.close()


def test_migrations_make_what_the_tables_declare(office: Office) -> None:
    inspector = inspect(office.database.engine)
    dialect = office.database.engine.dialect
    for table in OfficeTable.metadata.sorted_tables:
        columns = {column["name"]: column for column in inspector.get_columns(table.name)}
        assert columns.keys() == set(table.columns.keys()), table.name
        for column in table.columns:
            found = columns[column.name]
            assert str(found["type"]) == column.type.compile(dialect), column
            if not column.primary_key:
                assert found["nullable"] == column.nullable, column
        assert {index["name"] for index in inspector.get_indexes(table.name)} >= {
            index.name for index in table.indexes
        }, table.name
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [
            column.name for column in table.primary_key
        ]


def test_opening_again_changes_nothing(office: Office) -> None:
    size = looking.size(office)
    again = Office.open(office.folder)
    try:
        assert looking.size(again) == size
    finally:
        again.close()


def test_a_database_of_a_newer_program_is_left_alone(office: Office) -> None:
    with office.database.writer() as connection:
        connection.execute(text("INSERT INTO migration VALUES (99, 'm0099')"))
    with pytest.raises(StoreProblem, match="más nueva") as caught:
        Office.open(office.folder)
    assert caught.value.code == "newer_database"


def test_a_migration_that_fails_leaves_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ("CREATE TABLE extra (id BIGINT)", "CREATE TABLE extra (id BIGINT)")
    monkeypatch.setattr(runner, "MIGRATIONS", (*runner.MIGRATIONS, broken))
    with pytest.raises(StoreProblem):
        Office.open(office.folder)
    names = set(inspect(office.database.engine).get_table_names())
    assert "extra" not in names
    monkeypatch.undo()
    Office.open(office.folder).close()


def test_a_field_that_is_declared_later_gets_its_column(office: Office) -> None:
    with office.database.writer() as connection:
        connection.execute(text("ALTER TABLE record_session DROP COLUMN satisfaction"))
        connection.execute(text("DROP TABLE record_outreach"))
        connection.execute(text("UPDATE meta SET value = 'older' WHERE name = 'records'"))
    Office.open(office.folder).close()
    inspector = inspect(office.database.engine)
    assert "satisfaction" in {column["name"] for column in inspector.get_columns("record_session")}
    assert "record_outreach" in inspector.get_table_names()


def test_a_whole_road(office: Office, tmp_path: Path) -> None:
    laptop, peer = enrolled(office), enrolled(office, "LOR08")
    file = tmp_path / "services.csv"
    file.write_text("code,entity,entity_name,name,access\nRENIEC-01,RENIEC,Reniec,Duplicado,procedure\n")
    catalogue.import_file(office, file, by="admin")
    made = laptop.write()
    laptop.write("visit", {"brigade": "B01", "ubigeo": "160101", "place": "Nauta", "opened_at": 5, "present": ["P1"]})
    laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.sync()
    peer.sync()
    for one, seconds in ((laptop, 1), (peer, 2)):
        one.write(values={"duration_s": seconds}, record=made.ref, base=[made.ref])
        one.sync()
    assert looking.records(office, "visit")["LOR07-2"]["present"] == ["P1"]
    assert [item["field"] for item in looking.conflicts(office)] == ["duration_s"]
    conflicts.resolve(office, made.ref, "duration_s", 2, "acta", by="rev1")
    (item,) = looking.quarantine(office)
    quarantine.release(office, item["item"], "no lo es", by="rev1")
    assert looking.records(office)[made.ref]["duration_s"] == 2
    same = peer.write()
    peer.sync()
    assert (made.ref, same.ref) in [(one["first"], one["second"]) for one in duplicates.listed(office)]
    duplicates.confirm(office, same.ref, made.ref, "la misma", by="rev1")
    assert same.ref not in {one["second"] for one in duplicates.listed(office)}
    conflicts.undo(office, made.ref, "duration_s", "era otra", by="rev1")
    accounts.invite(office, "rev1", "reviewer", "http://office", by="admin")
    token = tokens.add(office, "rev1", "", ["read"], 30, by="admin")
    assert tokens.bearer(office, f"Bearer {token}").account == "rev1"
    twin = laptop.copy()
    laptop.write()
    laptop.sync()
    twin.write(values={**SESSION, "duration_s": 9})
    twin.sync()
    assert looking.device(office)["state"] == "frozen"
    assert laptop.sync().header.head == laptop.head
    looking.assert_sound(office)


def test_writers_side_by_side_make_one_ledger(office: Office) -> None:
    laptops = [enrolled(office, f"LAP{number}") for number in range(4)]
    for laptop in laptops:
        for _number in range(20):
            laptop.write()
    parcels = [(laptop, laptop.parcel(first, first + 4)) for first in range(1, 20, 5) for laptop in laptops]
    failed: list[Exception] = []

    def send(which: int) -> None:
        for laptop, data in parcels:
            if laptop is laptops[which]:
                try:
                    laptop.post(data)
                except Exception as error:  # noqa: BLE001 - told by the test's own thread
                    failed.append(error)

    before = looking.size(office)
    threads = [threading.Thread(target=send, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert looking.size(office) == before + 80
    looking.assert_sound(office)


def test_many_rows_at_once_are_those_that_were_sent(office: Office) -> None:
    """Texts with every sign that a bulk load could take for its own, blanks, lists, truth values and bytes."""
    laptop = enrolled(office)
    for number in range(COPY_FROM + 5):
        note = ("tab\\t \\N", "a \\. b", "«ñandú» {1,2}", "NULL")[number % 4]
        laptop.write(values={**SESSION, "note": note, "age_band": None, "duration_s": number})
    laptop.write("ally", {"name": "Municipalidad", "sector": "public", "lends": ["internet", "premises"]})
    laptop.sync()
    assert not looking.quarantine(office)
    found = looking.records(office)
    for link in laptop.links[:-1]:
        shown = found[link.change.ref]
        assert {name: shown[name] for name in link.change.set} == dict(link.change.set)
    looking.assert_sound(office)


def test_many_rows_of_which_one_is_there_already_leave_nothing(office: Office) -> None:
    roster = OfficeTable.metadata.tables["roster"]
    rows = [(f"P{number}", "Rosa", "B01", "orientador") for number in range(COPY_FROM)]
    with pytest.raises(StoreProblem), office.database.writer() as connection:
        office.database.insert(connection, roster, [*rows, rows[0]])
    with office.database.writer() as connection:
        office.database.insert(connection, roster, rows)


def test_an_exception_rolls_all_of_it_back(office: Office) -> None:
    size = looking.size(office)
    with pytest.raises(ZeroDivisionError), office.database.writer() as connection:
        connection.execute(text("DELETE FROM ledger"))
        raise ZeroDivisionError
    assert looking.size(office) == size


def test_our_errors_hide_the_databases_own(office: Office) -> None:
    with pytest.raises(StoreProblem) as caught, office.database.writer() as connection:
        connection.execute(text("INSERT INTO meta VALUES ('a', 'b')"))
        connection.execute(text("INSERT INTO meta VALUES ('a', 'b')"))
    assert isinstance(caught.value.__cause__, IntegrityError)


@pytest.mark.parametrize("url", ["mysql://x/y", "office", "://"])
def test_another_kind_of_database_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="postgresql"):
        Database.open(url, tmp_path / "office.db")


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/nothing"])
def test_a_database_that_does_not_answer_is_a_matter_of_time(url: str, tmp_path: Path) -> None:
    with pytest.raises(NoConnection, match="no responde"):
        Database.open(url, tmp_path / "office.db")


def test_of_many_who_decide_at_the_same_moment_one_decides(office: Office) -> None:
    laptop, peer = enrolled(office, "LOR07"), enrolled(office, "LOR08")
    made = laptop.write()
    laptop.sync()
    for one, seconds in ((laptop, 1), (peer, 2)):
        one.write(values={"duration_s": seconds}, record=made.ref, base=[made.ref])
        one.sync()
    start = Barrier(6)

    def decide(number: int) -> str:
        start.wait()
        try:
            return conflicts.resolve(office, made.ref, "duration_s", 1 + number % 2, "acta", by=f"rev{number}")
        except UserError as error:
            assert error.code == "no_conflict"
            return ""

    with ThreadPoolExecutor(6) as people:
        done = [change for change in people.map(decide, range(6)) if change]
    assert len(done) == 1
    (decision,) = conflicts_decided(office, made.ref)
    assert decision == done[0]
    assert looking.conflicts(office) == []


def conflicts_decided(office: Office, ref: str) -> list[str]:
    with office.database.reader() as connection:
        return [one.change.ref for one in conflicts.decided(connection, ref)]


def test_keys_change_and_months_are_folded_on_either_database(office: Office) -> None:
    laptop = enrolled(office)
    laptop.write()
    laptop.sync()
    step = rotation.rotate(office, "sign", "cambio anual", by="ana")
    laptop.write()
    laptop.sync()  # answered with the key that it knows
    assert [values["number"] for values in looking.records(office, "office_key").values()] == [step.number]
    with office.database.reader() as connection:
        assert rotation.knowing(connection, office) == {1: 1}
        before = totals.ever(connection, "service")
    assert folding.fold_if_due(office) == 1
    with office.database.reader() as connection:
        assert totals.ever(connection, "service") == before == {"RENIEC-01": 2}
