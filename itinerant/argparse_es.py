"""argparse's own words in Spanish: it ships no catalogue, and what a person reads here is in Spanish.

* argparse passes its texts through two module-level names, `_` and `ngettext`; `speak` replaces both for this process.
* A text that is not in the table passes unchanged; a test reads argparse's source and fails for any that matters.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from itinerant.texts import N_, _, ngettext

TEXTS: Mapping[str, str] = {
    "usage: ": N_("uso: "),
    "options": N_("opciones"),
    "positional arguments": N_("argumentos"),
    "show this help message and exit": N_("muestra esta ayuda y termina"),
    "show program's version number and exit": N_("muestra la versión y termina"),
    "%(heading)s:": "%(heading)s:",
    " (default: %(default)s)": N_(" (si no se dice: %(default)s)"),
    "%(prog)s: error: %(message)s\n": N_("%(prog)s: error: %(message)s\n"),
    "argument %(argument_name)s: %(message)s": N_("%(argument_name)s: %(message)s"),
    "the following arguments are required: %s": N_("falta: %s"),
    "one of the arguments %s is required": N_("falta uno de estos: %s"),
    "unrecognized arguments: %s": N_("no se reconoce: %s"),
    "expected one argument": N_("necesita un valor"),
    "expected at least one argument": N_("necesita al menos un valor"),
    "expected at most one argument": N_("admite un solo valor"),
    "not allowed with argument %s": N_("no va junto con %s"),
    "ignored explicit argument %r": N_("no lleva el valor %r"),
    "invalid choice: %(value)r (choose from %(choices)s)": N_("%(value)r no es una opción: %(choices)s"),
    "invalid choice: %(value)r, maybe you meant %(suggestion)r? (choose from %(choices)s)": N_(
        "%(value)r no es una opción, ¿quiso decir %(suggestion)r?: %(choices)s"
    ),
    "invalid %(type)s value: %(value)r": N_("%(value)r no tiene la forma debida"),
    "unknown parser %(parser_name)r (choices: %(choices)s)": N_("no existe %(parser_name)r: %(choices)s"),
    "unexpected option string: %s": N_("no se esperaba %s"),
    "ambiguous option: %(option)s could match %(matches)s": N_("%(option)s puede ser %(matches)s"),
    "can't open '%(filename)s': %(error)s": N_("no se puede abrir «%(filename)s»: %(error)s"),
}


def speak() -> None:
    """Make argparse speak Spanish in this process."""
    for name, function in (("_", _translate), ("ngettext", _translate_count)):
        setattr(argparse, name, function)


def _translate(message: str) -> str:
    return _(TEXTS[message]) if message in TEXTS else message


def _translate_count(singular: str, plural: str, count: int) -> str:
    if singular == "expected %s argument":
        return ngettext("necesita %s valor", "necesita %s valores", count)
    return singular if count == 1 else plural
