"""`oidc set`, `oidc off`, `account link`: entering with the entity's identity provider."""

from __future__ import annotations

import argparse

from itinerant.texts import _
from server.access import accounts, oidc
from server.access.oidc import Provider
from server.cli import passphrases
from server.cli.output import answer, opened


def set_up(args: argparse.Namespace) -> int:
    """Set the provider; it is asked once, so that a wrong address is told now."""
    secret = passphrases.read(args.secret_file, "") if args.secret_file else ""
    provider = Provider(args.issuer, args.client_id, args.url, args.claim, secret)
    with opened(args) as office:
        oidc.begin(office, provider, "/")
        oidc.write(office.folder, provider)
        accounts.note_provider(office, provider.issuer, by=args.account)
    words = _("Desde ahora se puede entrar con {issuer}. Registre allí esta dirección de vuelta:\n  {url}").format(
        issuer=provider.issuer, url=provider.return_url
    )
    answer(args, {"ok": True, "issuer": provider.issuer, "return_url": provider.return_url}, words)
    return 0


def off(args: argparse.Namespace) -> int:
    """Take the provider away; sessions that began with it go on to their end."""
    with opened(args) as office:
        oidc.write(office.folder, None)
        accounts.note_provider(office, "", by=args.account)
    answer(args, {"ok": True}, _("Se entra solo con frase de acceso."))
    return 0


def link(args: argparse.Namespace) -> int:
    """Say whom of the provider an account belongs to."""
    with opened(args) as office:
        accounts.link(office, args.code, args.name, by=args.account)
    words = _("La cuenta {code} ya no está enlazada.") if not args.name else _("Cuenta {code} enlazada.")
    answer(args, {"ok": True, "account": args.code}, words.format(code=args.code))
    return 0
