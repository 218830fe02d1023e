"""A copy of the office's keys that no one person can use: sealed to the recovery key, which two holders open together.

* Making it takes the same two, so that a copy exists only if it opens, and both are named in the access log.
* It holds everything that makes the folder this office again: settings, signing and sealing keys with the former ones,
  and the holders' file, which stays readable outside the seal: it is what two passphrases open.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from itinerant.errors import Damaged, StoreProblem, UserError
from itinerant.sync import wrapping
from itinerant.texts import _
from server import home
from server.access import accesses
from server.keys import holders
from server.keys.holders import Holders
from server.laptops import recovery
from server.office import Office

_VERSION = 1
_MOST_BYTES = 1024 * 1024
_INFO = b"itinerant/office/keys/1"
_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_IN_FOLDER = (home.SETTINGS_FILE,)
_IN_KEYS = ("sign.key", "seal.key", home.ROTATED_FILE)

By = Sequence[tuple[str, str]]
"""Two holders, each with their passphrase."""


def export(office: Office, file: Path, by: By) -> None:
    """Write a copy of the keys to `file`, which must not exist.

    Raises `UserError` (file there already, fewer than two holders, an account that may not), `Locked` (passphrase).
    """
    if file.exists():
        raise UserError(_("Ya existe {file}.").format(file=file), next_step=_("Elija otro nombre."), place=str(file))
    for account, _phrase in by:
        recovery.require_holder(office, account)
    found = Holders.read(office.folder)
    holders.together(found, by)
    keys = office.folder / home.KEYS_FOLDER
    paths = [*(office.folder / name for name in _IN_FOLDER), *(keys / name for name in _IN_KEYS)]
    plain = {path.name: path.read_text() for path in paths if path.exists()}
    sealed = _HPKE.encrypt(json.dumps(plain).encode(), X25519PublicKey.from_public_bytes(found.public), _INFO)
    value = {
        "v": _VERSION,
        "origin": office.settings.origin,
        "holders": (keys / home.HOLDERS_FILE).read_text(),
        "sealed": wrapping.encode(sealed),
    }
    with _writing(file):
        home.write_private(file, json.dumps(value, indent=1).encode() + b"\n")
    at = office.now_ms()
    with office.database.writer() as connection:
        for account, _phrase in by:
            accesses.note(connection, at=at, account=account, action="key.export", subject=file.name)


def restore(folder: Path, file: Path, by: By) -> str:
    """Put the keys and settings of a copy into a folder that has none; answers with the ledger's origin.

    Raises `UserError` when there are keys already, `Locked` (passphrase), `Damaged` for a file that is no copy.
    """
    place = folder / home.KEYS_FOLDER
    if place.exists():
        raise UserError(
            _("En {folder} ya hay llaves.").format(folder=folder),
            next_step=_("Elija otra carpeta con --home."),
            place=str(folder),
        )
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".keys.") as beside, _writing(folder):
        fresh = Path(beside) / home.KEYS_FOLDER
        fresh.mkdir(mode=0o700)
        value = _read(file)
        home.write_private(fresh / home.HOLDERS_FILE, value["holders"].encode())
        private = holders.together(Holders.read(Path(beside)), by)
        try:
            plain: dict[str, str] = json.loads(_HPKE.decrypt(wrapping.decode(value["sealed"]), private, _INFO))
        except (InvalidTag, ValueError) as error:
            raise _damaged(file) from error
        for name in _IN_KEYS:
            if name in plain:
                home.write_private(fresh / name, plain[name].encode())
        home.read_keys(Path(beside))
        if not (folder / home.SETTINGS_FILE).exists():
            home.write_private(folder / home.SETTINGS_FILE, plain[home.SETTINGS_FILE].encode())
        fresh.rename(place)
    return str(value["origin"])


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            value = json.loads(opened.read(_MOST_BYTES))
    except FileNotFoundError as error:
        raise UserError(_("No existe {file}.").format(file=file), place=str(file)) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(file) from error
    texts = ("origin", "holders", "sealed")
    if not isinstance(value, dict) or value.get("v") != _VERSION:
        raise _damaged(file)
    if not all(isinstance(value.get(name), str) for name in texts):
        raise _damaged(file)
    return value


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreProblem(
            _("No se pudo escribir {file}: {reason}.").format(file=place, reason=error.strerror), place=str(place)
        ) from error


def _damaged(file: Path) -> Damaged:
    return Damaged(
        _("No es una copia de las llaves de una oficina, o está dañada."),
        next_step=_("Use otra copia; no se tocó nada."),
        place=str(file),
        code="key_copy",
    )
