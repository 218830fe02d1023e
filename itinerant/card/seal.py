"""A key that only a card opens: RSA-KEM (ISO/IEC 18033-2) or ephemeral ECDH, then HKDF.

* What is kept is a random number as the card's key sees it: no key, certificate, serial or thumbprint of the card.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from itinerant.card.piv import PublicKey

_MOST = 1_024


def seal(public: PublicKey) -> tuple[str, bytes]:
    """What is kept, and the 32-byte key that the card makes of it."""
    if isinstance(public, rsa.RSAPublicKey):
        numbers, size = public.public_numbers(), public.key_size // 8
        secret = secrets.randbelow(numbers.n - 2) + 2
        sealed = pow(secret, numbers.e, numbers.n).to_bytes(size, "big")
        return _text(sealed), _key(secret.to_bytes(size, "big"), sealed)
    mine = ec.generate_private_key(public.curve)
    sealed = mine.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return _text(sealed), _key(mine.exchange(ec.ECDH(), public), sealed)


def unseal(kept: str, public: PublicKey, opens: Callable[[bytes], bytes]) -> bytes | None:
    """The key that was sealed; `opens` is the card's operation. None for what was sealed to another kind of key."""
    try:
        sealed = base64.b64decode(kept, validate=True)
    except ValueError:  # not base64, or not even ASCII
        return None
    size = public.key_size // 8
    if len(sealed) > _MOST:
        return None
    if isinstance(public, rsa.RSAPublicKey):
        if len(sealed) != size or int.from_bytes(sealed, "big") >= public.public_numbers().n:
            return None
    elif len(sealed) != 2 * size + 1:
        return None
    return _key(opens(sealed).rjust(size, b"\x00"), sealed)


def _key(secret: bytes, sealed: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"itinerant/card/1" + sealed).derive(secret)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
