"""Every bound that untrusted bytes meet, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what is read; whoever writes stays far inside them. Sizes in bytes."""

    envelope: int = 1 << 20
    """A whole parcel or receipt."""
    header: int = 1024
    """Its header."""
    window: int = 1 << 21
    """History that decompression may ask for."""
    plain: int = 8 << 20
    """The body once decompressed, and at most `ratio` times its compressed size beyond `free`."""
    ratio: int = 100
    free: int = 64 << 10
    preamble: int = 1 << 20
    """The JSON in front of the columns."""
    changes: int = 10_000
    tables: int = 1_000
    items: int = 100_000
    """Elements of all lists together."""
    canonical: int = 16 << 20
    """Canonical bytes of all changes together."""


LIMITS = Limits()
