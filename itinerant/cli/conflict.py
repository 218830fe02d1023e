"""`itinerant conflict`: fields to which two people gave different values, and how each is settled."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from itinerant.cli import lines, output, records
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.unlocking import unlock
from itinerant.log.merge import before
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.log.merge import Conflict, Decision


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    listing = group.add("list", _("lista los conflictos abiertos"), _list)
    listing.add_argument("--decided", action="store_true", help=_("los ya decididos, que pueden deshacerse"))
    resolving = group.add("resolve", _("resuelve un conflicto con uno de sus valores o con otro"), _resolve)
    resolving.add_argument("record", metavar=_("NÚMERO"))
    resolving.add_argument("field", metavar=_("CAMPO"))
    resolving.add_argument("--value", required=True, metavar="JSON", help=_("el valor que queda"))
    records.why_option(resolving)
    undoing = group.add("undo", _("deshace una decisión; las dos quedan en la historia"), _undo)
    undoing.add_argument("record", metavar=_("NÚMERO"))
    undoing.add_argument("field", metavar=_("CAMPO"))
    records.why_option(undoing)


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


def _decided_as_dict(one: Decision) -> dict[str, Any]:
    now = one.change.set[one.conflict.field]
    who = {"change": one.change.ref, "by": one.change.by, "at": one.change.at, "why": one.change.why}
    return {**as_dict(one.conflict), "value": now, **who, "undo": before(one)}


def _list(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        decided = laptop.disputes.decided() if asked.decided else []
        found = [one.conflict for one in decided] if asked.decided else laptop.conflicts()
        visits = {one.record: laptop.disputes.visit_of(one.record) for one in found}
    if asked.json:
        documents = map(_decided_as_dict, decided) if asked.decided else map(as_dict, found)
        for document in documents:
            output.document({**document, "visit": visits[document["record"]]})
        return 0
    for index, one in enumerate(found):
        output.line("  ".join(part for part in (one.record, one.field, visits[one.record]) if part))
        if asked.decided:
            change = decided[index].change
            value = json.dumps(change.set[one.field], ensure_ascii=False)
            output.line(f"{_('Decidido')}: {value}  {change.ref}  {change.by}  {change.why}")
        output.table(
            (_("Valor"), _("Cambio"), _("Persona"), ""),
            [
                (json.dumps(item.value, ensure_ascii=False), item.change, item.by, _provisional(one, item.value))
                for item in one.candidates
            ],
        )
        output.line("")
    if not found:
        output.say(_("No hay decisiones que deshacer.") if asked.decided else _("No hay conflictos."))
    return 0


def _provisional(conflict: Conflict, value: object) -> str:
    return _("provisional") if json.dumps(value) == json.dumps(conflict.provisional) else " "


def _undo(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        return records.done(asked.record, laptop.disputes.undo(asked.record, asked.field, asked.why))


def _resolve(asked: argparse.Namespace) -> int:
    value = lines.parse_value(asked.value)
    with unlock(asked) as laptop:
        return records.done(asked.record, laptop.resolve(asked.record, asked.field, value, asked.why))
