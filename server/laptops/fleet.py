"""Brigades, staff and laptops: what the office adds, invites and revokes. Each operation is one transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from itinerant.domain.fields import Value
from itinerant.domain.people import CENTRAL
from itinerant.errors import UserError
from itinerant.texts import _
from server import central
from server.access import accesses
from server.exchange import chains
from server.exchange.chains import MAIN
from server.laptops.devices import GONE, INVITED, LOST, REVOKED, Device
from server.office import Office
from server.tables import InvitationRow, RosterRow, table

DAY_MS = 86_400_000
TOKEN_DAYS = 14
"""Days that a one-time code is good for: a stick by river takes that long."""

_roster = table(RosterRow)
_invitation = table(InvitationRow)


def add_brigade(office: Office, code: str, name: str, *, by: str) -> str:
    """Add a brigade, or give it another name; answers with its record."""
    with office.database.writer() as connection:
        known = central.by_code(connection, "brigade").get(code)
        if known is not None:
            central.amend(connection, office, known, {"name": name}, by=by)
            return known
        return central.create(connection, office, "brigade", [{"code": code, "name": name}], by=by)[0]


def add_staff(office: Office, code: str, *, brigade: str, role: str, name: str, by: str) -> str:
    """Add a person, or change their brigade, role or name; answers with the record.

    The name goes to the roster only, never into the log. Raises `UserError` for an unknown brigade.
    """
    values: Mapping[str, Value] = {"code": code, "brigade": brigade or None, "role": role}
    clean_name = " ".join(name.split())
    if not 1 <= len(clean_name) <= 80 or not clean_name.isprintable():
        raise UserError(_("El nombre admite de 1 a 80 caracteres."), place="name")
    with office.database.writer() as connection:
        if brigade:
            _require_brigade(central.by_code(connection, "brigade"), brigade)
        record = central.by_code(connection, "staff").get(code)
        if record is None:
            record = central.create(connection, office, "staff", [values], by=by)[0]
        else:
            central.amend(connection, office, record, values, by=by)
        connection.execute(_roster.delete().where(_roster.c.code == code))
        connection.execute(_roster.insert().values(code=code, name=clean_name, brigade=brigade, role=role))
        accesses.note(connection, at=office.now_ms(), account=by, action="roster.write", subject=code)
    return record


def invite(office: Office, device: str, brigade: str, *, by: str, replaces: str = "") -> tuple[str, int]:
    """Make a one-time code for a new laptop; answers with the code and its expiry (ms).

    `replaces`: the code that the laptop has now and gives up. An earlier one-time code that nobody used stops working.
    Raises `UserError` for a device that is already enrolled: a reinstalled laptop takes a new code, so that two logs
    never share one.
    """
    if device == CENTRAL:
        raise UserError(_("«{code}» es la oficina misma.").format(code=CENTRAL), place=device, code="reserved")
    token = secrets.token_urlsafe(24)
    with office.database.writer() as connection:
        _require_brigade(central.by_code(connection, "brigade"), brigade)
        if replaces:
            _require_former(Device.find(connection, replaces), replaces, device, brigade)
        known = Device.find(connection, device)
        if known is not None and known.state != INVITED:
            raise UserError(
                _("El equipo {device} ya está inscrito.").format(device=device),
                next_step=_(
                    "Para una laptop nueva o reinstalada use un código de equipo nuevo; --replaces {device}."
                ).format(device=device),
                place=device,
                code="enrolled",
            )
        about: dict[str, Value] = {"brigade": brigade, "replaces": replaces or None}
        if known is None:
            created = {"code": device, "state": INVITED, **about}
            central.create(connection, office, "device", [_present(created)], by=by)
        else:
            central.amend(connection, office, known.record, about, by=by)
        unused = (_invitation.c.device == device) & _invitation.c.used_at.is_(None)
        connection.execute(_invitation.delete().where(unused))
        at = office.now_ms()
        expires_at = at + TOKEN_DAYS * DAY_MS
        row = {"token_hash": token_hash(token), "device": device, "expires_at": expires_at, "keys": b""}
        row["office_keys"] = office.keys.number
        connection.execute(_invitation.insert().values(**row))
        accesses.note(connection, at=at, account=by, action="device.invite", subject=device)
    return token, expires_at


def revoke(office: Office, device: str, why: str, *, by: str, lost: bool = False) -> int:
    """Believe nothing that a laptop writes from now on; answers with its last believed change.

    The laptop, and the others of its brigade, learn it from their next receipt.
    """
    with office.database.writer() as connection:
        known = Device.find(connection, device)
        if known is None:
            raise UserError(_("No hay ningún equipo {device}.").format(device=device), place=device)
        if known.state in GONE:
            return known.revoked_after
        heads = chains.branches(connection, device)
        upto = heads[MAIN].seq if heads else 0
        values: Mapping[str, Value] = {"state": LOST if lost else REVOKED, "revoked_after": upto}
        central.amend(connection, office, known.record, values, by=by, why=why)
        accesses.note(connection, at=office.now_ms(), account=by, action="device.revoke", subject=device, why=why)
    return upto


def token_hash(token: str) -> bytes:
    """What is kept of a one-time code: it has 192 random bits, so a plain hash hides it."""
    return hashlib.sha256(token.encode()).digest()


def _present(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


def _require_former(known: Device | None, code: str, device: str, brigade: str) -> None:
    """Raise `UserError` unless `device` may follow the laptop of that code."""
    if known is None or not known.sign_key or code == device:
        raise UserError(
            _("No hay ningún equipo inscrito {device}.").format(device=code),
            next_step=_("Véalos con «itinerant-server show devices»."),
            place=code,
            code="unknown_device",
        )
    if known.brigade != brigade:
        raise UserError(
            _("{device} es de la brigada {brigade}.").format(device=code, brigade=known.brigade),
            next_step=_("El código nuevo debe ser de la misma brigada: lo anotado sigue siendo suyo."),
            place="brigade",
            code="brigade",
        )


def _require_brigade(brigades: Mapping[str, str], code: str) -> None:
    if code not in brigades:
        raise UserError(
            _("No hay ninguna brigada {code}.").format(code=code),
            next_step=_("Agréguela con «itinerant-server brigade add»."),
            place=code,
            code="unknown_brigade",
        )
