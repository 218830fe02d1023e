"""Argon2id paid once a slot and passphrase: what it answers is not altered, and commands come one after the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from itinerant.sync import wrapping

_STRETCH = wrapping.stretch


def remembered(value: Mapping[str, Any], passphrase: str) -> bytes:
    """`wrapping.stretch`, with a memory."""
    return _stretched(json.dumps(dict(value), sort_keys=True), passphrase)


@cache
def _stretched(value: str, passphrase: str) -> bytes:
    return _STRETCH(json.loads(value), passphrase)
