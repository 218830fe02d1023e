"""`itinerant conflict`: fields to which two people gave different values, and how each is settled."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from itinerant.cli import lines, output, records
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.unlocking import unlock
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.log.merge import Conflict


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    group.add("list", _("lista los conflictos abiertos"), _list)
    resolving = group.add("resolve", _("resuelve un conflicto con uno de sus valores o con otro"), _resolve)
    resolving.add_argument("record", metavar=_("NÚMERO"))
    resolving.add_argument("field", metavar=_("CAMPO"))
    resolving.add_argument("--value", required=True, metavar="JSON", help=_("el valor que queda"))
    records.why_option(resolving)


def as_dict(conflict: Conflict) -> dict[str, Any]:
    """A conflict as commands print it."""
    return {
        "record": conflict.record,
        "kind": conflict.kind,
        "field": conflict.field,
        "base": conflict.base,
        "provisional": conflict.provisional,
        "candidates": [
            {"value": one.value, "change": one.change, "by": one.by, "at": one.at} for one in conflict.candidates
        ],
    }


def _list(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        found = laptop.conflicts()
    if asked.json:
        for one in found:
            output.document(as_dict(one))
        return 0
    for one in found:
        output.line(f"{one.record}  {one.field}")
        output.table(
            (_("Valor"), _("Cambio"), _("Persona"), ""),
            [
                (json.dumps(item.value, ensure_ascii=False), item.change, item.by, _provisional(one, item.value))
                for item in one.candidates
            ],
        )
        output.line("")
    if not found:
        output.say(_("No hay conflictos."))
    return 0


def _provisional(conflict: Conflict, value: object) -> str:
    return _("provisional") if json.dumps(value) == json.dumps(conflict.provisional) else " "


def _resolve(asked: argparse.Namespace) -> int:
    value = lines.parse_value(asked.value)
    with unlock(asked) as laptop:
        return records.done(asked.record, laptop.resolve(asked.record, asked.field, value, asked.why))
