"""`brigade add`, `staff add`, `enrol-code`, `revoke`."""

from __future__ import annotations

import argparse

from itinerant.texts import _
from server import fleet
from server.cli.output import answer, opened


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
