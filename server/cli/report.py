"""`report`: a report of a period, as a file or on standard output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from itinerant.errors import StoreProblem, UserError
from itinerant.texts import _
from server.cli.output import opened, say
from server.queries.totals import Scope
from server.reports import formats, kinds
from server.reports.period import Period


def run(args: argparse.Namespace) -> int:
    """Make it and write it."""
    with opened(args) as office:
        scope = Scope(
            Period.of(args.from_ or "", args.to or "", office.now_ms()), args.brigade, args.ubigeo, args.campaign
        )
        with office.database.reader() as connection:
            report, tables = kinds.make(connection, args.kind, scope)
        name = "json" if args.json else args.format
        data = formats.FORMATS[name][1]((report, scope, tables))
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
