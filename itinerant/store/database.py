"""The encrypted file: one writer, many readers, and what must hold before either touches it.

* SQLCipher with a raw key. If the cipher is missing the program does not go on.
* WAL with `synchronous=FULL`: a commit that returned survives a power cut. `secure_delete`, temporary tables in
  memory: what is erased, or only passing by, leaves nothing in clear.
* One writer at a time, in `BEGIN IMMEDIATE`; readers see one snapshot each and cannot write.
* Statements go through SQLAlchemy; the faults of the disk come out in words (`faults`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine
from sqlcipher3 import dbapi2

from itinerant.errors import Damaged, Locked, StoreProblem
from itinerant.store.faults import RUINED, ruined, storing
from itinerant.store.vault import DatabaseKey
from itinerant.texts import _

BUSY_MS = 5_000
READERS = 4
_PAGE = re.compile(r"page (\d+)")
CACHE_KIB = 16 * 1024

_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_MS}",
    f"PRAGMA cache_size=-{CACHE_KIB}",
)
_MUST_HOLD = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "temp_store": 2}


class Database:
    """An open encrypted database."""

    def __init__(self, path: Path, key: DatabaseKey) -> None:
        """Open or create the file. Raises `StoreProblem` (no cipher, no access, in use) or `Damaged`."""
        self.path = path
        self._key = key
        self._lock = threading.RLock()
        self._closed = False
        self._engine = self._make_engine(read_only=False)
        self._readers = self._make_engine(read_only=True)
        self._writer: Connection | None = None
        with self.writer():
            pass

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """One transaction that writes: all of it is on disk when the block ends, or none of it after an error."""
        with self._lock, self._named():
            connection, raw = self._connect_writer()
            raw.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                raw.execute("COMMIT")
            except BaseException:
                if raw.in_transaction:  # a full disk makes SQLite roll back by itself
                    raw.execute("ROLLBACK")
                raise

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """One snapshot of what was committed before the block began."""
        with self._named(), self._readers.connect() as connection:
            try:
                connection.exec_driver_sql("BEGIN")
                yield connection
                connection.exec_driver_sql("ROLLBACK")
            except BaseException:
                connection.invalidate()  # whatever state it is in, nobody else gets it
                raise

    def checkpoint(self) -> None:
        """Move everything from the write-ahead log into the file and empty it, so that no erased row stays there."""
        with self._lock, self._named():
            self._connect_writer()[1].execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection; the key leaves SQLCipher's memory with them. Whoever asks later gets `Locked`."""
        with self._lock:
            self._closed = True
            self._start_over()

    def damaged_pages(self) -> list[int]:
        """The pages of the file that are not as they were written, from 1; empty when every one is."""
        return damaged_pages(self.path, self._key)

    def _connect_writer(self) -> tuple[Connection, Any]:
        """The one connection that writes, and the driver's own beneath it."""
        if self._writer is None:
            self._writer = self._engine.connect()
        return self._writer, self._writer.connection.dbapi_connection

    def _start_over(self) -> None:
        """Close every connection. SQLCipher stays in error after a page that is not right; a new one reads the rest."""
        with self._lock:
            self._readers.dispose()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._engine.dispose()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Faults in words; a damaged file is looked through, so that the words name the page."""
        if self._closed:
            raise Locked(
                _("El cuaderno está cerrado."),
                safe=_("Lo guardado sigue a salvo."),
                next_step=_("Ábralo con su frase de acceso."),
                code="closed",
            )
        try:
            with storing(self.path):
                yield
        except Damaged as error:
            if error.code != RUINED:
                raise
            self._start_over()
            raise ruined(self.path, damaged_pages(self.path, self._key)) from error

    def _make_engine(self, *, read_only: bool) -> Engine:
        def connect() -> Any:
            return _connect(self.path, self._key, read_only=read_only)

        return create_engine(
            "sqlite://",
            module=dbapi2,
            creator=connect,
            poolclass=QueuePool,
            pool_size=READERS if read_only else 1,
            max_overflow=0,
            pool_reset_on_return=None,
        )


def _connect(path: Path, key: DatabaseKey, *, read_only: bool) -> Any:
    connection = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False)
    try:
        if not connection.execute("PRAGMA cipher_version").fetchone():
            raise _no_cipher()
        give_key(connection, key)
        for setting in _SETTINGS:
            connection.execute(setting).fetchall()
        for name, value in _MUST_HOLD.items():
            (found,) = connection.execute(f"PRAGMA {name}").fetchone()
            if found != value:
                raise _unsafe(f"{name}={found}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except BaseException:
        connection.close()
        raise
    return connection


def ask(connection: Connection, statement: str, *bound: Any) -> Iterable[tuple[Any, ...]]:
    """The rows of a query as plain tuples: SQLAlchemy's own cost a quarter of a millisecond for each wide query."""
    raw: Any = connection.connection.dbapi_connection
    rows: Iterable[tuple[Any, ...]] = raw.execute(statement, bound)
    return rows


def do_many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Execute a statement once for each row."""
    raw: Any = connection.connection.dbapi_connection
    raw.executemany(statement, rows)


def damaged_pages(path: Path, key: DatabaseKey) -> list[int]:
    """The pages that are not as they were written. A file that ends early has none: its pages are not there."""
    connection = dbapi2.connect(str(path), isolation_level=None)
    try:
        give_key(connection, key)
        found = connection.execute("PRAGMA cipher_integrity_check").fetchall()
    except dbapi2.Error:
        return []
    finally:
        connection.close()
    numbers = (_PAGE.search(message) for (message,) in found)
    return sorted({int(number[1]) for number in numbers if number})


def give_key(connection: Any, key: DatabaseKey) -> None:
    """Give the cipher its key and its salt: derived, so that the file's first bytes, where a copy is, may be ruined."""
    connection.execute("PRAGMA cipher_log_level=NONE")  # before the key, or errors are written over the screen
    connection.execute(f"PRAGMA key=\"x'{key.reveal().hex()}{key.derive('salt')[:16].hex()}'\"")


def _no_cipher() -> StoreProblem:
    return StoreProblem(
        _("Esta instalación no sabe cifrar: falta SQLCipher."),
        safe=_("No se escribió nada."),
        next_step=_("Instale de nuevo el programa con su paquete «sqlcipher3»."),
        code="no_cipher",
    )


def _unsafe(what: str) -> StoreProblem:
    return StoreProblem(
        _("Este disco o esta instalación no permite guardar con seguridad."),
        safe=_("No se escribió nada."),
        next_step=_("Use una carpeta en el disco de la laptop, no en una unidad de red."),
        place=what,
        code="unsafe_disk",
    )
