"""The office's folder: its keys and its few settings. Everything else is in the database.

* `keys/sign.key` (Ed25519) signs receipts and checkpoints, `keys/seal.key` (X25519) opens parcels: those that the
  office began with. Later ones are in `keys/rotated.json`, in order; the last ones are in use, the former ones open
  what was sealed to them and answer laptops that do not know the new ones yet (`keys.rotation`). The recovery key
  (X25519), which opens the office's slot of every laptop's vault, is in `keys/recovery.key` until two people keep it in
  `keys/recovery.json` (`holders`); the service never loads it. Files 0600, folder 0700; never in the database or a
  backup that is not asked to carry them.
* `office.json` holds what an administrator decides once: name, origin of the ledger, database, retention.
"""

from __future__ import annotations

import base64
import json
import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from itinerant.errors import Damaged, StoreProblem, UserError
from itinerant.log.notes import Verifier
from itinerant.sync.keys import decode
from itinerant.sync.rotation import Rotation
from itinerant.texts import _

SETTINGS_FILE = "office.json"
KEYS_FOLDER = "keys"
HOLDERS_FILE = "recovery.json"
ROTATED_FILE = "rotated.json"
DATABASE_FILE = "office.db"
MAX_RETENTION_D = 366
RETENTION_D = 7
"""Days that a laptop keeps a closed visit after the office has it (design section 5)."""

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an administrator decides. `database_url` is empty for the SQLite file of the folder."""

    name: str
    origin: str
    """Name of the ledger in its checkpoints (C2SP tlog-checkpoint): a URL without scheme, never changed later."""
    database_url: str = ""
    retention_d: int = RETENTION_D

    def __post_init__(self) -> None:
        """Raise `UserError` for what no receipt or checkpoint could carry."""
        if not 1 <= self.retention_d <= MAX_RETENTION_D:
            raise UserError(_("La retención va de 1 a {n} días.").format(n=MAX_RETENTION_D), place="retention")
        if not re.fullmatch(r"[^\s+]{1,200}", self.origin):
            raise UserError(_("El nombre del registro no lleva espacios ni «+»."), place="origin")
        if not 1 <= len(self.name) <= 200 or not self.name.isprintable():
            raise UserError(_("El nombre de la oficina admite de 1 a 200 caracteres."), place="name")


@dataclass(frozen=True, slots=True, repr=False)
class OfficeKeys:
    """The office's keys. `recovery_public`: 32 raw bytes; its private half is here only while an office is made.

    `former`: the signing and sealing keys before the present ones, oldest first; `rotations`: the step after each.
    """

    sign: Ed25519PrivateKey
    seal: X25519PrivateKey
    recovery_public: bytes
    recovery: X25519PrivateKey | None = None
    former: Sequence[tuple[Ed25519PrivateKey, X25519PrivateKey]] = ()
    rotations: Sequence[Rotation] = ()

    @classmethod
    def generate(cls) -> OfficeKeys:
        """Fresh keys."""
        recovery = X25519PrivateKey.generate()
        public = recovery.public_key().public_bytes_raw()
        return cls(Ed25519PrivateKey.generate(), X25519PrivateKey.generate(), public, recovery)

    @property
    def sign_public(self) -> bytes:
        """32 raw bytes."""
        return self.sign.public_key().public_bytes_raw()

    @property
    def seal_public(self) -> bytes:
        """32 raw bytes."""
        return self.seal.public_key().public_bytes_raw()

    @property
    def number(self) -> int:
        """Of the present keys; those that the office began with are number 1."""
        return len(self.former) + 1

    @property
    def seals(self) -> Sequence[X25519PrivateKey]:
        """Every key that a parcel may be sealed to, the present one first."""
        return (self.seal, *(seal for _sign, seal in reversed(self.former)))

    def signer(self, number: int) -> Ed25519PrivateKey:
        """The signing key of that number; the present one for a number that this folder does not know."""
        return self.former[number - 1][0] if 0 < number < self.number else self.sign

    def verifiers(self, origin: str, size: int) -> list[Verifier]:
        """Whose signature holds on a ledger of `size` leaves: the present key's, and a former one's up to its end."""
        before = zip(self.former, self.rotations, strict=True)
        until = [sign for (sign, _seal), step in before if size <= step.size]
        return [Verifier(origin, sign.public_key().public_bytes_raw()) for sign in (self.sign, *reversed(until))]

    def after(self, sign: Ed25519PrivateKey, seal: X25519PrivateKey, step: Rotation) -> OfficeKeys:
        """The keys after a rotation to these."""
        former = (*self.former, (self.sign, self.seal))
        return replace(self, sign=sign, seal=seal, former=former, rotations=(*self.rotations, step))

    def __repr__(self) -> str:
        return "OfficeKeys(…)"


def create(folder: Path, settings: Settings, keys: OfficeKeys) -> None:
    """Write a new office's folder. Raises `UserError` when there is one already: keys are never overwritten."""
    assert keys.recovery is not None, "a new office has all of its keys"
    if (folder / SETTINGS_FILE).exists() or (folder / KEYS_FOLDER).exists():
        raise UserError(
            _("En {folder} ya hay una oficina.").format(folder=folder),
            next_step=_("Elija otra carpeta con --home."),
            place=str(folder),
        )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / KEYS_FOLDER).mkdir(mode=0o700)
        for name, raw in (
            ("sign", keys.sign.private_bytes_raw()),
            ("seal", keys.seal.private_bytes_raw()),
            ("recovery", keys.recovery.private_bytes_raw()),
        ):
            write_private(_key_file(folder, name), base64.urlsafe_b64encode(raw) + b"\n")
        text = json.dumps(asdict(settings), indent=1, ensure_ascii=False) + "\n"
        write_private(folder / SETTINGS_FILE, text.encode())
    except OSError as error:
        raise StoreProblem(
            _("No se pudo crear la oficina: {reason}.").format(reason=error.strerror), place=str(folder)
        ) from error


def read_settings(folder: Path) -> Settings:
    """The settings of the office in `folder`; raises `UserError` when there is none, `Damaged` when unreadable."""
    path = folder / SETTINGS_FILE
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise UserError(
            _("En {folder} no hay una oficina.").format(folder=folder),
            next_step=_("Créela con «itinerant-server init»."),
            place=str(folder),
        ) from error
    except (OSError, ValueError) as error:
        raise Damaged(_("No se puede leer la configuración de la oficina."), place=str(path)) from error
    known = values.keys() & Settings.__dataclass_fields__.keys() if isinstance(values, dict) else set()
    try:
        return Settings(**{name: values[name] for name in known})
    except (TypeError, UserError) as error:
        raise Damaged(_("La configuración de la oficina está incompleta o alterada."), place=str(path)) from error


def read_keys(folder: Path) -> OfficeKeys:
    """The keys in `folder`. Raises `Damaged` when one is missing, ruined, or open to other users of the machine."""
    first = OfficeKeys(
        sign=_read_key(folder, "sign", Ed25519PrivateKey.from_private_bytes),
        seal=_read_key(folder, "seal", X25519PrivateKey.from_private_bytes),
        recovery_public=recovery_public(folder),
    )
    path = rotated_file(folder)
    if not path.exists():
        return first
    _refuse_open(path)
    try:
        return _rotated(first, json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path) from error


def _rotated(found: OfficeKeys, steps: Sequence[Mapping[str, Any]]) -> OfficeKeys:
    for row in steps:
        step = Rotation.from_values(row["origin"], row)
        sign = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(row["sign"]))
        seal = X25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(row["seal"]))
        whole = (step.sign_key, step.seal_key) == (
            sign.public_key().public_bytes_raw(),
            seal.public_key().public_bytes_raw(),
        )
        if not (whole and step.follows(found.number, found.sign_public)):
            raise ValueError(step.number)
        found = found.after(sign, seal, step)
    return found


def write_rotated(folder: Path, keys: OfficeKeys) -> None:
    """Keep the keys after a rotation, whole or not at all. Raises `StoreProblem`."""
    pairs = [*keys.former[1:], (keys.sign, keys.seal)]
    steps = [
        {
            "origin": step.origin,
            **step.values,
            "sign": base64.urlsafe_b64encode(sign.private_bytes_raw()).decode(),
            "seal": base64.urlsafe_b64encode(seal.private_bytes_raw()).decode(),
        }
        for step, (sign, seal) in zip(keys.rotations, pairs, strict=True)
    ]
    path = rotated_file(folder)
    try:
        replace_private(path, json.dumps(steps, indent=1).encode() + b"\n")
    except OSError as error:
        raise StoreProblem(
            _("No se pudo escribir {file}: {reason}.").format(file=path, reason=error.strerror), place=str(path)
        ) from error


def rotated_file(folder: Path) -> Path:
    """Where the keys are that came after the first ones; there is no such file before a rotation."""
    return folder / KEYS_FOLDER / ROTATED_FILE


def recovery_public(folder: Path) -> bytes:
    """The public half of the recovery key, whoever keeps the other. Raises `Damaged`."""
    path = folder / KEYS_FOLDER / HOLDERS_FILE
    if not path.exists():
        return read_recovery(folder).public_key().public_bytes_raw()
    try:
        return decode(json.loads(path.read_bytes())["public"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path) from error


def read_recovery(folder: Path) -> X25519PrivateKey:
    """The recovery key of an office in which nobody keeps it yet. Raises `Damaged`."""
    return _read_key(folder, "recovery", X25519PrivateKey.from_private_bytes)


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read; its bytes are on the disk when this returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read over what was there, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, data)
    fresh.replace(path)


def lies_in_clear(folder: Path) -> bool:
    """Whether the recovery key is in a file that whoever reads the folder can use."""
    return _key_file(folder, "recovery").exists()


def destroy_recovery(folder: Path) -> None:
    """Overwrite and remove the recovery key in clear: from now on two people keep it."""
    path = _key_file(folder, "recovery")
    if path.exists():
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def _key_file(folder: Path, name: str) -> Path:
    return folder / KEYS_FOLDER / f"{name}.key"


def _read_key(folder: Path, name: str, load: Callable[[bytes], _Key]) -> _Key:
    path = _key_file(folder, name)
    try:
        _refuse_open(path)
        return load(base64.urlsafe_b64decode(path.read_bytes().strip()))
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error


def _refuse_open(path: Path) -> None:
    """Raise `Damaged` for a file of keys that others of the machine may read."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Damaged(
            _("Otras personas de esta máquina pueden leer una llave de la oficina."),
            next_step=_("Ejecute: chmod 600 {path}").format(path=path),
            place=str(path),
        )


def _unreadable(path: Path) -> Damaged:
    return Damaged(
        _("No se puede leer una llave de la oficina."),
        next_step=_("Recupere la carpeta de llaves de su copia de respaldo."),
        place=str(path),
    )
