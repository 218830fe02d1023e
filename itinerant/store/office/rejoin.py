"""The laptop takes a new code, because its log was copied or went back: guided by the office, in one transaction.

* `begin` keeps the new keys before anybody hears of them. From then on nothing is sent of what came after the log that
  the request names: that part is nobody's but ours to enter again.
* `finish` takes the office's answer: what never entered the ledger is written again as changes of the new code, with
  author, clock and reason as they were, and references in them follow. The rest keeps its numbers.
* A cut anywhere costs nothing: the same file goes on with the same keys, and the transaction is whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from itinerant.domain.fields import Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.log.chain import START, Head, Link
from itinerant.log.change import Change
from itinerant.store import views
from itinerant.store.disk import meta
from itinerant.store.disk.database import ask
from itinerant.store.disk.epoch import EpochFile
from itinerant.store.disk.meta import SyncState
from itinerant.store.identity import Identity
from itinerant.store.journal import Journal, keep
from itinerant.store.office import former, inbox, witness
from itinerant.store.office.former import FormerHead
from itinerant.store.opening import Opened
from itinerant.sync import keys
from itinerant.sync.enrolment import Invitation
from itinerant.sync.former import Former, FormerLog
from itinerant.sync.keys import DeviceKeys
from itinerant.sync.receipt import Receipt
from itinerant.texts import _

_PENDING = "rejoin"
_OWN = "SELECT seq, body FROM change WHERE device = ? ORDER BY seq"


@dataclass(frozen=True, slots=True)
class Pending:
    """A new code that was asked for: who the laptop will be, and the log that the request names."""

    identity: Identity
    former: FormerLog


@dataclass(frozen=True, slots=True)
class Rejoined:
    """What became of the log: numbers by old number, changes that could not be entered again because their content was
    erased, and the new code."""

    device: str
    renumbered: Mapping[str, str]
    lost: int


class Rejoining:
    """The way to a new code, on an unlocked laptop."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    @property
    def pending(self) -> Pending | None:
        """What was asked for and not answered yet."""
        with self._opened.database.reader() as connection:
            return _load(connection)

    def within(self, links: Sequence[Link]) -> Sequence[Link]:
        """The links that may still travel under the present code."""
        pending = self.pending if links else None
        return links if pending is None else [link for link in links if link.change.seq <= pending.former.head.seq]

    def check(self, invitation: Invitation) -> None:
        """Raise `UserError` for a file that is another laptop's or another office's."""
        identity = self._opened.identity
        office = identity.office.after(invitation.rotations)
        if invitation.replaces != identity.device or invitation.office.sign_key != office.sign_key:
            step = _("Pida a la oficina uno que la reemplace: «enrol-code --replaces {device}».")
            raise UserError(
                _("El archivo no es para la laptop {device}.").format(device=identity.device),
                next_step=step.format(device=identity.device),
                code="invitation",
            )

    def begin(self, invitation: Invitation) -> Pending:
        """Keep new keys for the code of `invitation`, or find those that an earlier try made; the log that the request
        names is brought up to date.

        Raises `UserError` for a file that is another laptop's or another office's.
        """
        self._opened.allow_writing()
        self.check(invitation)
        identity = self._opened.identity
        journal = self._opened.journal
        with self._opened.database.writer() as connection:
            before = _load(connection)
            same = before is not None and before.identity.device == invitation.device
            new = Identity(
                device=invitation.device,
                brigade=invitation.brigade,
                url=invitation.url,
                keys=before.identity.keys if before is not None and same else DeviceKeys.generate(),
                office=invitation.office,
            )
            state = meta.load_sync(connection)
            pending = Pending(new, FormerLog(identity.device, _sendable(journal, state.received_upto), state.have))
            meta.save(connection, _PENDING, {"identity": new.as_dict(), "former": pending.former.as_dict()})
        return pending

    def finish(self, receipt: Receipt, now_ms: int, *, answers: bool) -> Rejoined:
        """Become the new laptop, as the office's verified answer says. Whoever calls closes the home and opens it
        again. `now_ms`: the laptop's clock.

        Raises `UserError` when nothing was asked for, or this is no answer to it.
        """
        self._opened.allow_writing()
        opened = self._opened
        told = receipt.former
        with opened.database.writer() as connection:
            pending = _load(connection)
            if pending is None or told is None or told.device != opened.identity.device:
                raise UserError(_("La respuesta no es para esta laptop."), code="enrolment")
            new = Journal(opened.database, pending.identity.device, verify=False)
            done = _switch(connection, opened, pending, told)
            meta.save_sync(connection, _fresh(meta.load_sync(connection), receipt))
            for name in (_PENDING, meta.STANDING):
                connection.exec_driver_sql("DELETE FROM meta WHERE name = ?", (name,))
            connection.exec_driver_sql("DELETE FROM receipt")
            witness.change_name(connection)
            meta.save(connection, meta.IDENTITY, pending.identity.as_dict())
            views.rebuild(connection)
            inbox.apply(connection, new, receipt, now_ms, answers=answers)
        opened.epoch.close()
        opened.identity, opened.journal = pending.identity, new
        opened.epoch = EpochFile(opened.home.epoch, opened.home.database, new.device)
        opened.epoch.write(new.head)
        return done


def _load(connection: Connection) -> Pending | None:
    found = meta.load(connection, _PENDING)
    if found is None:
        return None
    return Pending(Identity.from_dict(found["identity"]), FormerLog.from_dict(found["former"]))


def _sendable(journal: Journal, received_upto: int) -> Head:
    """The head that the office can have: ours, or the last received one when what follows was erased here."""
    head = journal.head
    if head.seq > received_upto and not journal.since(received_upto, 1):
        return journal.head_at(received_upto) or START
    return head


def _switch(connection: Connection, opened: Opened, pending: Pending, told: Former) -> Rejoined:
    """Move what is not in the ledger to the former log, and write it again under the new code."""
    old, code = opened.identity.device, pending.identity.device
    head = opened.journal.head
    numbers = _numbers(told)
    again: list[Change] = []
    became: dict[int, str] = {}
    lost = 0
    for seq, body in list(ask(connection, _OWN, old)):
        device, number = numbers.get(seq, (code if seq > told.upto else old, seq))
        if device == code and body is not None:
            again.append(views.stored(body))
            became[seq] = f"{code}-{len(again)}"
        elif device == code:
            lost += 1
            became[seq] = ""
        elif device != old:
            became[seq] = f"{device}-{number}" if device else ""
    now = {f"{old}-{seq}": ref for seq, ref in became.items() if ref}
    links = list(_again(again, code, now))
    former.put_away(connection, old, list(became.items()))
    sign_key = keys.encode(opened.identity.keys.public.sign)
    former.add(connection, FormerHead(old, head.seq, head.hash, sign_key, len(links)))
    keep(connection, links)
    return Rejoined(code, now, lost)


def _numbers(told: Former) -> dict[int, tuple[str, int]]:
    """The new code and number of each former number that has another place."""
    return {
        seq: (run.device, run.start + seq - run.first) for run in told.moved for seq in range(run.first, run.last + 1)
    }


def _again(changes: Iterable[Change], code: str, became: Mapping[str, str]) -> Iterable[Link]:
    """The changes as the first ones of the new log: what they refer to has its new number."""
    head = START
    for change in changes:
        link = Link.of(
            replace(
                change,
                device=code,
                seq=head.seq + 1,
                prev=head.hash,
                record=_now(change.record, became),
                base=tuple(sorted({_now(ref, became) for ref in change.base})),
                set={name: _value(change.kind, name, value, became) for name, value in change.set.items()},
            )
        )
        head = link.head
        yield link


def _now(ref: str, became: Mapping[str, str]) -> str:
    return became.get(ref, ref)


def _value(kind: str, name: str, value: Value, became: Mapping[str, str]) -> Value:
    declared = KINDS[kind].by_name.get(name) if kind in KINDS else None
    if declared is not None and declared.type is Type.REFERENCE and isinstance(value, str):
        return _now(value, became)
    return value


def _fresh(before: SyncState, receipt: Receipt) -> SyncState:
    """The sync state of a log that nobody received yet; what the link carried is still known."""
    return SyncState(have=receipt.header.since, parcel_size=before.parcel_size, bytes_per_s=before.bytes_per_s)
