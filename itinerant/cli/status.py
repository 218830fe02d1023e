"""`itinerant status`: what is saved, what the office has, and what keeps the rest."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from itinerant.cli import output
from itinerant.cli.arguments import Parser
from itinerant.cli.unlocking import condition_of, unlock
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from itinerant.domain.people import DEVICE

    with unlock(asked) as laptop:
        back = laptop.sync_state.office_back_at
        status = {**laptop.status(), "state": state_of(laptop), "office_back_at": back}
        matter = condition_of(laptop)
    if asked.json:
        output.document({**status, "condition": asdict(matter) if matter else None})
        return 0
    output.pairs(
        [
            (_("Equipo"), status["device"]),
            (_("Para la oficina está"), DEVICE.by_name["state"].label_of(status["state"]).lower()),
            (_("Cambios guardados"), status["head"]["seq"]),
            (_("Recibidos por la oficina"), status["received_upto"]),
            (_("Pendientes"), status["pending"]),
            (_("Apartados por la oficina"), status["quarantined"]),
            (_("Conflictos"), status["conflicts"]),
            (_("Avisos nuevos"), status["notices"]),
            (_("Última constancia"), moment(status["last_receipt_at"])),
            (_("Próximo intento"), moment(status["next_try_at"])),
            (_("Desfase del reloj"), _seconds(status["clock_skew_ms"])),
            (_("La oficina volvió a una copia"), moment(status["office_back_at"])),
            (_("Último error"), status["last_error"]),
        ]
    )
    if matter is not None:
        for text in ("", matter.title.upper(), matter.happened, matter.safe):
            output.line(text)
        for number, step in enumerate(matter.steps, start=1):
            output.line(f"{number}. {step}")
    return 0


def state_of(laptop: Laptop) -> str:
    """How the office sees this laptop, as its last receipt said; `invited` before the first one."""
    standing = laptop.standing
    return standing.state if standing else "invited"


def moment(ms: int | None) -> str:
    """An instant as people here write it, in the laptop's own time."""
    if ms is None:
        return ""
    try:
        return datetime.fromtimestamp(ms / 1_000).astimezone().strftime("%d/%m/%Y %H:%M")
    except (OverflowError, OSError, ValueError):
        return str(ms)


def _seconds(ms: int | None) -> str:
    return "" if ms is None else _("{n} s").format(n=round(ms / 1_000))
