"""`brigade add`, `staff add`, `enrol-code`, `revoke`."""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.errors import StoreProblem, UserError
from itinerant.sync.enrolment import Invitation
from itinerant.texts import _
from server.cli.output import answer, opened
from server.home import write_private
from server.laptops import fleet


def brigade(args: argparse.Namespace) -> int:
    """Add a brigade."""
    with opened(args) as office:
        record = fleet.add_brigade(office, args.code, args.name, by=args.account)
    answer(args, {"ok": True, "record": record}, _("Brigada {code}: {record}.").format(code=args.code, record=record))
    return 0


def staff(args: argparse.Namespace) -> int:
    """Add a person."""
    with opened(args) as office:
        record = fleet.add_staff(
            office, args.code, brigade=args.brigade, role=args.role, name=args.name, by=args.account
        )
    answer(args, {"ok": True, "record": record}, _("Personal {code}: {record}.").format(code=args.code, record=record))
    return 0


def revoke(args: argparse.Namespace) -> int:
    """Believe a laptop no more."""
    with opened(args) as office:
        upto = fleet.revoke(office, args.device, args.why, by=args.account, lost=args.lost)
    words = _("{device} queda revocado después de su cambio {n}.").format(device=args.device, n=upto)
    answer(args, {"ok": True, "device": args.device, "revoked_after": upto}, words)
    return 0


def enrol_code(args: argparse.Namespace) -> int:
    """Write a laptop's one-time file; it opens the office's door, so nobody else may read it."""
    out = Path(args.out)
    if out.exists():
        raise UserError(_("Ya existe {file}.").format(file=out), next_step=_("Elija otro nombre."), place=str(out))
    with opened(args) as office:
        token, expires_at = fleet.invite(office, args.device, args.brigade, by=args.account, replaces=args.replaces)
        invitation = Invitation(
            device=args.device,
            brigade=args.brigade,
            url=args.url,
            token=token,
            office=office.identity,
            expires_at=expires_at,
            replaces=args.replaces,
            rotations=office.keys.rotations,
        )
    try:
        write_private(out, invitation.to_json().encode())
    except OSError as error:
        raise StoreProblem(
            _("No se pudo escribir {file}: {reason}.").format(file=out, reason=error.strerror), place=str(out)
        ) from error
    words = _("Código de {device} en {file}: sirve una vez, hasta dentro de {n} días.").format(
        device=args.device, file=out, n=fleet.TOKEN_DAYS
    )
    answer(args, {"ok": True, "device": args.device, "file": str(out), "expires_at": expires_at}, words)
    return 0
