"""`export`: the auditor's export of all that arrived, or of some days of it."""

from __future__ import annotations

import argparse
import hashlib
import sys
from datetime import date
from pathlib import Path

from itinerant.errors import UserError
from itinerant.texts import _
from server import accesses
from server.cli.output import answer, opened
from server.exports.export import write_export


def run(args: argparse.Namespace) -> int:
    """Write it, and print what is in it."""
    from_, to = _day(args.from_, "--from"), _day(args.to, "--to")
    out = Path(args.out)
    with opened(args) as office:
        summary = write_export(
            office,
            out,
            from_=from_,
            to=to,
            previous=Path(args.previous) if args.previous else None,
            progress=_progress if sys.stderr.isatty() else lambda _done, _total: None,
        )
        with office.database.writer() as connection:
            subject = f"{summary.first} {summary.size}"
            accesses.note(connection, at=office.now_ms(), account=args.account, action="export", subject=subject)
        key = office.verifier.vkey
    with out.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    document = {
        "file": str(out),
        "bytes": summary.bytes,
        "sha256": digest,
        "first": summary.first,
        "size": summary.size,
        **summary.counts,
        "guard_found": summary.flagged,
        "key": key,
    }
    answer(args, document, _words(summary.counts, document))
    return 0


def _words(counts: dict[str, int], document: dict[str, object]) -> str:
    return _(
        "Exportado en {file}: {changes} cambios, {records} registros, {conflicts} conflictos, {quarantine} en "
        "cuarentena.\nSHA-256: {sha256}\nLlave para verificarlo (entréguela por otra vía): {key}"
    ).format(**{**document, **counts})


def _day(text: str | None, place: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(_("«{text}» no es una fecha como 2026-11-23.").format(text=text), place=place) from error


def _progress(done: int, total: int) -> None:
    if total:
        end = "\n" if done == total else "\r"
        print(
            _("Exportando {done} de {total} · Ctrl+C detiene").format(done=done, total=total), end=end, file=sys.stderr
        )
