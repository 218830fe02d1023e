"""`itinerant person`: who can unlock this laptop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from itinerant.cli import output, unlocking
from itinerant.cli.arguments import Parser, Verbs
from itinerant.domain.people import STAFF
from itinerant.errors import UserError
from itinerant.texts import _


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    adding = group.add("add", _("da acceso a una persona, con su propia frase"), _add)
    adding.add_argument("code", metavar=_("CÓDIGO"), help=_("código de la persona"))
    adding.add_argument(
        "--new-passphrase-file",
        type=Path,
        metavar=_("ARCHIVO"),
        help=_("archivo con la frase de la persona nueva; sin él, se pregunta"),
    )


def _add(asked: argparse.Namespace) -> int:
    check_person(asked.code)
    with unlocking.unlock(asked) as laptop:
        laptop.add_person(asked.code, _new_passphrase(asked))
        people = laptop.people()
    output.document({"ok": True, "person": asked.code, "people": people})
    return 0


def check_person(code: str) -> None:
    """Raise `UserError` for what cannot be a person's code in the log."""
    problems = STAFF.problems({"code": code}, partial=True)
    if problems:
        raise UserError(problems[0].sentence, place="person", code=problems[0].code)


def _new_passphrase(asked: argparse.Namespace) -> str:
    """The new person's passphrase: from a file, typed twice, or the first line of a program's input."""
    if asked.new_passphrase_file is not None:
        return unlocking.read_passphrase(asked.new_passphrase_file)
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return unlocking.ask_twice(_("Frase de acceso de {person}: ").format(person=asked.code))
