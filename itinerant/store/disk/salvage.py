"""What is left of a damaged database, rescued into a home of its own, sealed with the same key.

* The damaged file is never touched: the work is done on a copy, and the copy's content goes into a new database.
* Changes are read run by run; a run that a damaged page breaks is halved until only what is on that page is missing.
  A change counts as rescued when its bytes have its hash.
* The first page holds the schema, and without it SQLite opens nothing: it is taken from an empty database made the
  same way with the same key.
* The rescued home opens for reading only: its log has gaps, and a log with gaps is not to be continued.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from itinerant.errors import UserError
from itinerant.log.canonical import leaf_hash
from itinerant.paths import Home
from itinerant.store import views
from itinerant.store.access import rekeying
from itinerant.store.access.slots import DatabaseKey
from itinerant.store.access.vault import Vault
from itinerant.store.disk.database import Database, damaged_pages, give_key
from itinerant.store.disk.epoch import EpochFile
from itinerant.store.disk.faults import storing
from itinerant.store.disk.files import make_private_folder
from itinerant.store.disk.lock import hold
from itinerant.store.disk.migrations import migrate
from itinerant.texts import _

PAGE = 4_096
_RUN = 256
_MOST_BYTES = 2 * 1024**3
"""Of a copy that is made longer; what is added is empty and takes no room on most disks."""
_COLUMNS = "n, device, seq, amends, hash, body"
_BY_INDEX = "FROM change INDEXED BY sqlite_autoindex_change_1"
_LEAST_ROW = 64
"""Bytes of a forgotten change: no row is shorter, so a file of so many bytes holds no more rows than that."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was rescued: how many changes, the own numbers that are missing as runs, the damaged pages, and where.

    `identified` is false when not even the laptop's own identity could be read: the office's recovery still opens it.
    """

    changes: int
    missing: tuple[tuple[int, int], ...]
    pages: tuple[int, ...]
    home: Path
    identified: bool


def salvage(home: Home, passphrase: str, out: Path, person: str | None = None) -> Salvaged:
    """Rescue what can be read of `home` into the new folder `out`.

    Raises `UserError` when `out` is in use, `Locked`, `StoreProblem`.
    """
    vault = Vault.read(home.slots)
    key = rekeying.fitting(vault.unlock(passphrase, person), home.database)
    if out.exists() and any(out.iterdir()):
        raise UserError(
            _("La carpeta de destino no está vacía."), next_step=_("Elija una carpeta nueva."), place=str(out)
        )
    make_private_folder(out)
    lock = hold(home.lock)
    try:
        with storing(out):
            return _salvage(home, Home(out), key, vault.device)
    finally:
        lock.release()
        key.wipe()


def _salvage(home: Home, rescued: Home, key: DatabaseKey, device: str) -> Salvaged:
    pages = damaged_pages(home.database, key)
    copy = _copy(home, rescued, key, lost_schema=1 in pages)
    source = _Source(copy, key)
    target = Database(rescued.database, key)
    try:
        changes, last, meta = _fill(source, target)
        shutil.copyfile(home.slots, rescued.slots)
    finally:
        source.close()
        target.close()
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    mark = EpochFile(home.epoch, home.database).read()
    own = [seq for author, seq in changes if author == device]
    upto = max([last, mark.seq if mark else 0, *own])
    return Salvaged(len(changes), tuple(_gaps(own, upto)), tuple(pages), rescued.root, meta)


def _copy(home: Home, rescued: Home, key: DatabaseKey, *, lost_schema: bool) -> Path:
    """A copy of the damaged database to work on, with a first page that can be read."""
    copy = rescued.root / "damaged.db"
    shutil.copyfile(home.database, copy)
    log = home.database.with_name(home.database.name + "-wal")
    if log.exists():
        shutil.copyfile(log, copy.with_name(copy.name + "-wal"))
    if lost_schema:
        template = _template(rescued.root / "template.db", key, copy.stat().st_size // PAGE)
        with copy.open("r+b") as file:
            file.write(template[:PAGE])
            file.truncate(max(len(template), copy.stat().st_size))
    return copy


class _Source:
    """The copy, asked one thing at a time. SQLCipher stays in error after a bad page: each error costs a new start."""

    def __init__(self, path: Path, key: DatabaseKey) -> None:
        self._path = path
        self._key = key
        self._connection: Any = None
        self._lengthen()

    def ask(self, statement: str, *bound: Any) -> list[Row] | None:
        """The rows of the answer; None when a page that it needs cannot be read."""
        if self._connection is None:
            self._connection = dbapi2.connect(str(self._path), isolation_level=None)
            give_key(self._connection, self._key)
        try:
            rows: list[Row] = self._connection.execute(statement, bound).fetchall()
        except dbapi2.Error:
            self.close()
            return None
        return rows

    def close(self) -> None:
        """Let go of the file; the next question opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _lengthen(self) -> None:
        """Give the copy as many pages as its first page announces: SQLite reads no file that is shorter."""
        while self.ask("SELECT count(*) FROM sqlite_schema") is None and self._path.stat().st_size < _MOST_BYTES:
            with self._path.open("r+b") as file:
                file.truncate(max(self._path.stat().st_size * 2, PAGE) // PAGE * PAGE)


def _template(path: Path, key: DatabaseKey, pages: int) -> bytes:
    """An empty database that says it has as many pages (or a few more): SQLite believes the first page's count."""
    database = Database(path, key)
    try:
        _prepare(database)
        with database.writer() as connection:
            connection.exec_driver_sql("CREATE TABLE padding (x)")
            while connection.exec_driver_sql("PRAGMA page_count").scalar_one() < pages:
                connection.exec_driver_sql("INSERT INTO padding VALUES (zeroblob(?))", (PAGE - 200,))
            connection.exec_driver_sql("DROP TABLE padding")
        database.checkpoint()
        return path.read_bytes()
    finally:
        database.close()
        path.unlink(missing_ok=True)


def _prepare(database: Database) -> None:
    migrate(database, now_ms=0, new=True)
    with database.writer() as connection:
        views.adapt(connection)


def _fill(source: _Source, target: Database) -> tuple[list[tuple[str, int]], int, bool]:
    """Write what can be read into the new database: the changes' places, the last own number known, identity or not."""
    _prepare(target)
    changes = [row for row in _changes(source) if row[5] is None or leaf_hash(row[5]) == row[4]]
    meta = list(_each(source, "meta", "name", ("identity", "sync", "standing", "formers", "rejoin")))
    drafts = list(_each(source, "draft", "key", [key for (key,) in source.ask("SELECT key FROM draft") or ()]))
    formers = list(_each(source, "former", "rowid", [n for (n,) in source.ask("SELECT rowid FROM former") or ()]))
    with target.writer() as connection:
        for table, rows in (("change", changes), ("meta", meta), ("draft", drafts), ("former", formers)):
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - fixed names
        views.rebuild(connection)
    last = source.ask(f"SELECT coalesce(max(seq), 0) {_BY_INDEX}")
    return [(row[1], row[2]) for row in changes], last[0][0] if last else 0, any(row[0] == "identity" for row in meta)


def _changes(source: _Source) -> Iterator[Row]:
    """Every change that can be read, in order of arrival."""
    known = source.ask("SELECT coalesce(max(n), 0) FROM change") or source.ask(
        f"SELECT coalesce(max(n), 0) {_BY_INDEX}"
    )
    if known is None:
        pages = source.ask("PRAGMA page_count") or [(0,)]
        known = [(pages[0][0] * PAGE // _LEAST_ROW,)]
    for first in range(1, known[0][0] + 1, _RUN):
        yield from _run(source, first, min(first + _RUN - 1, known[0][0]))


def _run(source: _Source, first: int, last: int) -> list[Row]:
    """The changes from `first` to `last` in order of arrival, less those on a page that cannot be read."""
    rows = source.ask(f"SELECT {_COLUMNS} FROM change WHERE n BETWEEN ? AND ? ORDER BY n", first, last)  # noqa: S608 - fixed names
    if rows is not None:
        return rows
    if first == last:
        return []
    middle = (first + last) // 2
    return [*_run(source, first, middle), *_run(source, middle + 1, last)]


def _each(source: _Source, table: str, column: str, names: Iterable[str]) -> Iterator[Row]:
    for name in names:
        yield from source.ask(f"SELECT * FROM {table} WHERE {column} = ?", name) or ()  # noqa: S608 - fixed names


def _gaps(numbers: Iterable[int], upto: int) -> Iterator[tuple[int, int]]:
    """The runs from 1 to `upto` that are not among `numbers`."""
    expected = 1
    for number in sorted(set(numbers)):
        if number > expected:
            yield expected, number - 1
        expected = number + 1
    if expected <= upto:
        yield expected, upto
