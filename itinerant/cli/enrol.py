"""`itinerant enrol`: makes this laptop's home and keys, and has the office accept them, by network or by stick.

With a file that replaces the code that the laptop has, it takes the new one and keeps all that it holds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.cli import output, unlocking
from itinerant.cli.arguments import Parser
from itinerant.cli.person import check_person
from itinerant.errors import UserError
from itinerant.texts import _, ngettext

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop
    from itinerant.sync.enrolment import Invitation


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    parser.add_argument("file", type=Path, metavar=_("ARCHIVO"), help=_("el que dio la oficina; sirve una vez"))
    parser.add_argument("--person", required=True, metavar=_("CÓDIGO"), help=_("quién usará esta laptop"))
    road = parser.add_mutually_exclusive_group()
    road.add_argument("--out", type=Path, metavar=_("CARPETA"), help=_("escribe la solicitud en una memoria USB"))
    road.add_argument("--in", dest="inbox", type=Path, metavar=_("CARPETA"), help=_("lee la respuesta de la memoria"))
    parser.add_argument(
        "--again", action="store_true", help=_("la oficina perdió la inscripción de esta misma laptop: repetirla")
    )
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from itinerant.sync import enrol

    check_person(asked.person)
    home = unlocking.home_of(asked)
    invitation = enrol.read_invitation(asked.file)
    passphrase = unlocking.new_passphrase(asked, fresh=not home.slots.exists())
    if invitation.replaces and home.slots.exists():
        return _replace(asked, invitation, passphrase)
    with enrol.make_home(home.root, invitation, asked.person, passphrase, again=asked.again) as laptop:
        if asked.out is not None:
            path = enrol.write_request(laptop, invitation, asked.out, _now_ms())
            output.say(_("Lleve la memoria a la oficina y vuelva a leerla aquí con --in."))
            output.document({"ok": True, "device": laptop.device, "enrolled": False, "file": str(path)})
            return 0
        if asked.inbox is not None:
            _by_stick(laptop, asked.inbox)
        else:
            _by_network(laptop, invitation)
        output.say(
            _("{device} queda inscrita en la brigada {brigade}.").format(device=laptop.device, brigade=laptop.brigade)
        )
        done = {"ok": True, "device": laptop.device, "brigade": laptop.brigade, "person": asked.person}
        output.document({**done, "enrolled": True, "services": len(laptop.services.all)})
    return 0


def _replace(asked: argparse.Namespace, invitation: Invitation, passphrase: str) -> int:
    """Take the new code, and then what the office has for it."""
    from itinerant.cli.sync import with_office
    from itinerant.sync import rejoin
    from itinerant.sync.http import ENROL, HttpTransport

    with unlocking.open_with(asked, passphrase, person=asked.person) as laptop:
        if laptop.device == invitation.device:
            raise UserError(
                _("Esta laptop ya es {device}.").format(device=laptop.device),
                next_step=_("Sincronice: «itinerant sync», o por memoria con «itinerant parcel»."),
                code="enrolled",
            )
        if asked.out is not None:
            path = rejoin.write_request(laptop, invitation, asked.out, _now_ms())
            output.say(_("Lleve la memoria a la oficina y vuelva a leerla aquí con --in. Puede seguir registrando."))
            output.document({"ok": True, "device": laptop.device, "enrolled": False, "file": str(path)})
            return 0
        if asked.inbox is not None:
            done = rejoin.read_answer(laptop, asked.inbox, _now_ms())
        else:
            _require_address(invitation)
            with HttpTransport(invitation.url) as sync, HttpTransport(invitation.url, ENROL) as asking:
                done = rejoin.by_network(laptop, invitation, sync, asking)
    with unlocking.open_with(asked, passphrase, person=asked.person) as laptop:
        if asked.inbox is not None:
            _by_stick(laptop, asked.inbox)
        else:
            with_office(laptop)
        count = len(done.renumbered)
        output.say(
            ngettext(
                "{former} es ahora {device}. {n} cambio que no había entrado lleva otro número.",
                "{former} es ahora {device}. {n} cambios que no habían entrado llevan otro número.",
                count,
            ).format(former=invitation.replaces, device=laptop.device, n=count)
        )
        told = {"ok": True, "device": laptop.device, "replaces": invitation.replaces, "brigade": laptop.brigade}
        numbers = {"renumbered": dict(done.renumbered), "lost": done.lost}
        output.document({**told, "person": asked.person, "enrolled": True, **numbers})
    return 0


def _by_network(laptop: Laptop, invitation: Invitation) -> None:
    """Ask the office, then pull catalogue and roster to the end."""
    from itinerant.cli.sync import with_office
    from itinerant.sync import enrol
    from itinerant.sync.http import ENROL, HttpTransport

    _require_address(invitation)
    with HttpTransport(invitation.url, ENROL) as transport:
        enrol.by_network(laptop, invitation, transport, _now_ms())
    with_office(laptop)


def _require_address(invitation: Invitation) -> None:
    if not invitation.url:
        raise UserError(
            _("El archivo no trae la dirección de la oficina."),
            next_step=_("Inscriba la laptop con una memoria: --out y, a la vuelta, --in."),
            code="no_address",
        )


def _by_stick(laptop: Laptop, inbox: Path) -> None:
    from itinerant.sync.courier import read_stick

    if not read_stick(laptop, inbox).receipts:
        raise UserError(
            _("En {folder} no hay una respuesta de la oficina para {device}.").format(
                folder=inbox, device=laptop.device
            ),
            next_step=_("Pida a la oficina leer la solicitud y escribir la respuesta en la misma memoria."),
            code="no_receipt",
        )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
