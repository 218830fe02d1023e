"""The office's present keys, as the log says: each step is vouched for by the key before, so any copy of it will do.

Followed after every receipt and when the home is opened: a program that did not know of such steps kept them.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from itinerant.store.disk import meta
from itinerant.store.disk.database import ask
from itinerant.store.identity import Identity
from itinerant.sync.rotation import KIND, Rotation

_COLUMNS = ("number", "sign_key", "seal_key", "size", "former_r", "former_s", "own_r", "own_s")
_AFTER = f"SELECT {', '.join(_COLUMNS)} FROM record_{KIND} WHERE number > ? ORDER BY number"  # noqa: S608 - constants


def follow(connection: Connection, identity: Identity) -> Identity:
    """The laptop's identity with the office's present keys, kept when they are others than it knew."""
    rows = list(ask(connection, _AFTER, identity.office.number))
    if not rows:
        return identity
    origin = identity.office.vkey.partition("+")[0]
    steps = [Rotation.from_values(origin, dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    office = identity.office.after(steps)
    if office == identity.office:
        return identity
    known = replace(identity, office=office)
    meta.save(connection, meta.IDENTITY, known.as_dict())
    return known
