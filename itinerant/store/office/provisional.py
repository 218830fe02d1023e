"""Changes of the brigade's other laptops that came by stick, until the office's receipt brings them too.

* They count at once, like any change, and are remembered as provisional: their author's signature alone vouches for
  them.
* What the office says goes. A receipt that brings the same change confirms it; one with other bytes takes its place.
* Out of the records stay what the office set aside (erased here: the office has it, and a receipt brings it if it is
  released), what a revoked laptop wrote too late, and what this laptop itself would not have let pass (both kept: this
  may be the only copy).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from itinerant.domain import guard
from itinerant.domain.kinds import KINDS
from itinerant.log.canonical import leaf_hash
from itinerant.log.change import GENESIS, VERSION, Change, order
from itinerant.store import views
from itinerant.store.disk.database import ask, do_many
from itinerant.store.journal import Journal
from itinerant.store.reading import records
from itinerant.sync.standing import Standing

_PUT = "INSERT OR REPLACE INTO peer_change (device, seq, hash, counted, n, body) VALUES (?, ?, ?, ?, ?, ?)"
_KNOWN = (
    "SELECT device, seq, hash, counted FROM json_each(?) AS place CROSS JOIN peer_change"
    " ON device = json_extract(place.value, '$[0]') AND seq = json_extract(place.value, '$[1]')"
)
_NO_HEAD = "UPDATE peer SET head_seq = 0, head_hash = zeroblob(32) WHERE device = ?"
"""The log that came by stick is not the ledger's: its head is no measure of what comes next."""
_STORED = "SELECT n, amends, body FROM change WHERE device = ? AND seq = ?"


def leaf(change: Change) -> bytes:
    """The hash of a change of another device as it is kept here, without chain."""
    return leaf_hash(replace(change, prev=GENESIS).to_bytes())


class Rule:
    """Which changes of others do not count here, by what the office said last."""

    def __init__(self, standing: Standing | None) -> None:
        self._revoked: Mapping[str, int] = dict(standing.revoked) if standing else {}
        self._aside = standing.aside if standing else ()

    def is_aside(self, device: str, seq: int) -> bool:
        """Whether the office set it aside."""
        return any(run.device == device and run.first <= seq <= run.last for run in self._aside)

    def is_too_late(self, device: str, seq: int) -> bool:
        """Whether its laptop was revoked before it."""
        return seq > self._revoked.get(device, seq)


def is_unfit(change: Change) -> bool:
    """Whether a laptop would not have let its author save it: what the office will set aside.

    A later version's fields are let pass, as in a receipt: tables show those that they know.
    """
    kind = KINDS.get(change.kind)
    if kind is None or change.v > VERSION:
        return False
    problems = kind.problems(change.set, partial=not change.creates)
    return kind.office or any(problem.code != "unknown_field" for problem in problems)


def is_personal(change: Change) -> bool:
    """Whether the guard finds personal data in it."""
    kind = KINDS.get(change.kind)
    problems = kind.problems(change.set, partial=not change.creates) if kind else []
    return not guard.clean(change.why) or any(problem.code == "personal_data" for problem in problems)


class Kept(NamedTuple):
    """What became of changes that are new here: those that count, and those that are kept out of the records."""

    counted: Sequence[Change]
    out: Sequence[Change]


def keep(connection: Connection, journal: Journal, changes: Sequence[Change], rule: Rule) -> Kept:
    """Keep changes of one other laptop that are not here yet, without chain, within the caller's transaction."""
    out = [change for change in changes if _stays_out(change, rule)]
    left = {change.seq for change in out}
    counted = journal.receive(connection, [change for change in changes if change.seq not in left])
    bodies = {change.seq: None if _erased(change, rule) else change.to_bytes() for change in out}
    rows = [
        (change.device, change.seq, leaf(change), change.seq not in left, None, bodies.get(change.seq))
        for change in (*counted, *out)
    ]
    do_many(connection, _PUT, rows)
    return Kept(counted, out)


def confirm(connection: Connection, changes: Iterable[Change]) -> set[str]:
    """A receipt brings these: what was provisional is confirmed, or replaced. The kinds whose records were altered."""
    brought = {change.ref: change for change in changes}
    places = json.dumps([order(ref) for ref in brought])
    altered: set[str] = set()
    for device, seq, hashed, counted in list(ask(connection, _KNOWN, places)):
        change = replace(brought[f"{device}-{seq}"], prev=GENESIS)
        if counted and leaf(change) != hashed:
            altered |= _replace(connection, change)
            connection.exec_driver_sql(_NO_HEAD, (device,))
        connection.exec_driver_sql("DELETE FROM peer_change WHERE device = ? AND seq = ?", (device, seq))
    return altered


def settle(connection: Connection, journal: Journal, standing: Standing | None) -> set[str]:
    """Take out what no longer counts, put back what counts again. The kinds whose records were altered."""
    rule = Rule(standing)
    altered: set[str] = set()
    rows = "SELECT device, seq, counted, body FROM peer_change ORDER BY device, seq"
    for device, seq, counted, body in list(ask(connection, rows)):
        stays_out = rule.is_aside(device, seq) or rule.is_too_late(device, seq)
        if counted and stays_out:
            altered |= _take_out(connection, device, seq, erase=rule.is_aside(device, seq))
        elif not counted and body is not None:
            change = views.stored(body)
            if rule.is_aside(device, seq):
                connection.exec_driver_sql(
                    "UPDATE peer_change SET body = NULL WHERE device = ? AND seq = ?", (device, seq)
                )
            elif not _stays_out(change, rule):
                altered |= _put_back(connection, journal, change)
    return altered


def is_pending(connection: Connection, change: Change) -> bool:
    """Whether no receipt of the office brought it yet."""
    here = ask(connection, "SELECT 1 FROM peer_change WHERE device = ? AND seq = ?", change.device, change.seq)
    return next(iter(here), None) is not None


def _stays_out(change: Change, rule: Rule) -> bool:
    place = change.device, change.seq
    return rule.is_aside(*place) or rule.is_too_late(*place) or is_unfit(change) or is_personal(change)


def _erased(change: Change, rule: Rule) -> bool:
    """Whether not even its bytes stay here."""
    return rule.is_aside(change.device, change.seq) or is_personal(change)


def _take_out(connection: Connection, device: str, seq: int, *, erase: bool) -> set[str]:
    """Its place in the order of arrival stays taken: no later change may pass for it."""
    for n, amends, body in list(ask(connection, _STORED, device, seq)):
        ref = amends or f"{device}-{seq}"
        altered = set(_without(connection, ref))
        connection.exec_driver_sql("DELETE FROM change WHERE n = ?", (n,))
        views.renew(connection, ref)
        connection.exec_driver_sql(
            "UPDATE peer_change SET counted = 0, n = ?, body = ? WHERE device = ? AND seq = ?",
            (n, None if erase else body, device, seq),
        )
        return altered
    return set()


def _put_back(connection: Connection, journal: Journal, change: Change) -> set[str]:
    journal.receive(connection, [change])
    connection.exec_driver_sql(
        "UPDATE peer_change SET counted = 1, body = NULL WHERE device = ? AND seq = ?", (change.device, change.seq)
    )
    return {change.kind}


def _replace(connection: Connection, change: Change) -> set[str]:
    """Put the office's bytes where those of the stick are. A forgotten record stays forgotten."""
    altered: set[str] = {change.kind}
    for n, amends, body in list(ask(connection, _STORED, change.device, change.seq)):
        before = amends or change.ref
        altered.update(_without(connection, before))
        gone = body is None or (not change.creates and views.forgotten(connection, change.record))
        connection.exec_driver_sql(
            "UPDATE change SET amends = ?, hash = ?, body = ? WHERE n = ?",
            ("" if change.creates else change.record, leaf(change), None if gone else change.to_bytes(), n),
        )
        altered.update(_without(connection, change.record))
        for ref in {before, change.record}:
            views.renew(connection, ref)
    return altered


def _without(connection: Connection, ref: str) -> Iterator[str]:
    """Take a record's row away before its changes alter, for its key is its first change; its kind."""
    stored = records.get(connection, ref)
    if stored is not None:
        views.erase(connection, stored)
        yield stored.kind
