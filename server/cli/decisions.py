"""`conflict resolve` and `undo`, `duplicate confirm` and `dismiss`, `quarantine`'s verbs."""

from __future__ import annotations

import argparse
from dataclasses import asdict

import orjson

from itinerant.errors import UserError
from itinerant.texts import _
from server import conflicts, duplicates
from server.cli.output import answer, opened
from server.exchange import quarantine, recheck


def resolve(args: argparse.Namespace) -> int:
    """Decide one field of a record."""
    try:
        value = orjson.loads(args.value)
    except orjson.JSONDecodeError as error:
        raise UserError(
            _("--value lleva un valor JSON."), next_step=_("Por ejemplo: --value '\"resolved\"' o --value 15")
        ) from error
    with opened(args) as office:
        change = conflicts.resolve(office, args.record, args.field, value, args.why, by=args.account)
    answer(args, {"ok": True, "change": change}, _("Decidido con el cambio {change}.").format(change=change))
    return 0


def undo(args: argparse.Namespace) -> int:
    """Take back the decision on one field."""
    with opened(args) as office:
        change = conflicts.undo(office, args.record, args.field, args.why, by=args.account)
    answer(args, {"ok": True, "change": change}, _("Deshecho con el cambio {change}.").format(change=change))
    return 0


def confirm(args: argparse.Namespace) -> int:
    """Annul the session that repeats another."""
    with opened(args) as office:
        changes = duplicates.confirm(office, args.record, args.of, args.why, by=args.account)
    words = _("{record} quedó anulada: repite a {of}.").format(record=args.record, of=args.of)
    answer(args, {"ok": True, "changes": changes}, words)
    return 0


def dismiss(args: argparse.Namespace) -> int:
    """Two sessions that look alike are two."""
    with opened(args) as office:
        changes = duplicates.dismiss(office, args.record, args.other, args.why, by=args.account)
    words = _("{one} y {other} cuentan las dos.").format(one=args.record, other=args.other)
    answer(args, {"ok": True, "changes": changes}, words)
    return 0


def release(args: argparse.Namespace) -> int:
    """Let a waiting change into the ledger."""
    with opened(args) as office:
        change = quarantine.release(office, args.item, args.why, by=args.account)
    answer(args, {"ok": True, "change": change}, _("{change} pasó al registro.").format(change=change))
    return 0


def discard(args: argparse.Namespace) -> int:
    """Leave a waiting change out for good."""
    with opened(args) as office:
        change = quarantine.discard(office, args.item, args.why, by=args.account)
    answer(args, {"ok": True, "change": change}, _("{change} queda fuera.").format(change=change))
    return 0


def look_again(args: argparse.Namespace) -> int:
    """Take in what an older program could not."""
    with opened(args) as office:
        done = recheck.recheck(office, by=args.account)
    counts = asdict(done)
    words = _("Pasaron al registro: {released} cambios y {parcels} envíos; en espera: {waiting}.")
    answer(args, {"ok": True, **counts}, words.format(**counts))
    return 0
