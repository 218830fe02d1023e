"""`export`: the auditor's file."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from itinerant.errors import UserError
from itinerant.texts import _
from server import accesses
from server.cli.output import answer, opened
from server.exports.export import write_export
from server.exports.source import Asked


def run(args: argparse.Namespace) -> int:
    """Write it and say what it holds."""
    with opened(args) as office:
        done = write_export(
            office,
            Path(args.out),
            Asked(_day(args.from_), _day(args.to), args.visit, args.ubigeo),
            previous=Path(args.previous) if args.previous else None,
        )
        with office.database.writer() as connection:
            at = office.now_ms()
            accesses.note(connection, at=at, account=args.account, action="export", subject=done.path.name)
    document = {
        "file": str(done.path),
        "first": done.first,
        "ledger_size": done.size,
        "counts": done.counts,
        "flagged": done.flagged,
        "bytes": done.bytes,
        "vkey": office.verifier.vkey,
    }
    words = _("Exportación en {file}: {n} cambios del registro, {size} KiB.").format(
        file=done.path, n=done.size - done.first, size=done.bytes // 1024
    )
    answer(args, {"ok": True, **document}, words)
    return 0


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(_("«{text}» no es una fecha como 2026-11-23.").format(text=text), place=text) from error
