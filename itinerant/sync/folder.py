"""Files on a stick: parcels, receipts and enrolment requests in one folder, the same at both ends.

* Names are made of the content's hash (8 characters, plain FAT): the same file written twice is one file, and a file
  whose bytes are not those of its name is damaged.
* Written under another name, flushed, then renamed: a stick pulled out too early holds a whole file or none.
* Files of others are left alone.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from itinerant.errors import Damaged, StoreProblem
from itinerant.sync.limits import LIMITS
from itinerant.texts import _

PARCELS, RECEIPTS, ENROLMENTS = ".ITP", ".ITR", ".ITE"
MAX_FILES = 10_000
_UNFINISHED = ".TMP"


def file_name(data: bytes, suffix: str) -> str:
    """`K3VQ7TZA.ITP`: base32 of the first 40 bits of the content's SHA-256."""
    return base64.b32encode(hashlib.sha256(data).digest()[:5]).decode("ascii") + suffix


def write(folder: Path, data: bytes, suffix: str) -> Path:
    """Put a file into the folder, durably. Raises `StoreProblem` (full, read-only, pulled out)."""
    path = folder / file_name(data, suffix)
    unfinished = path.with_suffix(_UNFINISHED)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _flush_folder(folder)
    except OSError as error:
        raise _problem(folder, error) from error
    return path


def paths(folder: Path, suffix: str) -> list[Path]:
    """The files of one sort, by name. Raises `StoreProblem` when the folder cannot be read."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.upper() == suffix)
    except OSError as error:
        raise _problem(folder, error) from error
    return found[:MAX_FILES]


def read(path: Path) -> bytes:
    """The content of a file of the folder. Raises `Damaged` when it is not what its name says, or no plain file."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LIMITS.envelope:
            raise _damaged(path)
        data = path.read_bytes()
    except OSError as error:
        raise Damaged(
            _("No se puede leer el archivo: {reason}.").format(reason=error.strerror),
            place=str(path),
            code="unreadable",
        ) from error
    if file_name(data, "") != path.stem.upper():
        raise _damaged(path)
    return data


def read_all(folder: Path, suffix: str) -> Iterator[tuple[Path, bytes | Damaged]]:
    """Every file of one sort with its content, or with what is wrong with it: one bad file never hides the others."""
    for path in paths(folder, suffix):
        try:
            yield path, read(path)
        except Damaged as error:
            yield path, error


def _flush_folder(folder: Path) -> None:
    """Make the new name durable, where folders can be flushed (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _damaged(path: Path) -> Damaged:
    return Damaged(
        _("El archivo no es el que se escribió: está cortado o alterado."),
        next_step=_("Vuelva a escribirlo desde el otro equipo."),
        place=str(path),
        code="file",
    )


def _problem(folder: Path, error: OSError) -> StoreProblem:
    return StoreProblem(
        _("No se puede usar la carpeta: {reason}.").format(reason=error.strerror),
        safe=_("Lo anotado sigue a salvo en la laptop."),
        next_step=_("Revise que la memoria esté conectada, con espacio y sin protección de escritura."),
        place=str(folder),
    )
