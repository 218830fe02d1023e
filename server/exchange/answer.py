"""The receipt: how far a laptop's log is here, how it stands, and what others wrote that concerns it.

* Read after the parcel's transaction, from one moment of the database; nothing is written.
* A laptop receives its brigade's changes and those for all, from the position that it names, bounded in bytes; `more`
  says that another round trip has more. What its brigade did before a laptop may hold it is left out.
* A laptop that is gone (revoked, lost, retired) is told so and which of its own changes wait, and nothing of others.
"""

from __future__ import annotations

import heapq
from math import inf

import orjson
from sqlalchemy import Connection, Integer, Text, bindparam, select

from itinerant.domain.kinds import KINDS
from itinerant.errors import Damaged
from itinerant.log.canonical import HASH_SIZE
from itinerant.log.chain import START, Head
from itinerant.log.change import order
from itinerant.sync import envelope, receipt
from itinerant.sync.envelope import PARCEL
from itinerant.sync.former import Former
from itinerant.sync.parcel import MAX_ROOM
from itinerant.sync.receipt import Receipt, ReceiptHeader
from itinerant.sync.standing import MAX_LISTED, Discarded, Disputed, Person, Quarantined, Revoked, Standing
from itinerant.texts import _
from server import ledger, records, restores, witnesses
from server.exchange import brigade, chains, contacts
from server.exchange.checks import SENTENCES, Reason
from server.exchange.contacts import Question
from server.exchange.quarantine import DISCARDED
from server.keys import rotation
from server.laptops.devices import GONE, Device
from server.office import Office
from server.tables import RECORDS, ChangeRow, ConflictRow, ParkedRow, QuarantineRow, RosterRow, table

_PAGE = 2_000
_TOLD_MS = 90 * 86_400_000
"""How long a laptop is told what was decided against its changes."""
_OFFICE_KINDS = [name for name, kind in KINDS.items() if kind.office]

_change = table(ChangeRow)
_conflict = table(ConflictRow)
_parked = table(ParkedRow)
_quarantine = table(QuarantineRow)
_roster = table(RosterRow)
_device = RECORDS["device"]

# What every receipt asks, built once: building a statement costs as much as running it.
_mine, _of, _most = bindparam("mine", type_=Text), bindparam("of", type_=Text), bindparam("most", type_=Integer)
_OTHERS = (
    select(_change.c.position, _change.c.data)
    .where(
        _change.c.scope == _of,
        _change.c.position >= bindparam("since"),
        _change.c.device != _mine,
        (_change.c.position >= bindparam("floor")) | _change.c.kind.in_(_OFFICE_KINDS),
    )
    .order_by(_change.c.position)
    .limit(_PAGE)
)
_WAITING = (
    select(_quarantine.c.seq, _quarantine.c.reason, _quarantine.c.sentence)
    .where(_quarantine.c.device == _mine, _quarantine.c.decision == "")
    .order_by(_quarantine.c.seq)
    .limit(MAX_LISTED)
)
_PARKED = select(_parked.c.reason, _parked.c.data).where(_parked.c.device == _mine).order_by(_parked.c.id).limit(_most)
_LEFT_OUT = (
    select(_quarantine.c.seq, _quarantine.c.why)
    .where(
        _quarantine.c.decision == DISCARDED,
        _quarantine.c.decided_at > bindparam("lately"),
        _quarantine.c.device == _mine,
    )
    .order_by(_quarantine.c.decided_at.desc())
    .limit(MAX_LISTED)
)
_DISPUTED = (
    select(_conflict.c.record, _conflict.c.field, _conflict.c.candidates)
    .where(_conflict.c.scope.in_(["", _of]))
    .order_by(_conflict.c.opened_at, _conflict.c.record, _conflict.c.field)
)
_PEOPLE = (
    select(_roster.c.code, _roster.c.name, _roster.c.role, _roster.c.brigade)
    .where(_roster.c.brigade == _of)
    .order_by(_roster.c.code)
    .limit(MAX_LISTED)
)
_REVOKED = (
    select(_device.c.code, _device.c.revoked_after)
    .where(_device.c.brigade == _of, _device.c.state.in_(sorted(GONE)), ~_device.c.void)
    .order_by(_device.c.code)
    .limit(MAX_LISTED)
)


def answer(office: Office, code: str, asked: Question) -> bytes:
    """The bytes of the receipt for a laptop. It fits in the room asked for, or brings one change of others at most."""
    with office.database.reader() as connection:
        device = Device.find(connection, code)
        assert device is not None, "a parcel of an unknown laptop was refused before"
        end = chains.branches(connection, code)[asked.branch]
        head = Head(*asked.known) if asked.known else end
        standing = stand(connection, office, device)
        size = ledger.size(connection)
        since = min(asked.have, size)
        gone = device.state in GONE
        known_keys = rotation.known_to(connection, office, code, asked.keys)
        rows = [] if gone else _others(connection, device, since)
        behind = known_keys < office.keys.number  # it could not verify the checkpoint yet
        checkpoint, proofs = witnesses.show(connection, () if gone or behind else asked.asks)
    told = standing if standing.digest != asked.standing else None
    have = size
    if gone:
        have = since
    elif len(rows) == _PAGE:
        have = rows[-1][0] + 1
    former = Former.from_dict(asked.former) if asked.former is not None and head == START else None
    room = min(asked.room, MAX_ROOM)
    if sum(HASH_SIZE * len(proof) for proof in proofs.values()) > room // 2:
        checkpoint, proofs = None, {}  # another time, when the link carries more: changes come first
    while True:
        changes = [records.stored(bytes_) for _position, bytes_ in rows]
        header = ReceiptHeader(to=code, head=head, since=since, have=have, at=office.now_ms(), re=asked.ref)
        more = head != end or (have < size and not gone)
        data = receipt.pack(
            Receipt(header, changes, told, more, checkpoint, proofs, former=former),
            office.keys.signer(known_keys),
            device.seal_key,
            version=asked.version,
        )
        if len(data) <= room or len(rows) <= 1:
            return data
        rows = rows[: max(1, len(rows) * room * 9 // (len(data) * 10))]
        have = rows[-1][0] + 1


def stand(connection: Connection, office: Office, device: Device) -> Standing:
    """How the office sees a laptop now; a laptop that is gone learns nothing of others."""
    waiting = _waiting(connection, device.code)
    left_out = _left_out(connection, device.code, office.now_ms())
    if device.state in GONE:
        return Standing(device.state, office.settings.retention_d, quarantined=waiting, discarded=left_out)
    peers = brigade.peers(connection, device)
    return Standing(
        state=device.state,
        retention_d=office.settings.retention_d,
        quarantined=waiting,
        conflicts=_disputed(connection, device),
        roster=_people(connection, device.brigade),
        revoked=_gone(connection, device.brigade),
        peers=peers,
        aside=brigade.set_aside(connection, peers),
        discarded=left_out,
        withdrawn=restores.withdrawn(connection),
    )


def _others(connection: Connection, device: Device, since: int) -> list[tuple[int, bytes]]:
    """The first changes from position `since` on that concern a laptop and that others wrote, in the ledger's order.

    One scope after the other, so that each is read along its index, and merged.
    """
    asked = {"mine": device.code, "since": since, "floor": contacts.floor(connection, device.code)}
    found: list[list[tuple[int, bytes]]] = []
    for scope in sorted({"", device.brigade}):
        found.append([(row.position, row.data) for row in connection.execute(_OTHERS, {"of": scope, **asked})])
    return list(heapq.merge(*found))[:_PAGE]


def _waiting(connection: Connection, device: str) -> list[Quarantined]:
    rows = connection.execute(_WAITING, {"mine": device})
    waiting = [Quarantined(f"{device}-{seq}", reason, text) for seq, reason, text in rows]
    here = chains.branches(connection, device)[chains.MAIN].seq
    for reason, data in connection.execute(_PARKED, {"mine": device, "most": MAX_LISTED - len(waiting)}):
        first, last = _run_of(data)
        if last > here or reason != Reason.FUTURE_VERSION:  # else it came again, in a form that we read
            waiting.append(Quarantined(f"{device}-{first or '?'}", reason, _(SENTENCES[Reason(reason)])))
    return waiting


def _left_out(connection: Connection, device: str, now_ms: int) -> list[Discarded]:
    """The latest changes of a laptop that somebody decided to leave out, for as long as a laptop may hold them."""
    rows = connection.execute(_LEFT_OUT, {"mine": device, "lately": now_ms - _TOLD_MS})
    return sorted(Discarded(f"{device}-{seq}", why) for seq, why in rows)


def _run_of(data: bytes) -> tuple[int, float]:
    """The first and last change of a parked parcel, as far as its header can be read; it may be of any version."""
    try:
        header = envelope.read(data, PARCEL).header
    except Damaged:
        return 0, inf
    first, last = header.get("first"), header.get("last")
    return first if type(first) is int else 0, last if type(last) is int else inf


def _disputed(connection: Connection, device: Device) -> list[Disputed]:
    """Open conflicts in which the laptop wrote one of the candidates."""
    found: list[Disputed] = []
    for ref, name, candidates in connection.execute(_DISPUTED, {"of": device.brigade}):
        authors = {order(candidate["change"])[0] for candidate in orjson.loads(candidates)}
        if device.code in authors and len(found) < MAX_LISTED:
            found.append(Disputed(ref, name))
    return found


def _people(connection: Connection, brigade: str) -> list[Person]:
    return [Person(*row) for row in connection.execute(_PEOPLE, {"of": brigade})]


def _gone(connection: Connection, brigade: str) -> list[Revoked]:
    return [Revoked(code, after or 0) for code, after in connection.execute(_REVOKED, {"of": brigade})]
