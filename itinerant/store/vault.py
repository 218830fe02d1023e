"""The vault: the database key, wrapped once per person and once for the office, in `slots.json`.

* The database key is 256 random bits and never leaves memory in clear. Each slot wraps it with a key of its own:
  a person's passphrase through Argon2id, or the office's recovery key through HPKE.
* The wrapping covers its slot's parameters as associated data; parameters below the floor are refused, so a file
  that was weakened opens nothing.
* Two seals: `sum` (SHA-256) tells a damaged file from a wrong passphrase before any key is known; `mac` (HMAC by a
  key derived from the database key) shows a file that somebody altered, once unlocked.
* Slots of a kind that this version cannot open (`card`) are kept as they are.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from itinerant.domain import passphrases
from itinerant.errors import Damaged, Locked, StoreProblem, UserError
from itinerant.log import canonical
from itinerant.store.faults import storing
from itinerant.store.files import write_atomically
from itinerant.texts import _

VERSION = 1
KEY_SIZE = 32
MAX_FILE = 256 * 1024
MAX_SLOTS = 64

MEMORY_KIB = 64 * 1024
ITERATIONS = 3
LANES = 4
_CEILING = {"memory_kib": 4 * 1024 * 1024, "iterations": 64, "lanes": 64}
_FLOOR = {"memory_kib": MEMORY_KIB, "iterations": ITERATIONS, "lanes": LANES}

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_OFFICE_INFO = b"itinerant/vault/office/1"


class SlotKind(StrEnum):
    """What opens a slot."""

    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a kind of slot
    CARD = "card"
    OFFICE = "office"


class DatabaseKey:
    """The key of the database. It never shows itself; `wipe` overwrites it."""

    __slots__ = ("_bytes",)

    def __init__(self, material: bytes | bytearray) -> None:
        if len(material) != KEY_SIZE:
            raise ValueError("a database key is 32 bytes")
        self._bytes = bytearray(material)

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls(secrets.token_bytes(KEY_SIZE))

    def reveal(self) -> bytes:
        """The raw bytes, for the cipher alone."""
        return bytes(self._bytes)

    def derive(self, purpose: str) -> bytes:
        """A key for another purpose, from which this one cannot be found."""
        return HKDF(hashes.SHA256(), KEY_SIZE, salt=None, info=f"itinerant/{purpose}/1".encode()).derive(self.reveal())

    def wipe(self) -> None:
        """Overwrite the key. Copies that the cipher made are freed, not overwritten: memory is not a safe place."""
        self._bytes[:] = bytes(KEY_SIZE)

    def __repr__(self) -> str:
        return "DatabaseKey(…)"


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Who opened the vault, and the key that was inside."""

    person: str
    key: DatabaseKey


class Vault:
    """The slots file of one laptop, in memory. Whatever changes it writes the file before it returns."""

    def __init__(self, path: Path, device: str, slots: list[dict[str, Any]], mac: str = "") -> None:
        self.path = path
        self.device = device
        self._slots = slots
        self._mac = mac

    @classmethod
    def create(
        cls, path: Path, *, device: str, person: str, passphrase: str, office_recovery_key: bytes | None
    ) -> tuple[Self, DatabaseKey]:
        """A new vault with one person's slot and, given the office's raw X25519 key, the office's slot.

        Raises `UserError` for a weak passphrase.
        """
        key = DatabaseKey.generate()
        vault = cls(path, device, [])
        if office_recovery_key is not None:
            vault._slots.append(_office_slot(key, device, office_recovery_key))
        vault.add(key, person, passphrase)
        return vault, key

    @classmethod
    def read(cls, path: Path) -> Self:
        """The vault of a slots file. Raises `StoreProblem` when there is none, `Damaged` when it is not whole."""
        try:
            with storing(path), path.open("rb") as file:
                data = file.read(MAX_FILE + 1)
        except StoreProblem as error:
            raise _missing(path) if error.code == "missing" else error from error
        content = _parse(data, path)
        return cls(path, content["device"], content["slots"], content["mac"])

    def people(self) -> list[str]:
        """The codes of those who have a slot of their own."""
        return [slot["person"] for slot in self._slots if slot["kind"] != SlotKind.OFFICE]

    @property
    def recoverable(self) -> bool:
        """Whether the office can open this laptop."""
        return any(slot["kind"] == SlotKind.OFFICE for slot in self._slots)

    def unlock(self, passphrase: str, person: str | None = None) -> Unlocked:
        """The key, by the passphrase of `person` (or of anybody who has a slot).

        Raises `Locked` for a wrong passphrase or an unknown person, `Damaged` when the file was altered.
        """
        for slot in self._slots:
            if slot["kind"] == SlotKind.PASSPHRASE and person in (None, slot["person"]):
                key = _unwrap(slot, passphrase, self.path)
                if key is not None:
                    self._authenticate(key)
                    return Unlocked(slot["person"], key)
        raise Locked(
            _("La frase de acceso no corresponde.")
            if person is None or person in self.people()
            else _("{person} no tiene acceso a esta laptop.").format(person=person),
            safe=_("Los datos siguen cifrados y completos."),
            next_step=_("Vuelva a escribirla; si la olvidó, otra persona de la brigada o la oficina puede ayudarle."),
            code="locked",
        )

    def recover(self, office_recovery_key: X25519PrivateKey) -> DatabaseKey:
        """The key, by the office's slot. Raises `Locked` when there is none for that key."""
        for slot in self._slots:
            if slot["kind"] == SlotKind.OFFICE:
                try:
                    sealed = _SUITE.decrypt(_decode(slot["sealed"]), office_recovery_key, _office_info(self.device))
                except InvalidTag:
                    continue
                key = DatabaseKey(sealed)
                self._authenticate(key)
                return key
        raise Locked(_("Esta llave de la oficina no abre esta laptop."), code="locked")

    def add(self, key: DatabaseKey, person: str, passphrase: str) -> None:
        """Give `person` a slot, or a new passphrase. Raises `UserError` for a weak one."""
        reason = passphrases.weak(passphrase)
        if reason:
            raise UserError(reason, place="passphrase", code="weak_passphrase")
        kept = [slot for slot in self._slots if slot.get("person") != person]
        if len(kept) >= MAX_SLOTS:
            raise UserError(_("Esta laptop ya tiene {n} accesos.").format(n=MAX_SLOTS), code="too_many_slots")
        self._write(key, [*kept, _passphrase_slot(key, person, passphrase)])

    def remove(self, key: DatabaseKey, person: str) -> None:
        """Take away a person's slot. Raises `UserError` when it is not there or is the last one."""
        kept = [slot for slot in self._slots if slot.get("person") != person]
        if len(kept) == len(self._slots):
            raise UserError(_("{person} no tiene acceso a esta laptop.").format(person=person), place=person)
        if all(slot["kind"] == SlotKind.OFFICE for slot in kept):
            raise UserError(
                _("{person} es la única persona con acceso.").format(person=person),
                next_step=_("Dé acceso a otra persona antes de quitar este."),
                place=person,
            )
        self._write(key, kept)

    def _write(self, key: DatabaseKey, slots: list[dict[str, Any]]) -> None:
        content: dict[str, Any] = {"v": VERSION, "device": self.device, "slots": slots}
        mac = _mac(key, content)
        content["mac"] = mac
        content["sum"] = _sum(content)
        write_atomically(self.path, json.dumps(content, indent=1, sort_keys=True).encode() + b"\n")
        self._slots, self._mac = slots, mac

    def _authenticate(self, key: DatabaseKey) -> None:
        content = {"v": VERSION, "device": self.device, "slots": self._slots}
        if not hmac.compare_digest(_mac(key, content), self._mac):
            raise _altered(self.path)


def _passphrase_slot(key: DatabaseKey, person: str, passphrase: str) -> dict[str, Any]:
    slot: dict[str, Any] = {
        "kind": SlotKind.PASSPHRASE.value,
        "person": person,
        "kdf": "argon2id",
        "salt": _encode(secrets.token_bytes(16)),
        **_FLOOR,
    }
    nonce = secrets.token_bytes(12)
    wrapped = nonce + AESGCM(_stretch(slot, passphrase)).encrypt(nonce, key.reveal(), canonical.encode(slot))
    return slot | {"wrapped": _encode(wrapped)}


def _unwrap(slot: Mapping[str, Any], passphrase: str, path: Path) -> DatabaseKey | None:
    """The key of a passphrase slot, or None when the passphrase is another one."""
    parameters = {name: value for name, value in slot.items() if name != "wrapped"}
    if slot["kdf"] != "argon2id" or any(not _FLOOR[name] <= slot[name] <= _CEILING[name] for name in _FLOOR):
        raise Damaged(
            _("El archivo de llaves pide una protección que no es la debida."),
            safe=_("Los datos siguen cifrados y completos."),
            next_step=_("Devuelva la última copia buena de slots.json; la oficina puede ayudarle."),
            place=str(path),
            code="weak_slot",
        )
    wrapped = _decode(slot["wrapped"])
    try:
        return DatabaseKey(
            AESGCM(_stretch(slot, passphrase)).decrypt(wrapped[:12], wrapped[12:], canonical.encode(parameters))
        )
    except InvalidTag:
        return None


def _stretch(slot: Mapping[str, Any], passphrase: str) -> bytes:
    return Argon2id(
        salt=_decode(slot["salt"]),
        length=KEY_SIZE,
        iterations=slot["iterations"],
        lanes=slot["lanes"],
        memory_cost=slot["memory_kib"],
    ).derive(passphrases.prepared(passphrase))


def _office_slot(key: DatabaseKey, device: str, recovery_key: bytes) -> dict[str, Any]:
    public = X25519PublicKey.from_public_bytes(recovery_key)
    sealed = _SUITE.encrypt(key.reveal(), public, _office_info(device))
    return {"kind": SlotKind.OFFICE.value, "recovery_key": _encode(recovery_key), "sealed": _encode(sealed)}


def _office_info(device: str) -> bytes:
    return _OFFICE_INFO + b"/" + device.encode()


def _mac(key: DatabaseKey, content: Mapping[str, Any]) -> str:
    return hmac.new(key.derive("vault"), canonical.encode(content), hashlib.sha256).hexdigest()


def _sum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical.encode(content)).hexdigest()


def _parse(data: bytes, path: Path) -> dict[str, Any]:
    """The content of a slots file whose form and sum are right."""
    try:
        content = json.loads(data)
        if not isinstance(content, dict) or len(data) > MAX_FILE:
            raise _altered(path)
        given = content.pop("sum", None)
        if _sum(content) != given:
            raise _altered(path)
    except (ValueError, RecursionError, Damaged) as error:
        raise _altered(path) from error
    if content["v"] != VERSION:
        raise StoreProblem(
            _("El archivo de llaves es de una versión posterior del programa."),
            next_step=_("Actualice el programa en esta laptop."),
            place=str(path),
            code="newer_vault",
        )
    if not _well_formed(content):
        raise _altered(path)
    return content


_TEXTS: Mapping[str, tuple[str, ...]] = {
    SlotKind.PASSPHRASE: ("person", "kdf", "salt", "wrapped"),
    SlotKind.CARD: ("person",),
    SlotKind.OFFICE: ("recovery_key", "sealed"),
}


def _well_formed(content: Mapping[str, Any]) -> bool:
    slots = content.get("slots")
    if not (isinstance(slots, list) and isinstance(content.get("device"), str) and isinstance(content["mac"], str)):
        return False
    for slot in slots:
        texts = _TEXTS.get(str(slot.get("kind"))) if isinstance(slot, dict) else None
        if texts is None or not all(isinstance(slot.get(name), str) for name in texts):
            return False
        if slot["kind"] == SlotKind.PASSPHRASE and not all(type(slot.get(name)) is int for name in _FLOOR):
            return False
    return len(slots) <= MAX_SLOTS


def _missing(path: Path) -> StoreProblem:
    return StoreProblem(
        _("Falta el archivo de llaves de esta laptop."),
        safe=_("Si ya se usaba, los datos siguen cifrados en su lugar."),
        next_step=_("Devuelva slots.json a su carpeta; si la laptop es nueva, inscríbala con «itinerant enrol»."),
        place=str(path),
        code="no_vault",
    )


def _altered(path: Path) -> Damaged:
    return Damaged(
        _("El archivo de llaves está dañado o alguien lo cambió."),
        safe=_("Los datos siguen cifrados y completos."),
        next_step=_("Devuelva la última copia buena de slots.json; la oficina puede ayudarle."),
        place=str(path),
        code="vault",
    )


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Damaged(_("El archivo de llaves está dañado o alguien lo cambió."), code="vault") from error
