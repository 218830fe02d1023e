"""`itinerant witness`: what this laptop saw of the office's ledger, and what to do when it was rewritten."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from itinerant.cli import output
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.status import moment
from itinerant.cli.unlocking import unlock
from itinerant.errors import UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    verbs = Verbs(parser)
    verbs.add("show", _("qué vio esta laptop del registro de la oficina, y si fue reescrito"), _show)
    verbs.add("note", _("el último sello comprobado, para dárselo a un auditor"), _note)
    restart = verbs.add("restart", _("da por vista una alarma y vuelve a vigilar desde el próximo sello"), _restart)
    restart.add_argument("--why", required=True, metavar=_("MOTIVO"), help=_("qué explicó la oficina"))


def _show(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        seen, summary = laptop.witness.seen, laptop.witness.as_dict()
    if asked.json:
        output.document({**summary, **asdict(seen), "alarm": asdict(seen.alarm) if seen.alarm else None})
    else:
        output.pairs(
            [
                (_("Hojas comprobadas del registro"), summary["size"]),
                (_("Comprobado por última vez"), moment(summary["at"])),
                (_("Alarmas ya vistas"), len(seen.settled)),
            ]
        )
        if seen.alarm is not None:
            output.line(f"✗ {seen.alarm.sentence} {seen.alarm.next_step}")
            output.line(_("Sello que vio esta laptop:") + f"\n{seen.alarm.known}")
            output.line(_("Sello que muestra la oficina:") + f"\n{seen.alarm.shown}")
    return 0 if seen.alarm is None else 1


def _note(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        note = laptop.witness.seen.note
    if not note:
        raise UserError(
            _("La oficina no ha mostrado aún su registro a esta laptop."),
            next_step=_("Sincronice y vuelva a intentar."),
            code="no_checkpoint",
        )
    if asked.json:
        output.document({"note": note})
    else:
        output.line(note.removesuffix("\n"))
    return 0


def _restart(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        laptop.witness.start_anew(asked.why)
    output.say(_("La alarma quedó anotada con su motivo; los dos sellos se guardan."))
    if asked.json:
        output.document({"ok": True})
    return 0


def warn(laptop: Laptop) -> bool:
    """Say loudly when the office's history was rewritten; whether it was."""
    alarm = laptop.witness.alarm
    if alarm is not None:
        output.say(f"✗ {alarm.sentence} {alarm.next_step}")
    return alarm is not None
