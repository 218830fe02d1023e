"""How verbs are declared: a parser whose mistakes are the program's own errors, and options that are taken anywhere."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from itinerant.errors import UserError
from itinerant.texts import _, languages

Run = Callable[[argparse.Namespace], int]
"""Does what a verb asks and returns the exit code."""


class Parser(argparse.ArgumentParser):
    """A parser that raises `UserError`, and never guesses an option from a part of its name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Raise instead of leaving: one place writes errors."""
        raise UserError(
            f"{message[:1].upper()}{message[1:]}.",
            next_step=_("Ejecute «{program} --help».").format(program=self.prog),
            code="usage",
        )


class Verbs:
    """The verbs that may follow; each takes the global options too."""

    def __init__(self, parser: Parser, *, required: bool = True) -> None:
        self._verbs = parser.add_subparsers(
            title=_("órdenes"), metavar=_("ORDEN"), dest=_("orden"), required=required, parser_class=Parser
        )

    def add(self, name: str, summary: str, run: Run | None = None) -> Parser:
        """The parser of a verb that `run` does; `summary` is what the help says of it."""
        shared = global_options(argparse.SUPPRESS)
        parser: Parser = self._verbs.add_parser(name, help=summary, description=summary, parents=[shared])
        if run is not None:
            parser.set_defaults(run=run)
        return parser


def global_options(default: str | None = None) -> Parser:
    """The options taken before or after any verb; a verb's own copy leaves out what was not said."""
    options = Parser(add_help=False)
    group = options.add_argument_group(_("opciones de todas las órdenes"))
    given: dict[str, Any] = {"default": default} if default is not None else {}
    group.add_argument("--home", metavar=_("CARPETA"), help=_("carpeta de datos (o ITINERANT_HOME)"), **given)
    group.add_argument(
        "--passphrase-file",
        metavar=_("ARCHIVO"),
        help=_("archivo con la frase de acceso (o ITINERANT_PASSPHRASE_FILE)"),
        **given,
    )
    group.add_argument(
        "--lang",
        choices=[code for code, _name in languages()],
        help=_("idioma de las palabras (o ITINERANT_LANG)"),
        **given,
    )
    group.add_argument("--json", action="store_true", help=_("JSON en la salida, para programas"), **given)
    return options
