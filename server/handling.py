"""One parcel in, one receipt out: the same whether it came by network or on a stick."""

from __future__ import annotations

from itinerant.domain.people import CENTRAL
from itinerant.errors import Refused
from itinerant.sync import parcel
from itinerant.sync.envelope import FutureVersion
from itinerant.texts import _
from server import intake
from server.answer import Question, answer
from server.checks import Reason
from server.office import Office


def handle(office: Office, data: bytes, *, by_stick: bool = False) -> bytes:
    """Take a parcel in and answer with the bytes of its receipt.

    Raises `Damaged` for bytes that nobody signed so, `Refused` for an unknown laptop; what is genuine is never refused.
    """
    try:
        header, sealed = parcel.peek(data)
    except FutureVersion as error:
        return _keep_for_later(office, data, error)
    if header.to != CENTRAL:
        raise Refused(_("El envío es para {device}.").format(device=header.to), place=header.sender, code="recipient")
    with office.database.reader() as connection:
        device = intake.known_device(connection, header.sender)
    verified = parcel.unpack(sealed, device.sign_key, office.keys.seal)
    outcome = intake.receive(office, verified, data, by_stick=by_stick)
    asked = Question(sealed.ref, outcome.branch, header.have, header.standing, header.room)
    return answer(office, device.code, asked)


def _keep_for_later(office: Office, data: bytes, error: FutureVersion) -> bytes:
    """Keep a parcel of a later version whole; the receipt says so and covers nothing new."""
    sealed = error.envelope
    if sealed is None:
        raise error
    with office.database.writer() as connection:
        device = intake.known_device(connection, sealed.sender)
        sealed.verify(device.sign_key)
        intake.park(connection, device.code, data, Reason.FUTURE_VERSION, office.now_ms())
    have = sealed.header.get("have")
    asked = Question(sealed.ref, have=have if type(have) is int and have >= 0 else 0)
    return answer(office, device.code, asked)
