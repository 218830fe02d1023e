"""`account add`, `account list`: the office's people, from the command line."""

from __future__ import annotations

import argparse

from itinerant.texts import _
from server.access import accounts
from server.cli.output import answer, line, opened


def add(args: argparse.Namespace) -> int:
    """Make an account, or a new link for one that lost its passphrase, and print the one-time link."""
    with opened(args) as office:
        link = accounts.invite(office, args.code, args.role, args.url, by=args.account)
    words = _("Enlace de un solo uso de {code} (vence en {n} días):\n  {link}").format(
        code=args.code, n=accounts.LINK_DAYS, link=link
    )
    answer(args, {"ok": True, "account": args.code, "link": link}, words)
    return 0


def listing(args: argparse.Namespace) -> int:
    """Every account."""
    with opened(args) as office, office.database.reader() as connection:
        for one in accounts.everyone(connection):
            document = {"account": one.code, "role": one.role, "active": one.active, "entered": one.entered}
            state = _("abierta") if one.active else _("cerrada")
            line(document) if args.json else print(f"{one.code}  {one.role}  {state}")
    return 0
