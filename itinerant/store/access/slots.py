"""A slot of the vault: a key pair; the database key is sealed to its public half, its private half is behind whatever
opens the slot.

* So a new database key can be sealed to everybody without anybody's passphrase.
* A person's private half is wrapped by their passphrase (`passphrase`); the office's never comes to the laptop
  (`office`). A card's slot (`card`) has the same public half and seals; its private half is wrapped by a key that the
  card alone makes of what the slot keeps under `card`, a random number to anybody else. One of another shape is kept
  and sealed like the rest, and opened not.
* Slots of the first version wrap the database key itself with the passphrase and have no `public`; they become the
  present kind when their person unlocks.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from itinerant.sync import wrapping
from itinerant.sync.recovery import vault_info

KEY_SIZE = 32
SEALED, NEXT = "sealed", "next"
"""The database key, and the one that will take its place, sealed to the slot."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

Slot = dict[str, Any]


class SlotKind(StrEnum):
    """What opens a slot."""

    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a kind of slot
    CARD = "card"
    OFFICE = "office"


_PUBLIC: Mapping[str, str] = {
    SlotKind.PASSPHRASE: "public",
    SlotKind.CARD: "public",
    SlotKind.OFFICE: "recovery_key",
}
_TEXTS: Mapping[str, tuple[str, ...]] = {
    SlotKind.PASSPHRASE: ("person", "kdf", "salt", "wrapped"),
    SlotKind.CARD: ("person", "public", SEALED),
    SlotKind.OFFICE: ("recovery_key", SEALED),
}


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

    @property
    def salt(self) -> bytes:
        """The first 16 bytes of the file that this key encrypts: they tell under which of two keys it is."""
        return self.derive("salt")[:16]

    def wipe(self) -> None:
        """Overwrite the key. Copies that the cipher made are freed, not overwritten: memory is not a safe place."""
        self._bytes[:] = bytes(KEY_SIZE)

    def __repr__(self) -> str:
        return "DatabaseKey(…)"


def for_passphrase(person: str, passphrase: str) -> Slot:
    """A slot that this passphrase opens; nothing is sealed to it yet."""
    slot: Slot = {"kind": SlotKind.PASSPHRASE.value, "person": person, **wrapping.parameters()}
    return _with_pair(slot, wrapping.stretch(slot, passphrase))


def for_card(person: str, kept: str, key: bytes) -> Slot:
    """A slot that a card opens: `key` (32 bytes) is what it makes of `kept`; nothing is sealed to it yet."""
    return _with_pair({"kind": SlotKind.CARD.value, "person": person, "card": kept}, key)


def for_office(recovery_key: bytes) -> Slot:
    """A slot that only the office's recovery opens. `recovery_key`: its raw public key."""
    return {"kind": SlotKind.OFFICE.value, "recovery_key": wrapping.encode(recovery_key)}


def sealed(slot: Slot, key: DatabaseKey, device: str, name: str = SEALED) -> Slot:
    """The slot with the database key sealed to it under `name`."""
    public = X25519PublicKey.from_public_bytes(wrapping.decode(slot[_PUBLIC[slot["kind"]]]))
    return slot | {name: wrapping.encode(_SUITE.encrypt(key.reveal(), public, _info(slot, device)))}


def is_first_version(slot: Slot) -> bool:
    """Whether the slot has no pair yet, so that nothing can be sealed to it."""
    return _PUBLIC[slot["kind"]] not in slot


def open_slot(slot: Slot, passphrase: str, device: str) -> tuple[Slot, DatabaseKey, DatabaseKey | None] | None:
    """The slot as it is to be kept, the database key, and the one that follows it if there is one; None for another
    passphrase. One Argon2id. Raises `Damaged` for parameters that are not the due ones, or a seal that is ruined."""
    stretched = wrapping.stretch(slot, passphrase)
    if is_first_version(slot):
        bound = {name: value for name, value in slot.items() if name != "wrapped"}
        found = wrapping.unwrap(stretched, slot["wrapped"], bound)
        return (_with_pair(bound, stretched), DatabaseKey(found), None) if found else None
    return open_with(slot, stretched, device)


def open_with(slot: Slot, opener: bytes, device: str) -> tuple[Slot, DatabaseKey, DatabaseKey | None] | None:
    """As `open_slot`, with the 32 bytes that wrap the private half."""
    raw = wrapping.unwrap(opener, slot["wrapped"], _bound(slot))
    if raw is None:
        return None
    private = X25519PrivateKey.from_private_bytes(raw)
    key = unseal(slot, private, device)
    return (slot, key, unseal(slot, private, device, NEXT) if NEXT in slot else None) if key else None


def unseal(slot: Slot, private: X25519PrivateKey, device: str, name: str = SEALED) -> DatabaseKey | None:
    """The database key that was sealed to the slot, or None when it was sealed to another key or for another laptop."""
    try:
        return DatabaseKey(_SUITE.decrypt(wrapping.decode(slot[name]), private, _info(slot, device)))
    except (InvalidTag, ValueError):
        return None


def kept_for_card(slot: Slot) -> str | None:
    """What the card has to make a key of; None for a slot that no card of this version opens."""
    kept = slot.get("card") if slot["kind"] == SlotKind.CARD else None
    return kept if isinstance(kept, str) and isinstance(slot.get("wrapped"), str) else None


def well_formed(slot: object) -> bool:
    """Whether a slot that was read has all that its kind needs."""
    if not isinstance(slot, dict):
        return False
    texts = _TEXTS.get(str(slot.get("kind")))
    if texts is None or not all(isinstance(slot.get(name), str) for name in texts):
        return False
    if not all(isinstance(slot[name], str) for name in (NEXT, SEALED, "public") if name in slot):
        return False
    if "public" in slot and SEALED not in slot:
        return False
    return slot["kind"] != SlotKind.PASSPHRASE or wrapping.well_formed(slot)


def _with_pair(slot: Slot, stretched: bytes) -> Slot:
    private = X25519PrivateKey.generate()
    bound = slot | {"public": wrapping.encode(private.public_key().public_bytes_raw())}
    return bound | {"wrapped": wrapping.wrap(stretched, private.private_bytes_raw(), bound)}


def _bound(slot: Slot) -> Slot:
    return {name: value for name, value in slot.items() if name not in ("wrapped", SEALED, NEXT)}


def _info(slot: Slot, device: str) -> bytes:
    if slot["kind"] == SlotKind.OFFICE:
        return vault_info(device)
    return f"itinerant/vault/person/2/{device}/{slot['person']}".encode()
