"""Tests that are not about Argon2id pay for it once a slot, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from itinerant.sync import wrapping

_STRETCH = wrapping.stretch


def instead(value: Mapping[str, Any], passphrase: str) -> bytes:
    """A plain hash in the place of `wrapping.stretch`, where every slot is made by the test itself."""
    return hashlib.sha256(f"{value['salt']} {passphrase}".encode()).digest()


def remembered(value: Mapping[str, Any], passphrase: str) -> bytes:
    """`wrapping.stretch` with a memory, where homes are copies of one another."""
    return _stretched(json.dumps(dict(value), sort_keys=True), passphrase)


@cache
def _stretched(value: str, passphrase: str) -> bytes:
    return _STRETCH(json.loads(value), passphrase)
