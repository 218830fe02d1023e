"""HPKE base mode (RFC 9180) for our one suite, written from the RFC: what the library's one is compared with.

Single messages only. `labeled_*`, `key_schedule` and names follow sections 4 and 5 of the RFC.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEM_SUITE = b"KEM" + (0x0020).to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + (0x0020).to_bytes(2, "big") + (0x0001).to_bytes(2, "big") + (0x0002).to_bytes(2, "big")


def labeled_extract(suite, salt, label, ikm):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def labeled_expand(suite, prk, label, info, length):
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.digest(prk, block + info + bytes([counter]), hashlib.sha256)
        output += block
        counter += 1
    return output[:length]


def shared_secret(dh, enc, public):
    eae_prk = labeled_extract(KEM_SUITE, b"", b"eae_prk", dh)
    return labeled_expand(KEM_SUITE, eae_prk, b"shared_secret", enc + public, 32)


def key_schedule(secret, info):
    psk_id_hash = labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", b"")
    info_hash = labeled_extract(HPKE_SUITE, b"", b"info_hash", info)
    context = b"\x00" + psk_id_hash + info_hash
    prk = labeled_extract(HPKE_SUITE, secret, b"secret", b"")
    return (
        labeled_expand(HPKE_SUITE, prk, b"key", context, 32),
        labeled_expand(HPKE_SUITE, prk, b"base_nonce", context, 12),
    )


def seal(plaintext, public, info, *, ephemeral, aad=b""):
    """`enc ‖ ciphertext`, with a given ephemeral private key (raw)."""
    own = X25519PrivateKey.from_private_bytes(ephemeral)
    enc = own.public_key().public_bytes_raw()
    dh = own.exchange(X25519PublicKey.from_public_bytes(public))
    key, nonce = key_schedule(shared_secret(dh, enc, public), info)
    return enc + AESGCM(key).encrypt(nonce, plaintext, aad)


def open_sealed(sealed, private, info, aad=b""):
    own = X25519PrivateKey.from_private_bytes(private)
    dh = own.exchange(X25519PublicKey.from_public_bytes(sealed[:32]))
    key, nonce = key_schedule(shared_secret(dh, sealed[:32], own.public_key().public_bytes_raw()), info)
    return AESGCM(key).decrypt(nonce, sealed[32:], aad)
