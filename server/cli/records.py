"""`catalogue import`, `record KIND add`, `record KIND amend`: what the office writes, in JSON as on the laptop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import orjson

from itinerant.domain.fields import Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.texts import _
from server import catalogue as catalogues
from server import central
from server.cli.output import answer, line, opened
from server.office import Office

BAD_INPUT = 2

_OWN_COMMANDS = {
    "device": "enrol-code · revoke",
    "staff": "staff add",
    "access_seal": "serve",
    "office_key": "key rotate",
}
"""Kinds that are more than a record: keys and one-time codes, names in the roster, what the office signs."""


def catalogue(args: argparse.Namespace) -> int:
    """Bring the catalogue up to date with a file."""
    with opened(args) as office:
        done = catalogues.import_file(office, Path(args.file), by=args.account)
    words = _("{services} servicios de {entities} entidades: {added} nuevos, {amended} corregidos.").format(
        services=done.services, entities=done.entities, added=done.added, amended=done.amended
    )
    document = {"services": done.services, "entities": done.entities, "added": done.added, "amended": done.amended}
    answer(args, {"ok": True, **document}, words)
    return 0


def add(args: argparse.Namespace) -> int:
    """Add records from JSON Lines; a bad line is refused, the others are saved."""
    _require_kind(args.kind)
    code = 0
    with opened(args) as office:
        for number, text in enumerate(sys.stdin.buffer, start=1):
            if text.strip():
                code = max(code, _add_one(office, args, number, text))
    return code


def amend(args: argparse.Namespace) -> int:
    """Correct a record: `{"set":{field:value,…},"why":"…"}` on standard input."""
    _require_kind(args.kind)
    asked = _object(sys.stdin.buffer.read())
    values: object = asked.get("set")
    why: object = asked.get("why", "")
    if not isinstance(values, dict) or not isinstance(why, str):
        raise UserError(_('Se espera {"set":{…},"why":"…"} por la entrada estándar.'))
    with opened(args) as office, office.database.writer() as connection:
        known = central.read(connection, args.record)
        if known.kind != args.kind:
            raise UserError(_("El registro {ref} es de otra clase.").format(ref=args.record), place=args.record)
        changed = central.amend(connection, office, args.record, values, by=args.account, why=why)
    words = _("Corregido.") if changed else _("Ya estaba así.")
    answer(args, {"ok": True, "record": args.record, "changed": changed}, words)
    return 0


def _add_one(office: Office, args: argparse.Namespace, number: int, text: bytes) -> int:
    try:
        values: Mapping[str, Value] = _object(text)
        with office.database.writer() as connection:
            ref = central.create(connection, office, args.kind, [values], by=args.account)[0]
    except UserError as error:
        line({"ok": False, "line": number, "field": error.place, "error": error.sentence})
        return BAD_INPUT
    line({"ok": True, "record": ref})
    return 0


def _object(text: bytes) -> dict[str, Value]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UserError(_("La línea no es JSON válido.")) from error
    if not isinstance(value, dict):
        raise UserError(_("Se espera un objeto JSON por línea."))
    return value


def _require_kind(kind: str) -> None:
    if kind in _OWN_COMMANDS:
        raise UserError(
            _("Esta clase tiene su propia orden."), next_step=f"itinerant-server {_OWN_COMMANDS[kind]}", place=kind
        )
    if kind not in KINDS:
        raise UserError(_("No hay registros de clase «{kind}».").format(kind=kind), next_step=", ".join(KINDS))
