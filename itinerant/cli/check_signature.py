"""`itinerant check-signature`: what the signatures of a file are worth, offline. A technical check, and it says so."""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.cli import output, unlocking
from itinerant.cli.arguments import Parser
from itinerant.cli.signatures import Signatures
from itinerant.texts import _


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    parser.add_argument("file", type=Path, metavar=_("ARCHIVO"), help=_("PDF, XML, o lo que firma un .p7s"))
    parser.add_argument("--signature", type=Path, metavar="P7S", help=_("la firma, cuando está en otro archivo"))
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    verdict = Signatures(unlocking.home_of(asked).root).check(asked.file, asked.signature)
    if asked.json:
        output.document(verdict.as_dict())
    else:
        for line in verdict.lines():
            output.line(line)
    return 0 if verdict.good else 1
