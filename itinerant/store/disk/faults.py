"""What the disk and the database say when they fail, in words for a person.

* Every SQLite and OS error that a fault of the disk causes becomes `StoreProblem` or `Damaged`; any other is a
  mistake of ours and passes on.
* The words always say what is safe: a transaction that fails leaves the file as it was.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlcipher3 import dbapi2

from itinerant.errors import Damaged, ItinerantError, StoreProblem
from itinerant.texts import _, ngettext

RUINED = "database"
MAX_PAGES_NAMED = 8

_FULL = ("SQLITE_FULL",)
_READ_ONLY = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")
_IN_USE = ("SQLITE_BUSY", "SQLITE_LOCKED")
_RUINED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_FAILING = ("SQLITE_IOERR",)
"""The driver does not say more: a quota, a file too large for its disk, a broken disk."""


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn faults of the disk under `path` into words; what is inside touches that file or its folder."""
    try:
        yield
    except (DBAPIError, dbapi2.Error, OSError) as error:
        problem = explain(error, path)
        if problem is None:
            raise
        raise problem from error


def explain(error: BaseException, path: Path) -> ItinerantError | None:
    """The fault behind an error of the database or the system, or None when the disk is not to blame."""
    if isinstance(error, DBAPIError):
        error = error.orig or error
    if isinstance(error, OSError):
        return _from_system(error, path)
    name: str = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(_FULL):
        return disk_full(path)
    if name.startswith(_READ_ONLY):
        return read_only(path)
    if name.startswith(_IN_USE):
        return in_use(path)
    if name.startswith(_RUINED):
        return ruined(path)
    if name.startswith(_FAILING):
        return disk_failing(path)
    return None


def _from_system(error: OSError, path: Path) -> ItinerantError | None:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return disk_full(path)
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return read_only(path)
        case errno.EIO:
            return disk_failing(path)
        case errno.ENOENT | errno.ENOTDIR:
            return StoreProblem(
                _("No existe la carpeta o el archivo de datos."),
                next_step=_("Compruebe la carpeta elegida con --home."),
                place=str(path),
                code="missing",
            )
        case _:
            return None


def disk_full(path: Path) -> StoreProblem:
    """No room left on the disk."""
    return StoreProblem(
        _("El disco está lleno."),
        safe=_("Lo guardado antes sigue a salvo."),
        next_step=_("Libere espacio y vuelva a guardar."),
        place=str(path),
        code="disk_full",
    )


def disk_failing(path: Path) -> StoreProblem:
    """The disk did not take or give what was asked, and why is not known."""
    return StoreProblem(
        _("El disco está lleno o falla."),
        safe=_("Lo que no se pudo guardar no dejó nada a medias."),
        next_step=_(
            "Libere espacio y vuelva a intentar; si sigue igual, ejecute «itinerant doctor» y avise al área de TI."
        ),
        place=str(path),
        code="disk_error",
    )


def read_only(path: Path) -> StoreProblem:
    """The folder does not accept writing."""
    return StoreProblem(
        _("No hay permiso para escribir en la carpeta de datos."),
        safe=_("Lo guardado antes sigue a salvo."),
        next_step=_("Pida permiso de escritura sobre la carpeta, o elija otra con --home."),
        place=str(path),
        code="read_only",
    )


def in_use(path: Path) -> StoreProblem:
    """Another process has the home open."""
    return StoreProblem(
        _("El cuaderno ya está abierto en otra ventana o por otro programa."),
        safe=_("Nada se perdió."),
        next_step=_("Cierre la otra ventana y vuelva a intentar."),
        place=str(path),
        code="in_use",
    )


def ruined(path: Path, pages: Sequence[int] = ()) -> Damaged:
    """Bytes of the database that nobody wrote there, in the pages named when they are known."""
    listed = ", ".join(map(str, pages[:MAX_PAGES_NAMED])) + (" …" if len(pages) > MAX_PAGES_NAMED else "")
    return Damaged(
        ngettext(
            "El archivo cifrado está dañado en la página {pages}.",
            "El archivo cifrado está dañado en las páginas {pages}.",
            len(pages),
        ).format(pages=listed)
        if pages
        else _("El archivo cifrado está dañado o incompleto."),
        safe=_("Lo demás puede leerse, y lo recibido por la oficina está a salvo."),
        next_step=_("Ejecute «itinerant doctor --rescue CARPETA»: copia a otra carpeta lo que puede leerse."),
        place=str(path),
        code=RUINED,
    )
