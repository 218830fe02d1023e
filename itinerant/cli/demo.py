"""`itinerant demo`: a local office, enrolled laptops and sample data; then the screen, or a check of the whole road."""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from itinerant.cli import output
from itinerant.cli.arguments import Parser
from itinerant.errors import UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.demo.stage import Stage

CHECKED = 200
"""Sessions of a check, when nobody says how many."""
SHOWN = 48
"""Sessions that the screen finds, when nobody says how many."""
_TODAY = 12
_SEED = 7


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    parser.add_argument("--check", action="store_true", help=_("sin pantalla: recorre todo el camino y lo comprueba"))
    parser.add_argument("--sessions", type=_count, metavar="N", help=_("atenciones de ejemplo"))
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from itinerant.demo.stage import standing

    if not asked.check and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(
            _("La demostración abre una pantalla y necesita una terminal."),
            next_step=_("Sin terminal use «itinerant demo --check»."),
            code="no_terminal",
        )
    _stop_in_order()
    with standing(Path(asked.home) if asked.home else None, output.say) as stage:
        return _check(stage, asked) if asked.check else _show(stage, asked)


def _stop_in_order() -> None:
    """A terminal that closes, or a polite kill, must not leave the office behind: leave as if the person had."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), leave)


def _check(stage: Stage, asked: argparse.Namespace) -> int:
    from itinerant.demo.check import run

    if not stage.fresh:
        raise UserError(
            _("En {folder} ya hay una demostración.").format(folder=stage.root),
            next_step=_("Elija otra carpeta con --home."),
            code="not_empty",
        )
    summary = asdict(run(stage, asked.sessions or CHECKED, output.say))
    if asked.json:
        output.document(summary)
    else:
        output.pairs(summary.items())
    output.say(_("✓ Todo el camino funciona: registro, envío, conflicto, exportación y verificación."))
    return 0


def _show(stage: Stage, asked: argparse.Namespace) -> int:
    from itinerant.cli.screen import show
    from itinerant.demo.scene import FIRST, PASSPHRASE

    if stage.fresh:
        _fill(stage, asked.sessions or SHOWN)
    return show(stage.home(FIRST), hint=PASSPHRASE)


def _fill(stage: Stage, count: int) -> None:
    """Yesterday's visit, received by the office already, and today's, open and not yet sent."""
    from itinerant.demo.days import Story, days_for, morning
    from itinerant.demo.scene import FIRST, SECOND

    output.say(_("Anoto atenciones de ejemplo…"))
    today = min(_TODAY, count // 2)
    before = count - today
    with stage.unlock(FIRST) as first, stage.unlock(SECOND) as second:
        stops = stage.stops(first)
        story = Story(first, stage.clock, stage.services(first), _SEED)
        for _number in story.live(before, morning(days_for(before)), stops[0]):
            pass
        stage.sync(first)
        stage.sync(second)
        story.today(today, stops[1])


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count
