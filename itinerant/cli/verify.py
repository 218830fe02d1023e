"""`itinerant verify`: checks an auditor's export, offline. The verifier itself stands alone in `audit`."""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.cli import output
from itinerant.cli.arguments import Parser
from itinerant.errors import UserError
from itinerant.texts import _


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    parser.add_argument("export", type=Path, metavar=_("EXPORTACIÓN"), help=_("el archivo ZIP"))
    parser.add_argument("--key", default="", metavar=_("LLAVE"), help=_("llave de la oficina, recibida por otra vía"))
    parser.add_argument("--previous", type=Path, metavar=_("ANTERIOR"), help=_("una exportación anterior"))
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from itinerant.audit.report import Broken
    from itinerant.audit.verify import verify

    try:
        report = verify(asked.export, asked.key, asked.previous)
    except OSError as error:
        raise UserError(_("No se puede leer la exportación."), place=str(error.filename), code="unreadable") from error
    except Broken as broken:
        raise UserError(broken.finding.sentence, place="--key", code=broken.finding.code) from broken
    output.line(report.to_json() if asked.json else report.to_text())
    return 0 if report.ok else 1
