"""A secret behind a passphrase: Argon2id makes a key of the passphrase, AES-256-GCM wraps the secret with it.

* The wrapping covers what it is bound to (the parameters among it): altered, it opens nothing.
* Parameters below the floor are refused before they are used, so that nobody weakens a file; above the ceiling too, so
  that nobody makes a laptop compute for ever.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from itinerant.domain import passphrases
from itinerant.errors import Damaged
from itinerant.log import canonical
from itinerant.texts import _

KEY_SIZE = 32
KDF = "argon2id"
FLOOR: Mapping[str, int] = {"memory_kib": 64 * 1024, "iterations": 3, "lanes": 4}
"""What every wrapping is made with."""
CEILING: Mapping[str, int] = {"memory_kib": 4 * 1024 * 1024, "iterations": 64, "lanes": 64}
_NONCE = 12
_SALT = 16


def parameters() -> dict[str, Any]:
    """Parameters of a new wrapping, with a salt of its own."""
    return {"kdf": KDF, "salt": encode(secrets.token_bytes(_SALT)), **FLOOR}


def well_formed(value: Mapping[str, Any]) -> bool:
    """Whether a mapping has parameters of the right types; their bounds are `stretch`'s to refuse."""
    texts = all(isinstance(value.get(name), str) for name in ("kdf", "salt"))
    return texts and all(type(value.get(name)) is int for name in FLOOR)


def stretch(value: Mapping[str, Any], passphrase: str) -> bytes:
    """The key that a passphrase makes: a fifth of a second. Raises `Damaged` (`weak_slot`) for other parameters."""
    if value["kdf"] != KDF or any(not FLOOR[name] <= value[name] <= CEILING[name] for name in FLOOR):
        raise Damaged(
            _("El archivo de llaves pide una protección que no es la debida."),
            safe=_("Los datos siguen cifrados y completos."),
            next_step=_("Devuelva la última copia buena del archivo de llaves; la oficina puede ayudarle."),
            code="weak_slot",
        )
    return Argon2id(
        salt=decode(value["salt"]),
        length=KEY_SIZE,
        iterations=value["iterations"],
        lanes=value["lanes"],
        memory_cost=value["memory_kib"],
    ).derive(passphrases.prepared(passphrase))


def wrap(key: bytes, secret: bytes, bound: Mapping[str, Any]) -> str:
    """The secret under `key`, bound to `bound`."""
    nonce = secrets.token_bytes(_NONCE)
    return encode(nonce + AESGCM(key).encrypt(nonce, secret, canonical.encode(bound)))


def unwrap(key: bytes, wrapped: str, bound: Mapping[str, Any]) -> bytes | None:
    """What `wrap` was given, or None for another key or other bounds."""
    data = decode(wrapped)
    try:
        return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], canonical.encode(bound))
    except (InvalidTag, ValueError):  # ValueError: too short to hold anything
        return None


def encode(data: bytes) -> str:
    """Base64, as files of keys hold bytes."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """What `encode` was given. Raises `Damaged`."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Damaged(_("El archivo de llaves está dañado o alguien lo cambió."), code="vault") from error
