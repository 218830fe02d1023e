"""The office's database: SQLite beside the keys, or PostgreSQL; one way to read and one way to write.

* `writer()` is one transaction that commits at its end or leaves nothing behind. On SQLite it takes the write lock at
  once (a read that later wants to write could only fail); on PostgreSQL `ledger.lock` takes its row.
* Commits are on the disk when `writer()` returns: WAL with `synchronous=FULL`, asserted.
* The database's own errors become ours here and nowhere else.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from itinerant.errors import Damaged, ItinerantError, NoConnection, StoreProblem, UserError
from itinerant.texts import _
from server.migrations.runner import migrate

COPY_FROM = 20
"""Rows from which PostgreSQL's COPY costs less than as many inserts."""

BUSY_MS = 10_000
"""How long a command waits for another writer, such as the service that is running."""

_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-32768",  # 32 MiB: the right edges of the indexes of many devices
    "PRAGMA temp_store=MEMORY",
    "PRAGMA wal_autocheckpoint=4000",
)


class Database:
    """An open database at this program's version; `close` it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._inserts: dict[str, str] = {}
        self._turn: AbstractContextManager[object] = (
            threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        )
        """SQLite's writers of one process wait here in order, instead of asking again and again for its lock."""

    @classmethod
    def open(cls, url: str, file: Path) -> Database:
        """Open PostgreSQL at `url`, or SQLite in `file` when it is empty, and migrate it."""
        database = cls(_postgresql(url) if url else _sqlite(file))
        with ExitStack() as failing:
            failing.callback(database.close)
            with database.writer() as connection:
                if database.engine.dialect.name == "postgresql":
                    # Two processes that start together: one migration.
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(73657276)")
                migrate(connection)
            failing.pop_all()
        return database

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database."""
        with _our_errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """One transaction; an exception inside rolls all of it back."""
        with _our_errors(), self._turn, self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def insert(self, connection: Connection, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """Add rows given as tuples in the order of the table's columns, without the one that numbers itself.

        Four times faster than dictionaries through the statement's own machinery; many rows go to PostgreSQL by COPY.
        """
        if self.engine.dialect.name == "postgresql" and len(rows) >= COPY_FROM:
            self._copy(connection, table, rows)
        elif rows:
            connection.exec_driver_sql(self._insert(table), rows)

    def _insert(self, table: Table) -> str:
        text = self._inserts.get(table.name)
        if text is None:
            text = str(insert(table).compile(dialect=self.engine.dialect, column_keys=_given(table)))
            self._inserts[table.name] = text
        return text

    def _copy(self, connection: Connection, table: Table, rows: Sequence[Sequence[object]]) -> None:
        given = [table.columns[name] for name in _given(table)]
        names = ", ".join(f'"{column.name}"' for column in given)
        statement = f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT BINARY)'
        driver: Any = self.engine.dialect.loaded_dbapi
        raw: Any = connection.connection.dbapi_connection
        try:
            with raw.cursor() as cursor, cursor.copy(statement) as copy:
                copy.set_types([column.type.compile(self.engine.dialect).lower() for column in given])
                for row in rows:
                    copy.write_row(row)
        except driver.Error as error:
            raise DBAPIError.instance(statement, None, error, driver.Error) from error


def _given(table: Table) -> list[str]:
    """The columns that an insert fills: all but the one that numbers itself."""
    numbered = table.autoincrement_column
    return [column.name for column in table.columns if column is not numbered]


def _sqlite(file: Path) -> Engine:
    if file.parent.is_dir():
        file.touch(mode=0o600)  # SQLite gives its own files the mode of the database
    engine = create_engine(f"sqlite:///{file}", connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(raw: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        raw.isolation_level = None  # the driver's own implicit BEGIN comes too late for a lock
        for pragma in _PRAGMAS:
            raw.execute(pragma)
        mode, level = raw.execute("PRAGMA journal_mode").fetchone()[0], raw.execute("PRAGMA synchronous").fetchone()[0]
        if (mode, level) != ("wal", 2):
            raise StoreProblem(
                _("SQLite no acepta el modo que asegura lo guardado ({mode}, {level}).").format(mode=mode, level=level),
                next_step=_("Ponga la carpeta de la oficina en un disco local."),
                place=str(file),
            )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise UserError(
            _("La dirección de la base de datos debe empezar con postgresql://."), next_step=_("Revise DATABASE_URL.")
        )
    return create_engine(f"postgresql+psycopg://{rest}", paramstyle="format", pool_pre_ping=True)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _translated(error) from error


def _translated(error: DBAPIError) -> ItinerantError:
    code = getattr(error.orig, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return NoConnection(_("La base de datos está ocupada."), retry_after=2, code="busy")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Damaged(
            _("El archivo de la base de datos está dañado."),
            next_step=_("Restaure la última copia con «itinerant-server restore»; las laptops reenvían lo que falte."),
        )
    words = {
        "SQLITE_FULL": _("El disco está lleno."),
        "SQLITE_READONLY": _("La base de datos es de solo lectura."),
        "SQLITE_CANTOPEN": _("No se puede abrir el archivo de la base de datos."),
    }
    for prefix, sentence in words.items():
        if code.startswith(prefix):
            return StoreProblem(sentence, next_step=_("Nada quedó a medias: corrija y vuelva a intentar."), code=code)
    if isinstance(error, OperationalError) and not code:
        return NoConnection(_("La base de datos no responde."), retry_after=10, code="database")
    return StoreProblem(_("La base de datos respondió con un error."), place=type(error.orig).__name__, code=code)
