"""One parcel in, one receipt out: the same whether it came by network or on a stick."""

from __future__ import annotations

from itinerant.domain.people import CENTRAL
from itinerant.errors import Refused
from itinerant.sync import parcel
from itinerant.sync.envelope import FutureVersion
from itinerant.texts import _
from server.exchange import contacts, intake
from server.exchange.answer import answer
from server.exchange.checks import Reason
from server.exchange.contacts import Question
from server.exchange.intake import Outcome
from server.office import Office


def handle(office: Office, data: bytes) -> bytes:
    """Take a parcel in and answer with the bytes of its receipt; raises as `take` does."""
    device, outcome = take(office, data)
    return answer(office, device, outcome.asked)


def take(office: Office, data: bytes, *, by_stick: bool = False) -> tuple[str, Outcome]:
    """Take a parcel in; answers with the laptop's code and what the parcel did.

    Raises `Damaged` for bytes that nobody signed so, `Refused` for an unknown laptop; what is genuine is never refused.
    """
    try:
        header, sealed = parcel.peek(data)
    except FutureVersion as error:
        return _keep_for_later(office, data, error, by_stick)
    if header.to != CENTRAL:
        raise Refused(_("El envío es para {device}.").format(device=header.to), place=header.sender, code="recipient")
    with office.database.reader() as connection:
        device = intake.known_device(connection, header.sender)
    verified = parcel.unpack(sealed, device.sign_key, office.keys.seals)
    return device.code, intake.receive(office, verified, data, by_stick=by_stick)


def _keep_for_later(office: Office, data: bytes, error: FutureVersion, by_stick: bool) -> tuple[str, Outcome]:
    """Keep a parcel of a later version whole; its receipt says so and covers nothing new."""
    sealed = error.envelope
    if sealed is None:
        raise error
    have, keys = sealed.header.get("have"), sealed.header.get("keys")
    asked = Question(
        sealed.ref,
        have=have if type(have) is int and have >= 0 else 0,
        keys=keys if type(keys) is int and keys >= 0 else 0,
    )
    with office.database.writer() as connection:
        device = intake.known_device(connection, sealed.sender)
        sealed.verify(device.sign_key)
        at = office.now_ms()
        intake.park(connection, device.code, data, Reason.FUTURE_VERSION, at)
        contacts.hear(connection, device.code, asked, at=at, epoch=1, clock=None if by_stick else at)
    return device.code, Outcome(asked)
