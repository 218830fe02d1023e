"""`itinerant sync`: sends what is pending to the office and fetches what is new."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import asdict, replace
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
MOST_MEGABYTES = 100_000


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
    parser.add_argument(
        "--office-time",
        action="store_true",
        help=_("con el reloj de la laptop mal: no mira las fechas del certificado de la oficina, todo lo demás sí"),
    )
    parser.add_argument("--log", action="store_true", help=_("qué resultó de cada intento, lo último primero"))
    parser.add_argument("--automatic", choices=("on", "off"), help=_("si la pantalla sincroniza por sí sola"))
    parser.add_argument(
        "--daily-cap", type=_megabytes, metavar="MB", help=_("tope de MB al día de lo automático; 0: sin tope")
    )
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        if asked.automatic is not None or asked.daily_cap is not None:
            return _settle(laptop, asked)
        if asked.log:
            return _log(laptop, asked)
        return _forecast(laptop, asked) if asked.dry_run else _sync(laptop, asked)


def _megabytes(text: str) -> int:
    """Bytes of so many megabytes."""
    number = float(text.replace(",", "."))
    if not 0 <= number <= MOST_MEGABYTES:
        raise ValueError(text)
    return int(number * 1_000_000)


def _settle(laptop: Laptop, asked: argparse.Namespace) -> int:
    """Change what a person may choose, and say what holds now."""
    from itinerant.domain.synced import size

    chosen = laptop.tries.settings
    if asked.automatic is not None:
        chosen = replace(chosen, automatic=asked.automatic == "on")
    if asked.daily_cap is not None:
        chosen = replace(chosen, daily_cap=asked.daily_cap)
    laptop.tries.settings = chosen
    if asked.json:
        output.document(asdict(chosen))
        return 0
    cap = size(chosen.daily_cap) if chosen.daily_cap else _("ninguno")
    output.pairs([(_("Sincroniza por sí sola"), _("sí") if chosen.automatic else _("no")), (_("Tope del día"), cap)])
    return 0


def _log(laptop: Laptop, asked: argparse.Namespace) -> int:
    from itinerant.domain.synced import told

    for entry in laptop.tries.latest():
        output.document(asdict(entry)) if asked.json else output.line(told(entry))
    return 0


def _sync(laptop: Laptop, asked: argparse.Namespace) -> int:
    from itinerant.domain.synced import size

    settings, today = laptop.tries.settings, laptop.tries.today
    if settings.daily_cap and today.total >= settings.daily_cap:
        warning = _("Hoy ya se pasó el tope de {cap}: se sincroniza igual, porque usted lo pidió.")
        output.say(warning.format(cap=size(settings.daily_cap)))
    progress = _silence if asked.json else _told
    report = with_office(laptop, once=asked.once, progress=progress, office_time=asked.office_time)
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
    from itinerant.domain.synced import foreseen
    from itinerant.sync.engine import forecast

    would = forecast(laptop, time.time_ns() // 1_000_000)
    seconds = None if would.seconds is None else round(would.seconds, 1)
    if asked.json:
        told = {"changes": would.changes, "sessions": would.sessions, "bytes": would.size, "seconds": seconds}
        output.document(told)
        return 0
    output.line(foreseen(would.sessions, would.changes - would.sessions, would.size, would.seconds))
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
    office_time: bool = False,
    automatic: bool = False,
) -> SyncReport:
    """One sync with the laptop's own office, over the network. `office_time`: with the time rescue."""
    from itinerant.sync.engine import sync
    from itinerant.sync.http import HttpTransport  # httpx: 100 ms

    since = (laptop.sync_state.last_receipt_at or 0) if office_time else None
    with HttpTransport(laptop.identity.url, cancelled=cancelled, trusted_since=since) as transport:
        return sync(laptop, transport, once=once, progress=progress, cancelled=cancelled, automatic=automatic)
