"""Parcels into the ledger: one parcel, one transaction.

* Changes, records, conflicts, leaves, checkpoint and the device's head are committed together, or nothing is.
* The same parcel again changes nothing, for ever. Other bytes under a number already taken are kept on a branch of
  their own; the device is frozen and an incident opened.
* Nothing genuine is refused: what may not enter the ledger waits in quarantine and counts as received.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from itinerant.domain.fields import Value
from itinerant.errors import Refused
from itinerant.log.chain import Link
from itinerant.log.change import Draft
from itinerant.sync.parcel import Parcel
from itinerant.texts import _
from server import central, ledger, witnesses
from server.exchange import chains, contacts
from server.exchange.admission import Admitted, Run, admit
from server.exchange.chains import MAIN, Nowhere, Place
from server.exchange.checks import Objection, Reason, judge, objection
from server.exchange.contacts import Question
from server.laptops.devices import ENROLLED, FROZEN, Device
from server.ledger import Ledger
from server.office import Office
from server.tables import RECORDS, ParcelRow, ParkedRow, table

OFFICE = "oficina"
"""Author of what the office does by itself."""

WENT_BACK = "restored"
"""Category of the incident of a laptop, or of the office, that was put back to a copy."""

_incident = RECORDS["incident"]
_parcel = table(ParcelRow)
_parked = table(ParkedRow)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a parcel did: how many changes it brought and what became of them, and what it asks.

    A parcel that follows changes which are not here yet brings nothing: the receipt says where to begin.
    """

    asked: Question
    accepted: int = 0
    quarantined: int = 0


def receive(office: Office, parcel: Parcel, data: bytes, *, by_stick: bool = False) -> Outcome:
    """Take a verified parcel in, in one transaction; commits before it returns. `data` are the parcel's own bytes."""
    objections = judge(parcel.links)
    header = parcel.header
    with office.database.writer() as connection:
        end = ledger.lock(connection)
        device = known_device(connection, header.sender)
        at = office.now_ms()
        where = chains.place(connection, device.code, header.before, parcel.links)
        branch = where.branch if isinstance(where, Place) else MAIN
        asked = Question(
            parcel.envelope.ref,
            branch,
            header.have,
            header.standing,
            header.room,
            version=parcel.envelope.version,
            asks=header.testimony.asks,
            keys=header.keys,
        )
        if isinstance(where, Place) and parcel.links and not where.fresh and not by_stick:
            asked = replace(asked, known=(header.head.seq, header.head.hash))
        clock = None if by_stick else header.at
        contacts.hear(connection, device.code, asked, at=at, epoch=header.epoch, clock=clock)
        witnesses.keep(connection, device.code, header.testimony, at)
        if header.went_back:
            report_went_back(connection, office, device)
            end = ledger.read(connection)  # the report is in it
        if where is Nowhere.DIVERGED and park(connection, device.code, data, Reason.FORK, at):
            report_fork(connection, office, device)
        if isinstance(where, Nowhere) or not where.fresh:
            return Outcome(asked)
        admitted = enter(connection, office, end, device, where, parcel, objections)
        return Outcome(asked, admitted.accepted, len(admitted.aside))


def enter(
    connection: Connection,
    office: Office,
    end: Ledger,
    device: Device,
    where: Place,
    parcel: Parcel,
    objections: Sequence[Objection | None],
) -> Admitted:
    """Write what is new in a parcel at its place, with its signed head. `objections`: against each of its changes."""
    at = office.now_ms()
    alone = objections[len(objections) - len(where.fresh) :]
    against = [found or of_device(device, where.branch, link) for found, link in zip(alone, where.fresh, strict=True)]
    admitted = admit(connection, office, end, Run(device.code, device.brigade, where.fresh, against, where.branch, at))
    chains.advance(connection, device.code, where)
    _keep_signed_head(connection, parcel, at)
    if where.forks:
        report_fork(connection, office, device)
    return admitted


def park(connection: Connection, device: str, data: bytes, reason: Reason, at: int) -> bool:
    """Keep a whole parcel aside, byte for byte; false when it was there already. Its signature was verified."""
    digest = hashlib.sha256(data).digest()
    if connection.execute(select(_parked.c.id).where(_parked.c.hash == digest)).first() is not None:
        return False
    row = {"device": device, "hash": digest, "reason": str(reason), "data": data, "received_at": at}
    connection.execute(_parked.insert().values(**row))
    return True


def known_device(connection: Connection, code: str) -> Device:
    """The enrolled laptop of that code; raises `Refused` for any other."""
    device = Device.find(connection, code)
    if device is None or not device.sign_key:
        raise Refused(
            _("La oficina no conoce el equipo {device}.").format(device=code),
            next_step=_("Pida a la oficina un código de inscripción; lo anotado sigue en la laptop."),
            safe=_("No se perdió nada."),
            place=code,
            code="unknown_device",
        )
    return device


def report_fork(connection: Connection, office: Office, device: Device) -> None:
    """Two laptops write under one code: believe neither from now on, and tell a person."""
    sentence = _("Dos laptops escriben con el código {device}: dé a cada una otro, con enrol-code --replaces.").format(
        device=device.code
    )
    incident: dict[str, Value] = {
        "found_at": office.now_ms(),
        "category": "fork",
        "severity": "high",
        "device": device.code,
        "description": sentence,
        "state": "open",
    }
    central.write(connection, office, [Draft("incident", incident)], by=OFFICE, scope=device.brigade)
    if device.state == ENROLLED:
        central.amend(connection, office, device.record, {"state": FROZEN}, by=OFFICE, why=sentence)


def report_went_back(connection: Connection, office: Office, device: Device) -> None:
    """The laptop says that its log was put back to a copy: tell a person, once, before its numbers collide."""
    known = (_incident.c.device == device.code) & (_incident.c.category == WENT_BACK) & ~_incident.c.void
    if connection.execute(select(_incident.c.record).where(known)).first() is not None:
        return
    sentence = _("{device} volvió a una copia anterior de sus datos: dele otro código, con enrol-code --replaces.")
    incident: dict[str, Value] = {
        "found_at": office.now_ms(),
        "category": WENT_BACK,
        "severity": "high",
        "device": device.code,
        "description": sentence.format(device=device.code),
        "state": "open",
    }
    central.write(connection, office, [Draft("incident", incident)], by=OFFICE, scope=device.brigade)


def of_device(device: Device, branch: int, link: Link) -> Objection | None:
    """What stands against a change because of the laptop that wrote it, and of the branch of its log."""
    if branch != MAIN or device.state == FROZEN:
        return objection(Reason.FORK)
    return None if device.believes(link.change.seq) else objection(Reason.REVOKED)


def _keep_signed_head(connection: Connection, parcel: Parcel, at: int) -> None:
    row = {"device": parcel.header.sender, "first": parcel.header.first, "last": parcel.header.last}
    sealed = parcel.envelope
    connection.execute(
        _parcel.insert().values(**row, header=sealed.header_bytes, signature=sealed.signature, received_at=at)
    )
