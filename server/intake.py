"""Parcels into the ledger: one parcel, one transaction.

* Changes, records, conflicts, leaves, checkpoint and the device's head are committed together, or nothing is.
* The same parcel again changes nothing, for ever. Other bytes under a number already taken are kept on a branch of
  their own; the device is frozen and an incident opened.
* Nothing genuine is refused: what may not enter the ledger waits in quarantine and counts as received.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from itinerant.domain.fields import Value
from itinerant.errors import Refused
from itinerant.log.chain import Head, Link
from itinerant.log.change import Draft
from itinerant.texts import _
from server import central, chains, ledger
from server.admission import Run, admit
from server.chains import MAIN, Place
from server.checks import Objection, Reason, judge, objection
from server.devices import ENROLLED, FROZEN, Device
from server.office import Office
from server.tables import ParcelRow, table

OFFICE = "oficina"
"""Author of what the office does by itself."""

_parcel = table(ParcelRow)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel whose signature, bounds and chain (after `known`) were verified."""

    device: str
    known: Head
    links: Sequence[Link]
    header: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a parcel did: the branch of the device's log that it is on, and what it brought.

    `conflicts`: (record, field) now open in the records that it touched.
    """

    branch: int = MAIN
    accepted: int = 0
    quarantined: int = 0
    conflicts: Sequence[tuple[str, str]] = ()


def receive(office: Office, parcel: Parcel) -> Outcome:
    """Take a verified parcel in, in one transaction; commits before it returns."""
    objections = judge(parcel.links)
    with office.database.writer() as connection:
        end = ledger.lock(connection)
        device = known_device(connection, parcel.device)
        where = chains.place(connection, parcel.device, parcel.known, parcel.links)
        if not where.fresh:
            return Outcome(where.branch)
        at = office.now_ms()
        alone = objections[len(objections) - len(where.fresh) :]
        against = [found or _of_device(device, where, link) for found, link in zip(alone, where.fresh, strict=True)]
        run = Run(parcel.device, device.brigade, where.fresh, against, where.branch, at)
        admitted = admit(connection, office, end, run)
        chains.advance(connection, parcel.device, where)
        _keep_signed_head(connection, parcel, at)
        if where.forks:
            report_fork(connection, office, device)
        return Outcome(where.branch, admitted.accepted, admitted.quarantined, admitted.conflicts)


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
    sentence = _("Dos laptops escriben con el código {device}.").format(device=device.code)
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


def _of_device(device: Device, where: Place, link: Link) -> Objection | None:
    """What stands against a change because of the laptop that wrote it."""
    if where.branch != MAIN or device.state == FROZEN:
        return objection(Reason.FORK)
    return None if device.believes(link.change.seq) else objection(Reason.REVOKED)


def _keep_signed_head(connection: Connection, parcel: Parcel, at: int) -> None:
    connection.execute(
        _parcel.insert().values(
            device=parcel.device,
            first=parcel.known.seq + 1,
            last=parcel.links[-1].change.seq,
            header=parcel.header,
            signature=parcel.signature,
            received_at=at,
        )
    )
