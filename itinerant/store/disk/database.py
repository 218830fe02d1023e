"""The encrypted file: one writer, many readers, and what must hold before either touches it.

* SQLCipher with a raw key. If the cipher is missing the program does not go on.
* WAL with `synchronous=FULL`: a commit that returned survives a power cut. `secure_delete`, temporary tables in
  memory: what is erased, or only passing by, leaves nothing in clear.
* One writer at a time, in `BEGIN IMMEDIATE`; readers see one snapshot each and cannot write.
* The key can be changed while the file is open (`change_key`): a copy under the new key takes the file's name when it
  is complete. Nobody reads meanwhile: a connection to the old file would take the new one's log for its own.
* Statements go through SQLAlchemy; the faults of the disk come out in words (`faults`).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine
from sqlcipher3 import dbapi2

from itinerant.errors import Damaged, Locked, StoreProblem
from itinerant.store.access.slots import DatabaseKey
from itinerant.store.disk.faults import RUINED, in_use, ruined, storing
from itinerant.store.disk.files import sync_folder
from itinerant.texts import _

BUSY_MS = 5_000
READERS = 4
PATIENCE_S = 10.0
"""How long a change of key waits for those who are reading."""

_PAGE = re.compile(r"page (\d+)")
CACHE_KIB = 8 * 1024
"""Of each connection: five of them, and what Python needs, stay within a small laptop's memory."""
_BLOCK = 1024 * 1024
_FEW_PAGES = 512
"""A file of so many pages (2 MiB) is never worth packing."""

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
        self._gate = threading.Condition()
        self._shut = False
        self._reading = 0
        self._inside = threading.local()
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
        with self._counted(), self._named(), self._readers.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            try:
                raw.execute("BEGIN")
                yield connection
                raw.execute("ROLLBACK")
            except BaseException:
                connection.invalidate()  # whatever state it is in, nobody else gets it
                raise

    def checkpoint(self) -> None:
        """Move everything from the write-ahead log into the file and empty it, so that no erased row stays there."""
        with self._lock, self._named():
            self._connect_writer()[1].execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def pack(self) -> None:
        """After much was erased: empty the write-ahead log, and write the file anew once it is twice what it was then.

        Bodies that are erased leave their pages nearly empty, half a kilobyte each: nothing else gives that back. What
        cannot be packed now (a full disk) stays as it is.
        """
        self.checkpoint()
        with self._lock, suppress(StoreProblem, Damaged), self._named():
            raw = self._connect_writer()[1]
            pages, packed = (raw.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "user_version"))
            if pages > max(_FEW_PAGES, 2 * packed):
                raw.execute("VACUUM")
                pages = raw.execute("PRAGMA page_count").fetchone()[0]
                raw.execute(f"PRAGMA user_version={pages}")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection; the key leaves SQLCipher's memory with them. Whoever asks later gets `Locked`."""
        with self._lock:
            self._closed = True
            self._start_over()

    def damaged_pages(self) -> list[int]:
        """The pages of the file that are not as they were written, from 1; empty when every one is."""
        return damaged_pages(self.path, self._key)

    def change_key(self, fresh: DatabaseKey) -> None:
        """Encrypt the file again under another key, whole or not at all; the old one opens nothing here afterwards.

        Raises `StoreProblem` (no room, somebody reads for too long): the file is as it was.
        """
        with self._lock, self._named(), self._nobody_reading():
            copy = self.path.with_name(self.path.name + ".rekey")
            copy.unlink(missing_ok=True)
            self.checkpoint()
            self._start_over()
            try:
                _copy_under(self.path, self._key, copy, fresh)
                with _overwritten(self.path):
                    copy.replace(self.path)
                    self._key = fresh
            finally:
                copy.unlink(missing_ok=True)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """One who reads. Whoever reads already may go on to read while the gate is shut: it waits for them."""
        depth: int = getattr(self._inside, "depth", 0)
        with self._gate:
            while self._shut and not depth:
                self._gate.wait()
            self._reading += 1
        self._inside.depth = depth + 1
        try:
            yield
        finally:
            self._inside.depth = depth
            with self._gate:
                self._reading -= 1
                self._gate.notify_all()

    @contextmanager
    def _nobody_reading(self) -> Iterator[None]:
        with self._gate:
            self._shut = True
            free = self._gate.wait_for(lambda: self._reading == 0, PATIENCE_S)
        try:
            if not free:
                raise in_use(self.path)
            yield
        finally:
            with self._gate:
                self._shut = False
                self._gate.notify_all()

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
    connection.execute(f'PRAGMA key="{_spelled(key)}"')


def is_under(path: Path, key: DatabaseKey) -> bool:
    """Whether the file's first bytes are those of this key."""
    with storing(path), path.open("rb") as file:
        return file.read(len(key.salt)) == key.salt


def _spelled(key: DatabaseKey) -> str:
    return f"x'{key.reveal().hex()}{key.salt.hex()}'"


def _copy_under(path: Path, key: DatabaseKey, copy: Path, fresh: DatabaseKey) -> None:
    """Write all of the database into the new file `copy`, under another key; its bytes are on the disk afterwards."""
    copy.touch(mode=0o600)
    connection = dbapi2.connect(str(path), isolation_level=None)
    try:
        give_key(connection, key)
        connection.execute("PRAGMA temp_store=MEMORY")  # what sorting for an index needs would be in clear
        (log,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        if log != "delete":
            raise in_use(path)  # somebody else is connected: what they write would miss the copy
        connection.execute(f'ATTACH DATABASE ? AS fresh KEY "{_spelled(fresh)}"', (str(copy),))
        connection.execute("PRAGMA fresh.journal_mode=OFF").fetchall()  # a copy that is not complete is thrown away
        connection.execute("SELECT sqlcipher_export('fresh')").fetchall()
    finally:
        connection.close()
    with copy.open("r+b") as file:
        os.fsync(file.fileno())


@contextmanager
def _overwritten(path: Path) -> Iterator[None]:
    """Overwrite what was under this name and is replaced in the block: as far as the disk writes in place, its blocks
    hold nothing that the old key opens. Windows replaces no file that is open, so there it only loses its name."""
    if os.name != "posix":
        yield
        return
    with path.open("r+b") as old:
        size = os.fstat(old.fileno()).st_size
        yield
        sync_folder(path.parent)
        for _start in range(0, size, _BLOCK):
            old.write(bytes(min(_BLOCK, size - old.tell())))
        os.fsync(old.fileno())


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
