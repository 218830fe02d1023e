"""`signature raise`: the office's part in a signature that was made without a network."""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.card.trust import load
from itinerant.errors import UserError
from itinerant.texts import _
from server import signatures
from server.cli.output import answer, folder
from server.signatures import Level

ANCHORS = "anchors"


def raise_file(args: argparse.Namespace) -> int:
    """Raise a PDF's signatures; the result is written beside it, the PDF stays as it was."""
    source = Path(args.file)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise UserError(_("No se puede leer el archivo."), place=args.file) from error
    trust = load(Path(args.anchors) if args.anchors else folder(args) / ANCHORS)
    raised = signatures.raise_pdf(content, args.tsa, trust, Level(f"B-{args.level}"))
    target = Path(args.out) if args.out else source.with_name(f"{source.stem}-{raised.level.value}.pdf")
    target.write_bytes(raised.content)
    words = _("Elevado a {level}: {file}").format(level=raised.level.value, file=target)
    if raised.missing:
        words += "\n" + _("No pasó de ahí; falta: {what}. Repita otro día.").format(what=", ".join(raised.missing))
    answer(args, {"level": raised.level.value, "file": str(target), "missing": list(raised.missing)}, words)
    return 1 if raised.missing else 0
