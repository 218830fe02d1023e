"""Copies of the SQLite database, taken and put back while the service runs. The keys are never part of them.

After a copy is put back the office goes on as `restores` says: no number of its own is used twice, and laptops whose
later changes the copy lacks see a lower receipt and send them again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, select

from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged, StoreProblem, UserError
from itinerant.log.notes import read_checkpoint
from itinerant.texts import _
from server import ledger, restores
from server.exchange.chains import MAIN
from server.home import DATABASE_FILE
from server.migrations.runner import migrate
from server.office import Office
from server.restores import Leap
from server.tables import ChangeRow, Meta, table

WEEK_D = 7
"""Days after which a copy is missed (DS 016-2024-JUS: weekly)."""
_DAY_MS = 86_400_000
_MADE_AT = "backup_at"

_meta = table(Meta)
_change = table(ChangeRow)


def backup(office: Office, file: Path) -> int:
    """Copy the database to `file`, which must not exist; answers with the number of leaves in it."""
    _require_sqlite(office)
    if file.exists():
        raise UserError(_("Ya existe {file}.").format(file=file), next_step=_("Elija otro nombre."), place=str(file))
    with _words(file), closing(sqlite3.connect(office.folder / DATABASE_FILE)) as source:
        with closing(sqlite3.connect(file)) as copy:
            source.backup(copy)
        file.chmod(0o600)
    size = _verified(office, file)
    note(office)
    return size


def note(office: Office) -> int:
    """Note that a copy was made now; answers with the number of leaves."""
    with office.database.writer() as connection:
        connection.execute(_meta.delete().where(_meta.c.name == _MADE_AT))
        connection.execute(_meta.insert().values(name=_MADE_AT, value=str(office.now_ms())))
        return ledger.size(connection)


def days_without(connection: Connection, now_ms: int) -> int:
    """Whole days since the last copy was made, or since there is something to copy; 0 while there is nothing."""
    made = connection.scalar(select(_meta.c.value).where(_meta.c.name == _MADE_AT))
    since = int(made) if made else connection.scalar(select(_change.c.received_at).where(_change.c.position == 0))
    return max(0, now_ms - since) // _DAY_MS if since else 0


def restore(office: Office, file: Path) -> tuple[int, Leap]:
    """Put the copy in `file` in the place of the database; answers with the number of leaves in it, and how CENTRAL
    goes on.

    Raises `Damaged` before anything is touched when the copy is not whole or not of this office.
    """
    _require_sqlite(office)
    size = _verified(office, file)
    place = office.folder / DATABASE_FILE
    reached = _reached(place)
    with (
        _words(file),
        closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy,
        closing(sqlite3.connect(place)) as target,
    ):
        copy.backup(target)
    with office.database.writer() as connection:
        migrate(connection)  # the copy may be of an older program
    return size, restores.resume(office, reached=reached)


def _reached(place: Path) -> int:
    """The last number of CENTRAL in the database that is about to be replaced; 0 when it cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as present:
            statement = "SELECT upto FROM chain WHERE device = ? AND branch = ?"
            found = present.execute(statement, (CENTRAL, MAIN)).fetchone()
    except sqlite3.DatabaseError:
        return 0
    return int(found[0]) if found else 0


def _verified(office: Office, file: Path) -> int:
    if not file.is_file():
        raise UserError(_("No existe {file}.").format(file=file), place=str(file))
    with _words(file), closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
        whole = copy.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        size, note = copy.execute("SELECT size, checkpoint FROM ledger").fetchone()
    if whole and (not size or read_checkpoint(note, office.verifiers(size)).size == size):
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
