"""`itinerant kiosk`: the screen as an automated agent, for the public; unlocking it and leaving it take the staff."""

from __future__ import annotations

import argparse
import sys

from itinerant.cli.arguments import Parser
from itinerant.errors import UserError
from itinerant.texts import _


def arguments(parser: Parser) -> None:
    """Declare the options of the verb."""
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from itinerant.cli import screen
    from itinerant.cli.unlocking import laptop_home

    home = laptop_home(asked)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(_("La pantalla necesita una terminal."), code="no_terminal")
    return screen.show(home.root, kiosk=True)
