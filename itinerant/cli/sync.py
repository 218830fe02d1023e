"""`itinerant sync`: sends what is pending to the office and fetches what is new."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from itinerant.cli import notice, output
from itinerant.cli.arguments import Parser
from itinerant.cli.status import state_of
from itinerant.cli.unlocking import unlock
from itinerant.cli.witness import warn
from itinerant.texts import N_, _, ngettext

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop
    from itinerant.sync.engine import SyncReport

Progress = Callable[[int, int], None]


_TOLD = {
    "revoked": N_("La oficina revocó esta laptop: guarda lo que envíe, pero aparte. Comuníquese con ella."),
    "lost": N_("La oficina tiene esta laptop por perdida: guarda lo que envíe, pero aparte. Comuníquese con ella."),
    "frozen": N_("La oficina observa esta laptop, quizá copiada: guarda lo que envíe, aparte. Comuníquese con ella."),
}
"""What a person must know of how the office sees the laptop."""


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    parser.add_argument("--dry-run", action="store_true", help=_("dice qué viajaría, sin enviar nada"))
    parser.add_argument("--once", action="store_true", help=_("un solo envío y su constancia"))
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        return _forecast(laptop, asked) if asked.dry_run else _sync(laptop, asked)


def _sync(laptop: Laptop, asked: argparse.Namespace) -> int:
    report = with_office(laptop, once=asked.once, progress=_silence if asked.json else _told)
    if state_of(laptop) in _TOLD:
        output.say(_(_TOLD[state_of(laptop)]))
    rewritten = warn(laptop)
    notices = notice.tell(laptop, json=asked.json)
    if asked.json:
        done = {"ok": not rewritten, "sent": report.sent, "received": report.received, "pending": report.pending}
        travelled = {"bytes_up": report.bytes_up, "bytes_down": report.bytes_down, "rounds": report.rounds}
        output.document({**done, **travelled, "notices": notices})
        return int(rewritten)
    output.pairs(
        [
            (_("Recibidos por la oficina"), report.sent),
            (_("Traídos de la oficina"), report.received),
            (_("Pendientes"), report.pending),
            (_("Bytes de ida y vuelta"), f"{report.bytes_up} + {report.bytes_down}"),
        ]
    )
    return int(rewritten)


def _forecast(laptop: Laptop, asked: argparse.Namespace) -> int:
    from itinerant.sync.engine import forecast

    would = forecast(laptop, time.time_ns() // 1_000_000)
    seconds = None if would.seconds is None else round(would.seconds, 1)
    if asked.json:
        output.document({"changes": would.changes, "bytes": would.size, "seconds": seconds})
        return 0
    output.pairs(
        [
            (_("Cambios"), would.changes),
            (_("Bytes"), would.size),
            (_("Segundos"), _("no se sabe: aún no hay mediciones") if seconds is None else seconds),
        ]
    )
    return 0


def _silence(_sent: int, _total: int) -> None:
    """Nobody watches."""


def _told(sent: int, total: int) -> None:
    if total:
        words = ngettext("Enviado {sent} de {total} cambio.", "Enviados {sent} de {total} cambios.", total)
        output.say(words.format(sent=sent, total=total))


def _never() -> bool:
    return False


def with_office(
    laptop: Laptop,
    *,
    once: bool = False,
    progress: Progress = _silence,
    cancelled: Callable[[], bool] = _never,
) -> SyncReport:
    """One sync with the laptop's own office, over the network."""
    from itinerant.sync.engine import sync
    from itinerant.sync.http import HttpTransport  # httpx: 100 ms

    with HttpTransport(laptop.identity.url) as transport:
        return sync(laptop, transport, once=once, progress=progress, cancelled=cancelled)
