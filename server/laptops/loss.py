"""A laptop that is lost: what is known of it, what of its log is missing here, and what whoever has it could find.

* The last head that the office has is certain; what came after it is known only as far as others speak of it.
* What it could hold is counted, never shown: visits that were open, or not yet forgotten, when it was last heard of,
  with everything that its brigade shares. It is the figure for the notice of a breach (Law 29733: 48 hours).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson
from sqlalchemy import Connection, func, select

from itinerant.errors import UserError
from itinerant.texts import _
from server.exchange import chains
from server.exchange.chains import MAIN
from server.laptops.devices import Device
from server.laptops.fleet import DAY_MS
from server.office import Office
from server.queries.state import Document
from server.tables import RECORDS, ChangeRow, ContactRow, ParkedRow, QuarantineRow, RosterRow, table

NOTICE_H = 48
"""Hours to tell the authority of a breach of personal data (DS 016-2024-JUS)."""

_SHOWN = 100
_change = table(ChangeRow)
_contact = table(ContactRow)
_parked = table(ParkedRow)
_quarantine = table(QuarantineRow)
_roster = table(RosterRow)


def report(connection: Connection, office: Office, code: str) -> Document:
    """Everything above about one laptop, as a flat document. Raises `UserError` for a code that nobody has."""
    device = Device.find(connection, code)
    if device is None:
        raise UserError(_("No hay ningún equipo {device}.").format(device=code), place=code, code="unknown_device")
    heads = chains.branches(connection, code)
    contact = connection.execute(select(_contact).where(_contact.c.device == code)).first()
    upto = heads[MAIN].seq if heads else 0
    return {
        "device": code,
        "brigade": device.brigade,
        "state": device.state,
        "replaced_by": _successors(connection, code),
        "revoked_after": device.revoked_after or None,
        "head": {"seq": upto, "hash": heads[MAIN].hash if heads else ""},
        "branches": {str(branch): head.seq for branch, head in heads.items() if branch != MAIN},
        "seen_at": contact.seen_at if contact else None,
        "by_stick": bool(contact.by_stick) if contact else None,
        "clock_skew_ms": contact.skew_ms if contact else None,
        "epoch": contact.epoch if contact else None,
        "quarantined": _count(connection, code),
        "missing": _missing(connection, device, max((head.seq for head in heads.values()), default=0)),
        "could_hold": _holdings(connection, office, device, contact.seen_at if contact else None),
        "notice_within_h": NOTICE_H,
    }


def _successors(connection: Connection, code: str) -> list[str]:
    """The codes under which laptops that had this one go on."""
    device = RECORDS["device"]
    named = (device.c.replaces == code) & ~device.c.void & (device.c.sign_key.is_not(None))
    return list(connection.scalars(select(device.c.code).where(named).order_by(device.c.code)))


def _count(connection: Connection, code: str) -> int:
    waits = (_quarantine.c.device == code) & (_quarantine.c.decision == "")
    return int(connection.execute(select(func.count()).select_from(_quarantine).where(waits)).scalar_one())


def _missing(connection: Connection, device: Device, upto: int) -> Document:
    """What is known to have been written after the last number that is here, and what was left unfinished."""
    told = sorted({seq for seq in _mentioned(connection, device) if seq > upto})
    parked = select(func.count()).select_from(_parked).where(_parked.c.device == device.code)
    visit = RECORDS["visit"]
    codes = [code for code in (device.code, device.replaces) if code]
    unclosed = visit.c.author.in_(codes) & visit.c.closed_at.is_(None) & ~visit.c.void & ~visit.c.partial
    return {
        "mentioned": [f"{device.code}-{seq}" for seq in told[:_SHOWN]],
        "at_least": max(told, default=upto) - upto,
        "parcels_unread": connection.execute(parked).scalar_one(),
        "visits_not_closed": list(connection.scalars(select(visit.c.record).where(unclosed))),
    }


def _mentioned(connection: Connection, device: Device) -> Iterator[int]:
    """Numbers of the laptop's changes that others' changes rest upon: they had them by stick."""
    name = re.compile(re.escape(device.code) + r"-([0-9]{1,7})\Z")
    near = (_change.c.scope == device.brigade) & ~_change.c.creates & (_change.c.device != device.code)
    for (data,) in connection.execute(select(_change.c.data).where(near)):
        change = orjson.loads(data)
        for ref in (change["record"], *change["base"]):
            found = name.match(ref)
            if found:
                yield int(found[1])


def _holdings(connection: Connection, office: Office, device: Device, seen_at: int | None) -> Document:
    """Visits whose records may be on the laptop, with how many attentions each and when; names of staff, counted."""
    visit, session = RECORDS["visit"], RECORDS["session"]
    since = (seen_at or 0) - office.settings.retention_d * DAY_MS
    last = (
        select(_change.c.record, func.max(_change.c.received_at).label("at"))
        .where(_change.c.kind == "visit", _change.c.scope == device.brigade)
        .group_by(_change.c.record)
        .subquery()
    )
    counted = (
        select(session.c.visit, func.count().label("n"), func.min(session.c.started_at).label("first"),
               func.max(session.c.started_at).label("last"))
        .where(session.c.visit.in_(select(visit.c.record).where(visit.c.scope == device.brigade)))
        .group_by(session.c.visit)
        .subquery()
    )  # fmt: skip
    statement = (
        select(visit.c.record, visit.c.opened_at, visit.c.closed_at, counted.c.n, counted.c.first, counted.c.last)
        .outerjoin(last, last.c.record == visit.c.record)
        .outerjoin(counted, counted.c.visit == visit.c.record)
        .where(visit.c.scope == device.brigade, visit.c.closed_at.is_(None) | (last.c.at >= since))
        .order_by(visit.c.opened_at)
    )
    visits: list[Document] = [
        {"visit": ref, "opened_at": opened, "closed_at": closed, "sessions": n or 0, "first": first, "last": latest}
        for ref, opened, closed, n, first, latest in connection.execute(statement)
    ]
    names = select(func.count()).select_from(_roster).where(_roster.c.brigade == device.brigade)
    return {
        "visits": visits,
        "sessions": sum(int(str(each["sessions"])) for each in visits),
        "staff_names": connection.execute(names).scalar_one(),
    }
