"""Files on a stick: parcels, receipts and enrolment requests in one folder, the same at both ends.

* Names are made of the content's hash (8 characters and 3, capitals and digits: any FAT takes them): the same file
  written twice is one file, and a file whose bytes are not those of its name is damaged.
* Written under another name, flushed, then renamed: a stick pulled out too early holds a whole file or none, and the
  next time writes what is missing. Nothing is asked of links, permissions or renaming over a file.
* What is on a stick is hostile until proved: links, devices and pipes are never opened, nor long files read; a folder
  with too much in it is refused with words. Files of others are left alone.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from itinerant.errors import Damaged, ItinerantError, StoreProblem, UserError
from itinerant.sync.limits import LIMITS
from itinerant.texts import _

PARCELS, RECEIPTS, ENROLMENTS = ".ITP", ".ITR", ".ITE"
MAX_FILES = 10_000
"""Of one sort in a folder: some years of a brigade."""
MAX_ENTRIES = 50_000
"""Of any sort: a stick's own folder seldom holds a hundred."""
_UNFINISHED = ".TMP"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOCKED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_GONE = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN})
_NO_FOLDER = frozenset({errno.ENOTDIR, errno.EEXIST})
_UNKNOWN_TO_FOLDERS = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EBADF})
"""What some file systems answer to a request to flush a folder."""


def file_name(data: bytes, suffix: str) -> str:
    """`K3VQ7TZA.ITP`: base32 of the first 40 bits of the content's SHA-256."""
    return base64.b32encode(hashlib.sha256(data).digest()[:5]).decode("ascii") + suffix


def prepare(folder: Path) -> None:
    """Make the folder if it is not there. Raises `StoreProblem`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _problem(folder, error) from error


def write(folder: Path, data: bytes, suffix: str) -> Path:
    """Put a file into the folder, durably. Raises `StoreProblem` (full, read-only, pulled out)."""
    path = folder / file_name(data, suffix)
    unfinished = path.with_suffix(_UNFINISHED)
    try:
        if _plain_bytes(path) == data:
            return path
        try:
            unfinished.unlink(missing_ok=True)  # of a time before, or somebody's link to elsewhere
            with unfinished.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            path.unlink(missing_ok=True)  # half-written by another program: some file systems do not rename over it
            unfinished.rename(path)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)  # on a full stick it takes the place of somebody else's file
            raise
        _flush_folder(folder)
    except OSError as error:
        raise _problem(path, error) from error
    return path


def paths(folder: Path, suffix: str) -> list[Path]:
    """The files of one sort, by name. Raises `StoreProblem` when the folder cannot be read, `UserError` for one with
    too much in it."""
    found: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries, start=1):
                if entry.name.upper().endswith(suffix) and not entry.name.startswith("."):  # some systems' own notes
                    found.append(folder / entry.name)
                if count > MAX_ENTRIES or len(found) > MAX_FILES:
                    raise _too_many(folder)
    except OSError as error:
        raise _problem(folder, error) from error
    return sorted(found)


def read(path: Path) -> bytes:
    """The content of a file of the folder. Raises `Damaged` when it is not what its name says, or no plain file;
    `StoreProblem` when the stick is there no more."""
    try:
        data = _plain_bytes(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if data is None and not os.path.lexists(path):
        raise _unreadable(path, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
    if data is None or file_name(data, "") != path.stem.upper():
        raise Damaged(
            _("El archivo no es el que se escribió: está cortado o alterado."),
            next_step=_("Vuelva a escribirlo desde el otro equipo."),
            place=shown(path),
            code="file",
        )
    return data


def read_all(folder: Path, suffix: str) -> Iterator[tuple[Path, bytes | Damaged]]:
    """Every file of one sort with its content, or with what is wrong with it: one bad file never hides the others."""
    for path in paths(folder, suffix):
        try:
            yield path, read(path)
        except Damaged as error:
            yield path, error


def shown(path: Path) -> str:
    """A path as it may be shown: names on a stick may hold what moves a terminal's cursor, or no text at all."""
    text = str(path).encode("utf-8", "replace").decode()
    return "".join(char if char.isprintable() else "?" for char in text)


def _plain_bytes(path: Path) -> bytes | None:
    """The bytes of a plain file of a size that is possible; None for anything else, which is not opened."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_size > LIMITS.envelope:
        return None
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - flags that Path does not take
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        data = file.read(LIMITS.envelope + 1)
    return data if len(data) <= LIMITS.envelope else None


def _flush_folder(folder: Path) -> None:
    """Make the new name durable, where folders can be flushed (not on Windows, nor on every file system)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNKNOWN_TO_FOLDERS:
            raise
    finally:
        os.close(handle)


def _unreadable(path: Path, error: OSError) -> ItinerantError:
    if error.errno in _GONE:
        return _problem(path, error)
    sentence = _("No se puede leer el archivo: {reason}.").format(reason=error.strerror)
    return Damaged(
        sentence, next_step=_("Vuelva a escribirlo desde el otro equipo."), place=shown(path), code="unreadable"
    )


def _too_many(folder: Path) -> UserError:
    return UserError(
        _("La carpeta tiene demasiados archivos: más de {n}.").format(n=MAX_FILES),
        next_step=_("Elija la carpeta donde están los envíos, o deje en la memoria solo los últimos."),
        place=shown(folder),
        code="too_many_files",
    )


def _problem(path: Path, error: OSError) -> StoreProblem:
    safe = _("Lo anotado sigue a salvo en la laptop, y lo que se escribió entero en la memoria vale.")
    if error.errno in _FULL:
        sentence = _("La memoria está llena.")
        next_step = _("Libere espacio en ella, o use otra, y repita: lo ya escrito no se escribe otra vez.")
    elif error.errno in _LOCKED:
        sentence = _("La memoria no deja escribir o leer: {reason}.").format(reason=error.strerror)
        next_step = _("Quite la protección contra escritura, o use otra memoria.")
    elif error.errno in _NO_FOLDER:
        sentence = _("En ese lugar no hay una carpeta.")
        next_step = _("Elija la memoria, o una carpeta de ella.")
    elif error.errno in _GONE:
        sentence = _("La carpeta no está: la memoria se retiró, o su nombre es otro.")
        next_step = _("Conéctela otra vez y repita: lo ya escrito no se escribe otra vez.")
    else:
        sentence = _("No se puede usar la memoria: {reason}.").format(reason=error.strerror)
        next_step = _("Revise que esté bien conectada, con espacio y sin protección de escritura; o use otra.")
    return StoreProblem(sentence, safe=safe, next_step=next_step, place=shown(path), code="stick")
