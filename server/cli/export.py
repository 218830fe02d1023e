"""`export`: the auditor's file, or the public edition of a month.

What a person sees of a long one is how many changes are done; Ctrl+C, or a polite kill, leaves no file behind.
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType

from itinerant.errors import UserError
from itinerant.texts import _
from server.access import accesses
from server.cli.output import answer, opened, say
from server.exports import public
from server.exports.export import write_export
from server.exports.source import Asked
from server.office import Office

_LONG = 20_000
"""Changes from which on an export takes long enough to say how far it is."""


def run(args: argparse.Namespace) -> int:
    """Write it and say what it holds."""
    if args.public:
        return _public(args)
    if args.month or args.k is not None:
        raise UserError(
            _("--month y --k son de la edición pública."), next_step=_("Agregue --public."), place="--month"
        )
    with _stoppable(), opened(args) as office:
        done = write_export(
            office,
            Path(args.out),
            Asked(_day(args.from_), _day(args.to), args.visit, args.ubigeo),
            previous=Path(args.previous) if args.previous else None,
            progress=_told(),
        )
        _note(office, args, done.path)
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


def _public(args: argparse.Namespace) -> int:
    if args.from_ or args.to or args.previous or not args.month:
        raise UserError(
            _("La edición pública es de un mes entero."), next_step=_("Use --public --month 2026-11."), place="--month"
        )
    with _stoppable(), opened(args) as office:
        done = public.write_public(office, Path(args.out), args.month, public.K if args.k is None else args.k)
        _note(office, args, done.path)
    document = {
        "file": str(done.path),
        "month": done.month,
        "sessions": done.sessions,
        "detailed": done.detailed,
        "rows": done.rows,
        "bytes": done.bytes,
    }
    words = _("Edición pública en {file}: {n} atenciones, {m} de ellas con distrito y servicio.")
    answer(args, {"ok": True, **document}, words.format(file=done.path, n=done.sessions, m=done.detailed))
    return 0


@contextmanager
def _stoppable() -> Iterator[None]:
    """A polite kill or a terminal that closes ends it as Ctrl+C does: in order, and saying that nothing was left."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    except KeyboardInterrupt:
        say(_("Se canceló; no quedó ningún archivo."))
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _told() -> Callable[[int, int], None]:
    """Says how far a long export is, each tenth of it."""
    tenths = 0

    def progress(done: int, total: int) -> None:
        nonlocal tenths
        if total < _LONG or done * 10 // total <= tenths:
            return
        tenths = done * 10 // total
        if done < total:
            say(_("Exportando: {done} de {total} cambios · Ctrl+C lo detiene").format(done=done, total=total))
        else:
            say(_("Escribiendo tablas y pruebas · Ctrl+C lo detiene"))

    return progress


def _note(office: Office, args: argparse.Namespace, path: Path) -> None:
    """Who took it out, and when."""
    with office.database.writer() as connection:
        accesses.note(connection, at=office.now_ms(), account=args.account, action="export", subject=path.name)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(_("«{text}» no es una fecha como 2026-11-23.").format(text=text), place=text) from error
