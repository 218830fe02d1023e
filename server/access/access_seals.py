"""The access log in the ledger: a digest of it every day, as a change of the office that exports carry.

* Each entry is hashed on top of those before it; a seal says up to which entry, and the hash there. What was altered,
  removed or put in between before a seal no longer gives its digest, and the seal cannot be altered: it is a leaf.
* Entries of the last hour wait for the next seal: a slow transaction may still bring one with an earlier number.
* Until the next seal (a day at most, when somebody enters) the newest entries are held by the database alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import orjson
from sqlalchemy import Connection, select

from itinerant.domain.fields import Value
from itinerant.domain.people import CENTRAL
from itinerant.log.change import Draft
from itinerant.sync.keys import decode, encode
from server import central, ledger, records
from server.office import Office
from server.tables import RECORDS, AccessRow, ChangeRow, table

KIND = "access_seal"
EVERY_MS = 24 * 3_600_000
SETTLED_MS = 3_600_000
BY = "admin"
_START = (-(2**62), bytes(32))
"""Before any entry, whatever number somebody gave one."""
_NOBODY = CENTRAL
"""Scope of the seals: no brigade is called so, and no laptop needs them."""
_PAGE = 5_000

_access = table(AccessRow)
_change = table(ChangeRow)
_seal = RECORDS[KIND]


def seal_if_due(office: Office) -> bool:
    """Seal what came since the last seal, when that is a day old; whether one was made."""
    settled = office.now_ms() - SETTLED_MS
    with office.database.reader() as connection:
        if not _due(office, connection, settled):
            return False
    with office.database.writer() as connection:
        ledger.lock(connection)
        if not _due(office, connection, settled):
            return False  # another process was faster
        until, digest = _last(connection)
        for entry, at, made in _chain(connection, until, digest):
            if at > settled:
                break
            until, digest = entry, made
        values: dict[str, Value] = {"until": until, "digest": encode(digest)}
        central.write(connection, office, [Draft(KIND, central.checked(KIND, values))], by=BY, scope=_NOBODY)
    return True


def altered(connection: Connection) -> str:
    """Between which entries the log is not what the ledger holds; empty when it is. Reads all of it."""
    mine = (_change.c.device == CENTRAL) & (_change.c.kind == KIND)
    rows = connection.execute(select(_change.c.data).where(mine).order_by(_change.c.seq))
    seals = {
        int(str(values["until"])): str(values["digest"]) for values in (records.stored(row.data).set for row in rows)
    }
    sealed = 0
    for entry, _at, digest in _chain(connection, *_START):
        if entry in seals:
            if seals.pop(entry) != encode(digest):
                return f"{sealed + 1}–{entry}"
            sealed = entry
    return f"{sealed + 1}–{min(seals)}" if seals else ""


def _due(office: Office, connection: Connection, settled: int) -> bool:
    until, _digest = _last(connection)
    sealed_at = connection.scalar(select(_seal.c.made_at).where(_seal.c.until == until)) or 0
    if sealed_at > office.now_ms() - EVERY_MS:
        return False
    first = connection.scalar(select(_access.c.at).where(_access.c.id > until).order_by(_access.c.id).limit(1))
    return first is not None and first <= settled


def _last(connection: Connection) -> tuple[int, bytes]:
    row = connection.execute(select(_seal.c.until, _seal.c.digest).order_by(_seal.c.until.desc()).limit(1)).first()
    return _START if row is None else (row.until, decode(row.digest))


def _chain(connection: Connection, after: int, digest: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, instant and running hash of each entry after one."""
    while rows := connection.execute(
        select(_access).where(_access.c.id > after).order_by(_access.c.id).limit(_PAGE)
    ).all():
        for row in rows:
            text = orjson.dumps([row.id, row.at, row.account, row.action, row.subject, row.why])
            digest = hashlib.sha256(digest + text).digest()
            after = row.id
            yield row.id, row.at, digest
