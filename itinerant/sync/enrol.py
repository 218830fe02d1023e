"""Enrolment on the laptop: its keys are safe on its own disk before anybody hears of them.

* The home is made first, sealed; then the request travels, by network or on a stick. A cut in between costs nothing:
  the same file enrols again with the same keys, which the office takes for the same request.
* The home is enrolled once a receipt of the office named in the file was verified.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from itinerant.errors import NoConnection, UserError
from itinerant.store.identity import Identity
from itinerant.store.laptop import Laptop, wall_clock
from itinerant.sync import enrolment, folder
from itinerant.sync.engine import Transport, read_answer
from itinerant.sync.enrolment import Invitation
from itinerant.sync.keys import DeviceKeys
from itinerant.texts import _

_TIMEOUT_S = 60.0


def read_invitation(path: Path) -> Invitation:
    """The office's one-time file. Raises `UserError` when it is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(_("No se puede leer {path}.").format(path=path), place=str(path)) from error
    return Invitation.from_json(text)


def make_home(
    home: Path,
    invitation: Invitation,
    person: str,
    passphrase: str,
    now_ms: Callable[[], int] = wall_clock,
    *,
    again: bool = False,
) -> Laptop:
    """Make the sealed home of a laptop to be, or open the one that an earlier try left.

    `again`: it may be enrolled already, with an office that was put back to a copy from before. Raises `UserError` for
    a weak passphrase, an expired file, or a home that is another laptop's or enrolled already.
    """
    if not Laptop.people_of(home):
        if invitation.replaces:
            raise UserError(
                _("El código es para la laptop que fue {device}; en esta carpeta no hay ninguna.").format(
                    device=invitation.replaces
                ),
                next_step=_("Úselo en ella, o pida a la oficina un código para una laptop nueva."),
                place=str(home),
                code="no_laptop",
            )
        if now_ms() > invitation.expires_at:
            raise UserError(
                _("El código de inscripción venció."), next_step=_("Pida a la oficina uno nuevo."), code="expired"
            )
        identity = Identity(
            device=invitation.device,
            brigade=invitation.brigade,
            url=invitation.url,
            keys=DeviceKeys.generate(),
            office=invitation.office,
        )
        return Laptop.create(home, identity=identity, person=person, passphrase=passphrase, now_ms=now_ms)
    laptop = Laptop.unlock(home, passphrase, person, now_ms=now_ms)
    enrolled = laptop.sync_state.last_receipt_at is not None and not again
    if laptop.device != invitation.device or enrolled:
        device = laptop.device
        laptop.close()
        raise UserError(
            _("En {home} ya está el equipo {device}.").format(home=home, device=device),
            next_step=_(
                "Para otra laptop elija otra carpeta con --home; para que esta cambie de código, pida a la oficina un"
                " archivo que lo reemplace (enrol-code --replaces {device})."
            ).format(device=device),
            code="enrolled",
        )
    return laptop


def request(laptop: Laptop, invitation: Invitation, now_ms: int) -> bytes:
    """The request to the office. `now_ms`: the laptop's clock."""
    return enrolment.pack(invitation, laptop.identity.keys, laptop.person, now_ms)


def by_network(laptop: Laptop, invitation: Invitation, transport: Transport, now_ms: int) -> None:
    """Enrol through `transport`. Raises `NoConnection` (try again with the same file), `Refused`."""
    if not invitation.url:
        raise NoConnection(
            _("El código no trae la dirección de la oficina."),
            next_step=_("Inscriba la laptop con una memoria: opciones --out y --in."),
        )
    data = request(laptop, invitation, now_ms)
    answer = transport.exchange(data, timeout_s=_TIMEOUT_S)
    laptop.apply_receipt(read_answer(laptop, data, answer.data), answers=True)


def write_request(laptop: Laptop, invitation: Invitation, place: Path, now_ms: int) -> Path:
    """Write the request for the office to a stick."""
    folder.prepare(place)
    return folder.write(place, request(laptop, invitation, now_ms), folder.ENROLMENTS)
