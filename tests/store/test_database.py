"""The encrypted file: what it asserts, who writes, what a reader sees."""

import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlcipher3 import dbapi2

from itinerant.errors import Damaged, StoreProblem
from itinerant.store.access.slots import DatabaseKey
from itinerant.store.disk import database as module
from itinerant.store.disk.database import Database


def pragma(database: Database, name: str) -> Any:
    with database.reader() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_what_must_hold_holds_on_every_connection(database: Database) -> None:
    for name, value in {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "temp_store": 2}.items():
        assert pragma(database, name) == value
    assert "4." in pragma(database, "cipher_version")


def test_nothing_of_the_file_is_in_clear(database: Database) -> None:
    database.checkpoint()
    data = database.path.read_bytes()
    assert b"SQLite format 3" not in data
    assert b"CREATE TABLE" not in data


def test_another_key_opens_nothing(database: Database) -> None:
    database.checkpoint()
    with pytest.raises(Damaged):
        Database(database.path, DatabaseKey.generate())


def test_without_the_cipher_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain:
        """SQLite without a cipher: it knows no `cipher_version`."""

        def __init__(self, *_args: Any, **_more: Any) -> None:
            self._real = real(":memory:")

        def execute(self, statement: str) -> Any:
            return self._real.execute("SELECT 1 WHERE 0" if "cipher" in statement else statement)

        def close(self) -> None:
            self._real.close()

    real = dbapi2.connect
    monkeypatch.setattr(module.dbapi2, "connect", Plain)
    with pytest.raises(StoreProblem) as caught:
        Database(tmp_path / "log.db", DatabaseKey.generate())
    assert caught.value.code == "no_cipher"
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_keep_a_promise_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SETTINGS", ("PRAGMA journal_mode=DELETE",))
    with pytest.raises(StoreProblem) as caught:
        Database(tmp_path / "log.db", DatabaseKey.generate())
    assert caught.value.code == "unsafe_disk"
    assert caught.value.place.startswith("journal_mode")


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writer() as connection:
        connection.exec_driver_sql("INSERT INTO visit_total VALUES ('a', '1')")
        raise ZeroDivisionError
    with database.writer() as connection:
        connection.exec_driver_sql("INSERT INTO visit_total VALUES ('a', '2')")
    with database.reader() as connection:
        assert connection.exec_driver_sql("SELECT content FROM visit_total").scalars().all() == ["2"]


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StoreProblem), database.reader() as connection:
        connection.exec_driver_sql("INSERT INTO visit_total VALUES ('a', '1')")


def test_a_reader_sees_one_moment(database: Database) -> None:
    count = "SELECT count(*) FROM visit_total"
    with database.reader() as before:
        assert before.exec_driver_sql(count).scalar() == 0
        with database.writer() as connection:
            connection.exec_driver_sql("INSERT INTO visit_total VALUES ('a', '1')")
        assert before.exec_driver_sql(count).scalar() == 0
    with database.reader() as after:
        assert after.exec_driver_sql(count).scalar() == 1


def test_many_threads_write_and_read_at_once(database: Database) -> None:
    failures: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for number in range(20):
                with database.writer() as connection:
                    connection.exec_driver_sql("INSERT INTO visit_total VALUES (?, '1')", (f"{name}-{number}",))
                with database.reader() as connection:
                    connection.exec_driver_sql("SELECT count(*) FROM visit_total").scalar()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.reader() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM visit_total").scalar() == 160


def deciphered(database: Database) -> bytes:
    """Every page of the file, free ones included: AES-256-CBC, each with its own IV before its HMAC."""
    data = database.path.read_bytes()
    pages = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    plain = b""
    for number, page in enumerate(pages):
        cipher = Cipher(algorithms.AES(database._key.reveal()), modes.CBC(page[-80:-64]))
        plain += cipher.decryptor().update(page[16 if number == 0 else 0 : -80])
    return plain


def test_what_was_erased_is_gone_from_file_and_log(database: Database) -> None:
    secret = "centinela de borrado"
    with database.writer() as connection:
        connection.exec_driver_sql("INSERT INTO meta VALUES ('a', ?)", (secret * 500,))
    database.checkpoint()
    assert secret.encode() in deciphered(database)
    with database.writer() as connection:
        connection.exec_driver_sql("DELETE FROM meta")
    assert database.path.with_name("log.db-wal").read_bytes()
    database.checkpoint()
    assert not database.path.with_name("log.db-wal").read_bytes()
    assert secret.encode() not in deciphered(database)


def rows(database: Database) -> int:
    with database.reader() as connection:
        found: int = connection.exec_driver_sql("SELECT count(*) FROM body").scalar_one()
    return found


@pytest.fixture
def erased(database: Database) -> Database:
    """Four megabytes of rows, of which little is left."""
    with database.writer() as connection:
        connection.exec_driver_sql("CREATE TABLE body (n INTEGER PRIMARY KEY, text TEXT)")
        module.do_many(connection, "INSERT INTO body VALUES (?, ?)", [(n, "x" * 500) for n in range(8_000)])
    database.checkpoint()
    with database.writer() as connection:
        connection.exec_driver_sql("UPDATE body SET text = NULL")
    return database


def test_what_erased_bodies_took_is_given_back_once_it_is_much(erased: Database) -> None:
    before = erased.path.stat().st_size
    erased.pack()
    small = erased.path.stat().st_size
    assert small < before / 5
    assert rows(erased) == 8_000
    with erased.writer() as connection:
        connection.exec_driver_sql("DELETE FROM body WHERE n > 10")
    erased.pack()
    assert erased.path.stat().st_size == small, "a small file is not worth it"


def test_who_reads_meanwhile_sees_its_own_moment(erased: Database) -> None:
    with erased.reader() as connection:
        seen = connection.exec_driver_sql("SELECT count(*) FROM body").scalar_one()
        erased.pack()
        assert connection.exec_driver_sql("SELECT count(*) FROM body").scalar_one() == seen
    assert rows(erased) == seen
