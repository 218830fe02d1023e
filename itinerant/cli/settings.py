"""`itinerant settings`: what the screen of this laptop looks like and when it locks; without options, how it is now."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace

from itinerant.cli import output
from itinerant.cli.arguments import Parser
from itinerant.config import LEAST_IDLE_S, MOST_IDLE_S
from itinerant.errors import UserError
from itinerant.texts import _, languages

THEMES = ("claro", "oscuro", "contraste")


def arguments(parser: Parser) -> None:
    """Declare the options of the verb."""
    codes = [code for code, _name in languages()]
    parser.add_argument("--theme", choices=THEMES, help=_("colores de la pantalla"))
    parser.add_argument("--language", choices=codes, help=_("idioma de la pantalla"))
    parser.add_argument("--lock-after", type=int, metavar=_("SEGUNDOS"), help=_("segundos sin uso hasta bloquearse"))
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from itinerant.cli.desk import Desk
    from itinerant.cli.unlocking import laptop_home

    desk = Desk(laptop_home(asked).root)
    after = asked.lock_after
    if after is not None and not LEAST_IDLE_S <= after <= MOST_IDLE_S:
        text = _("El tiempo hasta bloquearse va de {low} a {high} segundos.")
        raise UserError(text.format(low=LEAST_IDLE_S, high=MOST_IDLE_S), code="bounds")
    given = {"theme": asked.theme, "language": asked.language, "idle_lock_s": after}
    chosen = {name: value for name, value in given.items() if value is not None}
    if chosen:
        desk.keep(replace(desk.preferences, **chosen))
    now = asdict(desk.preferences)
    if asked.json:
        output.document(now)
    else:
        shown = ((_("Colores"), "theme"), (_("Idioma"), "language"), (_("Bloquear tras"), "idle_lock_s"))
        output.pairs([(label, now[name]) for label, name in shown])
    return 0
