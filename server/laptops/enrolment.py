"""Enrolment: a one-time code becomes a laptop's keys, once. The answer is an ordinary receipt.

* The code is checked by its hash, in constant time; used or expired, it opens nothing.
* The same request again (the answer was lost on the road) is answered again: same code, same keys.
* A laptop that takes a new code is told what becomes of the log that it had (`rejoin.py`).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from sqlalchemy import Connection, select

from itinerant.domain.fields import Value
from itinerant.errors import Refused
from itinerant.log.chain import START
from itinerant.sync import enrolment, keys
from itinerant.sync.enrolment import EnrolmentRequest
from itinerant.texts import _
from server import central, ledger
from server.access import accesses
from server.exchange import chains, contacts
from server.exchange.answer import answer
from server.exchange.chains import MAIN
from server.exchange.contacts import Question
from server.exchange.intake import OFFICE
from server.laptops import rejoin
from server.laptops.devices import ENROLLED, INVITED, Device
from server.laptops.fleet import DAY_MS, token_hash
from server.office import Office
from server.tables import ChangeRow, InvitationRow, table

FIRST_ROOM = 16 * 1024
"""Bytes of the first receipt: what it does not bring of the catalogue, the next ones do."""

_change = table(ChangeRow)
_invitation = table(InvitationRow)


def enrol(office: Office, data: bytes, *, by_stick: bool = False) -> bytes:
    """Take an enrolment request and answer with the bytes of the laptop's first receipt.

    Raises `Damaged` for bytes that nobody signed so, `Refused` for a code that does not open this laptop's place.
    """
    request = enrolment.unpack(enrolment.peek(data), office.keys.seals)
    with office.database.writer() as connection:
        ledger.lock(connection)
        asked = _admit(connection, office, request, by_stick)
    return answer(office, request.device, asked)


def _admit(connection: Connection, office: Office, request: EnrolmentRequest, by_stick: bool) -> Question:
    """Take the laptop in, and what its first receipt answers; a second time, what it answers again."""
    at = office.now_ms()
    device = Device.find(connection, request.device)
    wanted = token_hash(request.token)
    statement = select(_invitation).where(_invitation.c.device == request.device)
    invitation = next(
        (row for row in connection.execute(statement) if hmac.compare_digest(row.token_hash, wanted)), None
    )
    if device is None or invitation is None:
        raise _refused(request.device)
    both = request.keys.sign + request.keys.seal
    if invitation.used_at is not None and hmac.compare_digest(invitation.keys, both) and device.both_keys == both:
        asked = _asked(connection, office, device, request)
        if asked.former is not None and chains.branches(connection, device.code)[MAIN] == START:
            clock = None if by_stick else request.at
            contacts.hear(connection, device.code, asked, at=at, epoch=1, clock=clock)
        return asked
    if invitation.used_at is not None or invitation.expires_at < at or device.state != INVITED:
        raise _refused(request.device)
    values: Mapping[str, Value] = {
        "sign_key": keys.encode(request.keys.sign),
        "seal_key": keys.encode(request.keys.seal),
        "state": ENROLLED,
    }
    central.amend(connection, office, device.record, values, by=OFFICE)
    chains.open_chain(connection, request.device)
    floor = _first_since(connection, at - office.settings.retention_d * DAY_MS)
    asked = _asked(connection, office, device, request)
    contacts.meet(connection, request.device, floor, asked, at=at, by_stick=by_stick)
    used = _invitation.c.token_hash == wanted
    connection.execute(_invitation.update().where(used).values(used_at=at, keys=both))
    accesses.note(connection, at=at, account=request.person, action="device.enrol", subject=request.device)
    return asked


def _asked(connection: Connection, office: Office, device: Device, request: EnrolmentRequest) -> Question:
    if not device.replaces:
        return Question(request.ref, room=FIRST_ROOM)
    former, have = rejoin.take_over(connection, office, device, request.former, by=OFFICE)
    return Question(request.ref, have=have, room=FIRST_ROOM, former=former.as_dict())


def _first_since(connection: Connection, at: int) -> int:
    """Position of the first change received at `at` (ms) or later, by bisection: the ledger is in order of arrival.

    Before it is what the laptop may not have of its brigade's work: no laptop keeps it that long.
    """
    low, high = 0, ledger.size(connection)
    while low < high:
        middle = (low + high) // 2
        here = select(_change.c.received_at).where(_change.c.position == middle)
        if connection.execute(here).scalar_one() < at:
            low = middle + 1
        else:
            high = middle
    return low


def _refused(device: str) -> Refused:
    return Refused(
        _("El código de inscripción de {device} no sirve: ya se usó, venció o es de otro equipo.").format(
            device=device
        ),
        next_step=_("Pida a la oficina un código nuevo."),
        place=device,
        code="enrolment",
    )
