"""Keys: a pair to sign (Ed25519, RFC 8032) and a pair to open what is sealed to one (X25519, RFC 7748).

* Raw keys are 32 bytes; in JSON they are base64url without padding (43 characters).
* No `repr` shows a secret.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from itinerant.errors import Damaged
from itinerant.texts import _

KEY_SIZE = 32


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: object, size: int = KEY_SIZE, *, place: str = "") -> bytes:
    """The `size` bytes that `text` is the base64url of. Raises `Damaged` for anything else, non-canonical bits too."""
    if isinstance(text, str) and len(text) == -(-size * 4 // 3) and text.isascii():
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            raw = b""
        if len(raw) == size and encode(raw) == text:
            return raw
    raise Damaged(_("Una llave o un hash no tiene la forma debida."), place=place)


SealKeys = X25519PrivateKey | Sequence[X25519PrivateKey]
"""A private key that opens seals, or several of which any may: an office keeps its former ones."""


def each(private: SealKeys) -> Sequence[X25519PrivateKey]:
    """The keys, one or several."""
    return private if isinstance(private, Sequence) else (private,)


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What others know of a laptop or an office: raw public keys, 32 bytes each."""

    sign: bytes
    seal: bytes


@dataclass(frozen=True, slots=True, repr=False)
class DeviceKeys:
    """A laptop's private keys. They live inside its encrypted database only."""

    sign: Ed25519PrivateKey
    seal: X25519PrivateKey

    @classmethod
    def generate(cls) -> Self:
        """Fresh keys from the system's generator."""
        return cls(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """The keys that `to_bytes` wrote: 64 bytes, signing first."""
        if len(raw) != 2 * KEY_SIZE:
            raise Damaged(_("Las llaves de esta laptop no tienen el tamaño debido."))
        return cls(
            Ed25519PrivateKey.from_private_bytes(raw[:KEY_SIZE]),
            X25519PrivateKey.from_private_bytes(raw[KEY_SIZE:]),
        )

    def to_bytes(self) -> bytes:
        """64 secret bytes: keep them in the vault's database and nowhere else."""
        return self.sign.private_bytes_raw() + self.seal.private_bytes_raw()

    @property
    def public(self) -> PublicKeys:
        """The public halves."""
        return PublicKeys(self.sign.public_key().public_bytes_raw(), self.seal.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return "DeviceKeys(…)"
