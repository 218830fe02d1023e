"""`itinerant sign`: the acta of a visit, or a PDF of the person who is served, signed with the card in the reader."""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.cli import output, unlocking
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.card import pin_of
from itinerant.cli.signatures import Signatures
from itinerant.texts import _


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    acta = group.add("acta", _("firma el acta de una jornada; cubre la huella del registro"), _acta)
    acta.add_argument("ref", nargs="?", metavar=_("NÚMERO"), help=_("la abierta, o la última, si no se dice"))
    acta.add_argument("--out", type=Path, required=True, metavar=_("CARPETA"), help=_("dónde se escribe"))
    file = group.add("file", _("firma un PDF y deja al lado la copia firmada; aquí no queda nada"), _file)
    file.add_argument("file", type=Path, metavar="PDF")
    for verb in (acta, file):
        verb.add_argument("--pin-file", type=Path, metavar=_("ARCHIVO"), help=_("archivo con el PIN"))
        verb.add_argument("--insist", action="store_true", help=_("aunque queden pocos intentos"))


def _acta(asked: argparse.Namespace) -> int:
    from itinerant.cli.visit import visit_of
    from itinerant.store.disk.files import write_atomically
    from itinerant.tui.papers import acta_of

    with unlocking.unlock(asked) as laptop:
        made = acta_of(laptop, visit_of(laptop, asked.ref))
    name, content = _signatures(asked).sign_acta(made, pin_of(asked), insist=asked.insist)
    asked.out.mkdir(parents=True, exist_ok=True)
    write_atomically(asked.out / name, content)
    output.document({"ok": True, "visit": made.visit, "code": made.code, "file": str(asked.out / name)})
    return 0


def _file(asked: argparse.Namespace) -> int:
    target = _signatures(asked).sign_file(asked.file, pin_of(asked), insist=asked.insist)
    output.document({"ok": True, "file": str(target)})
    return 0


def _signatures(asked: argparse.Namespace) -> Signatures:
    return Signatures(unlocking.home_of(asked).root)
