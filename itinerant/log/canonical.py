"""Canonical bytes: RFC 8785 (JCS) narrowed to what a log needs, so that one value has one encoding.

* Objects with ASCII keys sorted, no spaces; strings in NFC; integers only, within ±(2^53 - 1); no floats.
* `decode` accepts only bytes that `encode` would have written.
* Hashes are those of a Merkle tree (RFC 9162 section 2.1.1): leaves and nodes can never be confused.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping

import orjson

from itinerant.domain.fields import MAX_INTEGER
from itinerant.errors import Damaged
from itinerant.texts import _

MAX_DEPTH = 4
HASH_SIZE = 32


def encode(value: object) -> bytes:
    """The canonical bytes of `value`. Raises `Damaged` for what has none (floats, lone surrogates, not NFC …)."""
    _inspect(value, MAX_DEPTH)
    return encode_trusted(value)


def encode_trusted(value: object) -> bytes:
    """`encode` for values that were already inspected: the same bytes without looking again."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def decode(data: bytes) -> object:
    """The value whose canonical bytes are `data`. Raises `Damaged` for any other bytes."""
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Damaged(_("Los bytes no son JSON válido.")) from error
    if encode(value) != data:
        raise Damaged(_("Los bytes no están en su forma canónica."))
    return value


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data), RFC 9162 section 2.1.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), RFC 9162 section 2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_canonical_text(text: str) -> bool:
    """Whether `text` may stand in canonical bytes: NFC, no lone surrogate."""
    if text.isascii():
        return True
    return unicodedata.is_normalized("NFC", text) and not any("\ud800" <= char <= "\udfff" for char in text)


def _inspect(value: object, depth: int) -> None:
    match value:
        case str():
            if not is_canonical_text(value):
                raise Damaged(_("Hay un texto que no está en forma NFC."))
        case bool() | None:
            pass
        case int():
            if not -MAX_INTEGER <= value <= MAX_INTEGER:
                raise Damaged(_("Hay un entero demasiado grande."))
        case list() | tuple() if depth:
            for item in value:
                _inspect(item, depth - 1)
        case Mapping() if depth:
            for key, item in value.items():
                if not (isinstance(key, str) and key.isascii()):
                    raise Damaged(_("Hay un nombre de campo que no es ASCII."))
                _inspect(item, depth - 1)
        case _:
            raise Damaged(_("Hay un valor que el registro no admite."))
