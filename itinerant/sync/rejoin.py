"""A laptop takes a new code: everything that it has is sent under the old one, then it asks, then it becomes the other.

* Sent first: the office can say what of it was accepted only when it has all of it, and it keeps every byte.
* By stick the log and the request go on the same stick, and the answer comes back on it, however late.
* After the answer the laptop is locked; whoever opens it next opens the new one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.errors import Damaged, UserError
from itinerant.sync import courier, engine, enrolment, envelope, folder, receipt
from itinerant.sync.engine import Clock, Transport
from itinerant.sync.enrolment import Invitation
from itinerant.sync.receipt import Receipt
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop
    from itinerant.store.office.rejoin import Pending, Rejoined

_TIMEOUT_S = 60.0
_OTHER_HISTORY = frozenset({"fork", "restored"})
"""What a log that was copied or went back finds when it syncs: the office has taken its parcels in all the same."""


def by_network(
    laptop: Laptop, invitation: Invitation, sync: Transport, enrol: Transport, clock: Clock | None = None
) -> Rejoined:
    """Send all there is through `sync`, ask for the new code through `enrol`, and lock the laptop that was.

    Raises `NoConnection` (try again with the same file), `Refused`, `UserError` for a file that is not for this laptop.
    """
    clock = clock or Clock()
    laptop.rejoining.begin(invitation)  # what an earlier try held back may travel again
    try:
        engine.sync(laptop, sync, clock=clock)
    except Damaged as error:
        if error.code not in _OTHER_HISTORY:
            raise
    pending = laptop.rejoining.begin(invitation)  # now that it is known what the office can have
    data = _request(laptop, invitation, pending, clock.now_ms())
    answered = enrol.exchange(data, timeout_s=_TIMEOUT_S)
    told = _read(pending, answered.data)
    if told.header.re != envelope.name(data):
        raise Damaged(_("La constancia responde a otro envío."), safe=_("No se cambió nada."), code="answer")
    return _finish(laptop, told, clock.now_ms(), answers=True)


def write_request(laptop: Laptop, invitation: Invitation, place: Path, now_ms: int) -> Path:
    """Write the log and the request to a stick; answers with the request's file. `now_ms`: the laptop's clock."""
    pending = laptop.rejoining.begin(invitation)
    courier.write_parcels(laptop, place, now_ms)
    return folder.write(place, _request(laptop, invitation, pending, now_ms), folder.ENROLMENTS)


def read_answer(laptop: Laptop, place: Path, now_ms: int) -> Rejoined:
    """Take the office's answer from a stick, and lock the laptop that was. Raises `UserError` when there is none."""
    pending = laptop.rejoining.pending
    for _path, data in folder.read_all(place, folder.RECEIPTS) if pending else ():
        if isinstance(data, Damaged):
            continue
        header, _sealed = receipt.peek(data)
        if pending is not None and header.to == pending.identity.device:
            told = _read(pending, data)
            if told.former is not None:
                return _finish(laptop, told, now_ms, answers=False)
    raise UserError(
        _("En {folder} no hay una respuesta de la oficina para el código nuevo.").format(folder=place),
        next_step=_("Pida a la oficina leer la solicitud y escribir la respuesta en la misma memoria."),
        code="no_receipt",
    )


def _request(laptop: Laptop, invitation: Invitation, pending: Pending, now_ms: int) -> bytes:
    return enrolment.pack(invitation, pending.identity.keys, laptop.person, now_ms, pending.former)


def _read(pending: Pending, data: bytes) -> Receipt:
    """Verify a receipt for the laptop to be."""
    identity = pending.identity
    _header, sealed = receipt.peek(data)
    return receipt.unpack(sealed, identity.office.sign_key, identity.keys.seal, identity.device)


def _finish(laptop: Laptop, told: Receipt, now_ms: int, *, answers: bool) -> Rejoined:
    try:
        return laptop.rejoining.finish(told, now_ms, answers=answers)
    finally:
        laptop.close()
