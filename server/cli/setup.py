"""`init`, `backup`, `restore`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from itinerant.errors import UserError
from itinerant.texts import _
from server import backups, ledger, restores
from server.access import accounts
from server.cli.output import answer, folder, opened
from server.home import OfficeKeys, Settings
from server.office import Office


def init(args: argparse.Namespace) -> int:
    """Create an office and print the first administrator's one-time link."""
    keys = OfficeKeys.generate()
    origin = args.origin or f"itinerant.office/{keys.sign_public.hex()[:12]}"
    settings = Settings(
        name=args.name,
        origin=origin,
        database_url=args.database_url or os.environ.get("DATABASE_URL", ""),
        retention_d=args.retention,
    )
    office = Office.create(folder(args), settings, keys)
    try:
        link = accounts.invite_first(office, args.url)
    finally:
        office.close()
    words = _(
        "Oficina creada en {folder}.\n"
        "Llave para verificar sus exportaciones (guárdela en papel):\n  {vkey}\n"
        "Enlace de un solo uso del primer administrador (vence en 3 días):\n  {link}\n"
        "Antes de inscribir laptops nombre a dos custodios con «itinerant-server recovery holder add»:\n"
        "sin ellos nadie recupera una laptop cuya frase se olvidó, y su llave queda en keys/recovery.key."
    ).format(folder=office.folder, vkey=office.verifier.vkey, link=link)
    document = {"ok": True, "home": str(office.folder), "origin": origin, "vkey": office.verifier.vkey, "link": link}
    answer(args, document, words)
    return 0


def backup(args: argparse.Namespace) -> int:
    """Copy the database to a new file, or note that somebody else did."""
    if bool(args.file) == args.already:
        raise UserError(_("Diga a qué archivo copiar, o --already si ya se copió."))
    with opened(args) as office:
        size = backups.note(office) if args.already else backups.backup(office, Path(args.file))
    words = _("Copia lista: {n} hojas del registro. Las llaves no van en ella: guárdelas aparte.").format(n=size)
    answer(args, {"ok": True, "file": args.file, "ledger_size": size}, words)
    return 0


def restore(args: argparse.Namespace) -> int:
    """Put a copy in the place of the database, or go on after somebody else did."""
    if bool(args.file) == args.already:
        raise UserError(_("Diga qué copia poner, o --already si ya está puesta."))
    with opened(args) as office:
        if args.already:
            leap = restores.resume(office)
            with office.database.reader() as connection:
                size = ledger.size(connection) - 1
        else:
            size, leap = backups.restore(office, Path(args.file))
    words = _(
        "Restaurado: {n} hojas del registro. Las laptops reenviarán lo que falte. La oficina sigue en CENTRAL-{next};"
        " lo que decidió después de la copia hay que decidirlo otra vez."
    ).format(n=size, next=leap.upto + 1)
    document = {"ok": True, "file": args.file, "ledger_size": size, "central": leap.upto + 1}
    answer(args, document, words)
    return 0
