"""Copies of the SQLite database, taken and put back while the service runs. The keys are never part of them.

After a copy is put back, laptops whose later changes it lacks see a lower receipt and send them again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from itinerant.errors import Damaged, StoreProblem, UserError
from itinerant.log.notes import read_checkpoint
from itinerant.texts import _
from server.home import DATABASE_FILE
from server.office import Office


def backup(office: Office, file: Path) -> int:
    """Copy the database to `file`, which must not exist; answers with the number of leaves in it."""
    _require_sqlite(office)
    if file.exists():
        raise UserError(_("Ya existe {file}.").format(file=file), next_step=_("Elija otro nombre."), place=str(file))
    with _words(file), closing(sqlite3.connect(office.folder / DATABASE_FILE)) as source:
        with closing(sqlite3.connect(file)) as copy:
            source.backup(copy)
        file.chmod(0o600)
    return _verified(office, file)


def restore(office: Office, file: Path) -> int:
    """Put the copy in `file` in the place of the database; answers with the number of leaves in it.

    Raises `Damaged` before anything is touched when the copy is not whole or not of this office.
    """
    _require_sqlite(office)
    size = _verified(office, file)
    place = office.folder / DATABASE_FILE
    with (
        _words(file),
        closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy,
        closing(sqlite3.connect(place)) as target,
    ):
        copy.backup(target)
    return size


def _verified(office: Office, file: Path) -> int:
    if not file.is_file():
        raise UserError(_("No existe {file}.").format(file=file), place=str(file))
    with _words(file), closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
        whole = copy.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        size, note = copy.execute("SELECT size, checkpoint FROM ledger").fetchone()
    if whole and (not size or read_checkpoint(note, [office.verifier]).size == size):
        return int(size)
    raise Damaged(_("La copia no está íntegra."), next_step=_("Use otra copia; no se tocó nada."), place=str(file))


@contextmanager
def _words(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise Damaged(_("La copia no se puede leer."), next_step=_("Use otra copia."), place=str(file)) from error
    except OSError as error:
        raise StoreProblem(_("No se pudo escribir la copia: {e}.").format(e=error.strerror), place=str(file)) from error


def _require_sqlite(office: Office) -> None:
    if office.database.engine.dialect.name != "sqlite":
        raise UserError(_("La base de datos es PostgreSQL."), next_step=_("Use pg_dump y pg_restore."), code="absent")
