"""`itinerant duplicate`: attentions that two laptops may have logged twice, and what a person says of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from itinerant.cli import output, records
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.status import moment
from itinerant.cli.unlocking import unlock
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.disk.shapes import StoredRecord


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    group.add("list", _("lista las posibles duplicadas"), _list)
    confirming = group.add("confirm", _("anula la que repite a la otra"), _confirm)
    confirming.add_argument("record", metavar=_("REPETIDA"))
    confirming.add_argument("--of", required=True, metavar=_("NÚMERO"), help=_("la que queda"))
    records.why_option(confirming)
    dismissing = group.add("dismiss", _("son dos atenciones: no se proponen más"), _dismiss)
    dismissing.add_argument("record", metavar=_("NÚMERO"))
    dismissing.add_argument("other", metavar=_("OTRA"))
    records.why_option(dismissing)


def _list(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        found = laptop.duplicates.list()
    if asked.json:
        for one in found:
            sessions = {"first": records.flat(one.first), "second": records.flat(one.second)}
            visit = one.first.values["visit"]
            refs = {"first": one.first.record, "second": one.second.record, "lost": one.lost, "visit": visit}
            output.document({**refs, "sessions": list(sessions.values())})
        return 0
    for one in found:
        output.line(_("! Cada una se anuló por repetir a la otra: no cuenta ninguna.") if one.lost else "")
        output.table(
            (_("Número"), _("Servicio"), _("Inicio"), _("Segundos"), _("Terminal"), _("Persona")),
            [_row(one.first), _row(one.second)],
        )
    if not found:
        output.say(_("No hay posibles duplicadas."))
    return 0


def _row(record: StoredRecord) -> tuple[object, ...]:
    values, started = record.values, record.values["started_at"]
    when = moment(started) if isinstance(started, int) else ""
    return record.record, values["service"], when, values["duration_s"], values["terminal"], record.made_by


def _confirm(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        changes = laptop.duplicates.confirm(asked.record, asked.of, asked.why)
    output.document({"ok": True, "changes": list(changes)})
    return 0


def _dismiss(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        changes = laptop.duplicates.dismiss(asked.record, asked.other, asked.why)
    output.document({"ok": True, "changes": list(changes)})
    return 0
