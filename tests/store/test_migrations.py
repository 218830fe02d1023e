"""The schema: what the steps make is what the models say, each step is whole, and the future is refused."""

from pathlib import Path

import pytest
from sqlalchemy import inspect

from itinerant.errors import Damaged, StoreProblem
from itinerant.store.access.slots import DatabaseKey
from itinerant.store.disk import migrations
from itinerant.store.disk.database import Database
from itinerant.store.disk.migrations import migrate
from itinerant.store.disk.schema import METADATA


def tables(database: Database) -> set[str]:
    with database.reader() as connection:
        return set(connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'table'").scalars())


def test_the_steps_make_what_the_models_say(database: Database) -> None:
    with database.writer() as connection:
        inspector = inspect(connection)
        for table in METADATA.tables.values():
            found = {
                (column["name"], column["type"].compile(), column["nullable"], bool(column["primary_key"]))
                for column in inspector.get_columns(table.name)
            }
            said = {
                (column.name, column.type.compile(connection.dialect), bool(column.nullable), column.primary_key)
                for column in table.columns
            }
            assert found == said, table.name
            assert {index["name"] for index in inspector.get_indexes(table.name)} == {
                index.name for index in table.indexes
            }, table.name
    assert tables(database) == set(METADATA.tables)


def test_a_step_is_taken_once(database: Database) -> None:
    migrate(database, now_ms=5)
    with database.reader() as connection:
        steps = [(number, 0) for number in range(1, len(migrations.MIGRATIONS) + 1)]
        assert connection.exec_driver_sql("SELECT number, at FROM migration").all() == steps


def test_a_step_that_fails_leaves_the_database_as_it_was(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables(database)
    released = migrations.MIGRATIONS
    steps = (*released, ("bad", ("CREATE TABLE half (x)", "CREATE TABLE half (x)")))
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)
    with pytest.raises(Exception, match="half"):
        migrate(database, now_ms=5)
    assert tables(database) == before
    good = (*released, ("good", ("CREATE TABLE whole (x)",)))
    monkeypatch.setattr(migrations, "MIGRATIONS", good)
    migrate(database, now_ms=6)
    assert tables(database) == before | {"whole"}


def test_a_later_database_is_refused_and_not_touched(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.writer() as connection:
        connection.exec_driver_sql("INSERT INTO migration VALUES (?, 'later', 9)", (len(migrations.MIGRATIONS) + 1,))
    with pytest.raises(StoreProblem) as caught:
        migrate(database, now_ms=5)
    assert caught.value.code == "newer_database"
    assert "Actualice" in caught.value.next_step


def test_a_database_that_lost_its_content_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    database = Database(tmp_path / "log.db", DatabaseKey.generate())
    with pytest.raises(Damaged):
        migrate(database, now_ms=5)
    database.close()
