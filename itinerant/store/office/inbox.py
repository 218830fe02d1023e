"""What a verified receipt brings: all of it is kept in one transaction, and twice is the same as once.

* A receipt speaks of this log only if its hash at that number is ours; otherwise somebody else writes under our code.
* The changes of others are merged whenever they arrive; cursors only go forward, unless the receipt answers the parcel
  that was sent in this very exchange (an office that was restored from a copy may ask for more again).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from itinerant.errors import Damaged
from itinerant.log.chain import Head
from itinerant.log.change import Change
from itinerant.store.disk import meta
from itinerant.store.disk.meta import SyncState
from itinerant.store.journal import Journal
from itinerant.store.office import notices, provisional, withdrawal
from itinerant.sync.receipt import Receipt
from itinerant.texts import _


@dataclass(frozen=True, slots=True)
class Applied:
    """What a receipt altered: the changes of others that were new, the sync state after it, and the kinds of which
    some record came by stick and is no longer as it came."""

    changes: Sequence[Change]
    state: SyncState
    altered: Set[str] = frozenset()


def check(receipt: Receipt, ours: Head | None) -> None:
    """Raise `Damaged` unless the receipt's head is `ours`, the own head at that number (None: never came that far)."""
    if ours == receipt.header.head:
        return
    raise Damaged(
        _("La oficina tiene otros cambios con el código de esta laptop."),
        safe=_("Nada se perdió ni se cambió: lo de aquí sigue aquí, y la oficina guarda ambos."),
        next_step=_("Pida a la oficina inscribir esta laptop con un código nuevo."),
        place=f"{receipt.header.to}-{receipt.header.head.seq}",
        code="restored" if ours is None else "fork",
    )


def apply(connection: Connection, journal: Journal, receipt: Receipt, now_ms: int, *, answers: bool) -> Applied:
    """Keep what the receipt brings. `now_ms`: the laptop's clock, compared with the office's when it `answers`."""
    header = receipt.header
    before = meta.load_sync(connection)
    known = meta.load_standing(connection)
    told = receipt.standing if receipt.standing is not None and _is_news(before, receipt) else None
    changes = withdrawal.without(receipt.changes, told or known)
    altered = provisional.confirm(connection, changes)
    fresh = journal.receive(connection, changes)
    notices.note_changes(connection, journal.device, fresh, now_ms)
    if told is not None:
        notices.note_standing(connection, journal.device, known, told, now_ms)
        meta.save_standing(connection, told)
        altered |= provisional.settle(connection, journal, told)
        altered |= withdrawal.withdraw(connection, told)
    notices.note_open(connection, journal.device, now_ms)
    state = replace(
        before,
        received_upto=header.head.seq if answers else max(before.received_upto, header.head.seq),
        have=_cursor(before, receipt, answers=answers),
        last_receipt_at=header.at if answers else max(before.last_receipt_at or header.at, header.at),
        office_reads=receipt.reads if answers or header.at >= (before.last_receipt_at or 0) else before.office_reads,
    )
    if answers:
        state = replace(state, clock_skew_ms=now_ms - header.at, last_error="", attempts=0, next_try_at=None)
    back = withdrawal.back_to(known, told)
    if back is not None or (answers and header.since < before.have):  # or it is shorter than what was pulled of it
        have = state.have if back is None else min(state.have, back)
        state = replace(state, have=have, office_back_at=header.at)
        notices.note_office_back(connection, min(have, header.since), now_ms)
    meta.save_sync(connection, state)
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO receipt SELECT ?, coalesce(max(n), 0), ? FROM change", (header.head.seq, header.at)
    )
    return Applied(fresh, state, altered)


def _is_news(before: SyncState, receipt: Receipt) -> bool:
    """Whether the standing is not older than what is known: a stick may bring last week's receipt after today's."""
    return before.last_receipt_at is None or receipt.header.at >= before.last_receipt_at


def _cursor(before: SyncState, receipt: Receipt, *, answers: bool) -> int:
    """How far the office's ledger was pulled; a receipt that begins after that would leave a hole behind it."""
    header = receipt.header
    if answers and header.have < before.have:
        return header.have
    return max(before.have, header.have) if header.since <= before.have else before.have
