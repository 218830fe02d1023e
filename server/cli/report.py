"""`report`: a report of a period, as a file or on standard output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from itinerant.errors import StoreProblem, UserError
from itinerant.texts import _
from server.cli.output import opened, say
from server.exports.public import K
from server.office import Office
from server.queries.totals import Scope
from server.reports import formats, kinds, public
from server.reports.formats import Made
from server.reports.period import Period


def _made(office: Office, args: argparse.Namespace) -> Made:
    period = Period.of(args.from_ or "", args.to or "", office.now_ms())
    scope = Scope(period, args.brigade, args.ubigeo, args.campaign)
    with office.database.reader() as connection:
        report, tables = kinds.make(connection, args.kind, scope)
    return report, scope, tables


def _public(office: Office, args: argparse.Namespace) -> Made:
    """The version that may be published: a whole month and nothing narrower."""
    if not (args.public and args.month) or args.from_ or args.to or args.brigade or args.ubigeo or args.campaign:
        raise UserError(_("La edición pública es de un mes entero: --public --month 2026-11, sin otro filtro."))
    return public.make(office, args.kind, args.month, args.k or K)


def run(args: argparse.Namespace) -> int:
    """Make it and write it."""
    with opened(args) as office:
        made = _public(office, args) if args.public or args.month else _made(office, args)
        name = "json" if args.json else args.format
        data = formats.FORMATS[name][1](made)
    if args.out:
        try:
            Path(args.out).write_bytes(data)
        except OSError as error:
            raise StoreProblem(
                _("No se pudo escribir {file}: {reason}.").format(file=args.out, reason=error.strerror), place=args.out
            ) from error
        say(_("Informe en {file}.").format(file=args.out))
        return 0
    if name == "json":
        print(data.decode())
    elif sys.stdout.isatty() and name != "csv":
        raise UserError(_("Ese formato va a un archivo."), next_step=_("Agregue --out ARCHIVO."), place="--out")
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 0
