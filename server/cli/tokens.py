"""`token add`, `token list`, `token remove`: what lets programs ask and decide."""

from __future__ import annotations

import argparse

from itinerant.texts import _
from server.access import tokens
from server.access.permissions import Right
from server.cli.output import answer, line, opened


def add(args: argparse.Namespace) -> int:
    """Make a token and print it, once."""
    with opened(args) as office:
        token = tokens.add(office, args.owner, args.name, args.right or [Right.READ], args.days, by=args.account)
    words = _("Ficha de {account}; guárdela ahora, no se muestra otra vez:\n  {token}")
    answer(args, {"ok": True, "account": args.owner, "token": token}, words.format(account=args.owner, token=token))
    return 0


def listing(args: argparse.Namespace) -> int:
    """The tokens that still open something."""
    with opened(args) as office:
        found = tokens.listed(office)
    for one in found:
        line(one) if args.json else print(f"{one['account']}  {one['name'] or '·'}  {one['rights']}")
    return 0


def remove(args: argparse.Namespace) -> int:
    """End an account's tokens of a name."""
    with opened(args) as office:
        count = tokens.remove(office, args.owner, args.name, by=args.account)
    answer(args, {"ok": True, "removed": count}, _("Fichas que dejaron de valer: {n}.").format(n=count))
    return 0
