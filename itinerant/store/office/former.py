"""The logs that this laptop kept under codes that it no longer has: read only, still one chain each.

* What entered the office's ledger stays among the changes, under its old number. What did not is here, with the number
  that it has now.
* A former log is whole: both together follow from its first change to the head that it had.
* What is here is erased once a receipt covers what became of it and the retention has passed; its hashes stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from itinerant.log.chain import Head
from itinerant.store.disk import meta
from itinerant.store.disk.database import ask, do_many
from itinerant.store.journal import Own, broken, follow_stored

_LOGS = "formers"
_PUT = "INSERT OR IGNORE INTO former SELECT device, seq, hash, body, ? FROM change WHERE device = ? AND seq = ?"
_WALK = (
    "SELECT seq, hash, body FROM former WHERE device = ?1 UNION ALL SELECT seq, hash, body FROM change"
    " WHERE device = ?1 AND seq <= ?2 AND seq NOT IN (SELECT seq FROM former WHERE device = ?1) ORDER BY seq"
)


@dataclass(frozen=True, slots=True)
class FormerHead:
    """A former log: its code, its head, the raw signing key it had (base64url), and its last change that this laptop's
    next log holds again: number `again` there."""

    device: str
    seq: int
    hash: str
    sign_key: str
    again: int


def logs(connection: Connection) -> list[FormerHead]:
    """The former logs, the oldest first."""
    found = meta.load(connection, _LOGS) or {"logs": []}
    return [FormerHead(**one) for one in found["logs"]]


def add(connection: Connection, log: FormerHead) -> None:
    """Remember another one."""
    meta.save(connection, _LOGS, {"logs": [asdict(one) for one in (*logs(connection), log)]})


def put_away(connection: Connection, device: str, became: Sequence[tuple[int, str]]) -> None:
    """Take changes out of the log that counts: (number, the number that it has now, empty for none)."""
    do_many(connection, _PUT, [(now, device, seq) for seq, now in became])
    do_many(connection, "DELETE FROM change WHERE device = ? AND seq = ?", [(device, seq) for seq, _now in became])


def renumbered(connection: Connection) -> Iterator[tuple[str, str]]:
    """Old and new number of every change that has another one now."""
    for device, seq, became in ask(
        connection, "SELECT device, seq, became FROM former WHERE became <> '' ORDER BY rowid"
    ):
        yield f"{device}-{seq}", became


def verify(connection: Connection) -> int:
    """Walk every former log and return how many changes they hold. Raises `Damaged` at the first that breaks it."""
    count = 0
    for log in logs(connection):
        head = follow_stored((Own(*row) for row in ask(connection, _WALK, log.device, log.seq)), log.device)
        if head != Head(log.seq, log.hash):
            raise broken(log.device, min(head.seq, log.seq) + 1)
        count += head.seq
    return count


def forget(connection: Connection, upto: int) -> None:
    """Erase the bodies of what is here, when the own log is received up to `upto` since long enough."""
    for log in logs(connection)[-1:]:
        if log.again <= upto:
            connection.exec_driver_sql("UPDATE former SET body = NULL WHERE body IS NOT NULL")
