"""`itinerant person`: who can unlock this laptop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.cli import output, unlocking
from itinerant.cli.arguments import Parser, Verbs
from itinerant.domain.people import STAFF
from itinerant.errors import UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.access.accesses import Access


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    group.add("list", _("quiénes pueden abrir esta laptop"), _list)
    adding = group.add("add", _("da acceso a una persona, con su propia frase"), _add)
    adding.add_argument("code", metavar=_("CÓDIGO"), help=_("código de la persona"))
    removing = group.add("remove", _("quita el acceso a una persona y cambia la llave del cuaderno"), _remove)
    removing.add_argument("code", metavar=_("CÓDIGO"), help=_("código de la persona"))
    changing = group.add("passphrase", _("cambia la frase de quien abre"), _passphrase)
    for parser_ in (adding, changing):
        parser_.add_argument(
            "--new-passphrase-file",
            type=Path,
            metavar=_("ARCHIVO"),
            help=_("archivo con la frase nueva; sin él, se pregunta"),
        )


def _list(asked: argparse.Namespace) -> int:
    with unlocking.unlock(asked) as laptop:
        people = laptop.accesses.list()
    if asked.json:
        for one in people:
            output.document(
                {"person": one.code, "name": one.name, "role": one.role, "departed": one.departed, "me": one.me}
            )
    else:
        output.table((_("Código"), _("Nombre"), _("Estado")), [(one.code, one.name, _note(one)) for one in people])
    return 0


def _note(one: Access) -> str:
    if one.departed:
        return _("! ya no figura en el personal: quite su acceso")
    return _("usted") if one.me else ""


def _add(asked: argparse.Namespace) -> int:
    check_person(asked.code)
    with unlocking.unlock(asked) as laptop:
        laptop.accesses.add(asked.code, new_passphrase(asked, asked.code))
        people = laptop.people()
    output.document({"ok": True, "person": asked.code, "people": people})
    return 0


def _remove(asked: argparse.Namespace) -> int:
    with unlocking.unlock(asked) as laptop:
        laptop.accesses.remove(asked.code)
        people = laptop.people()
    output.say(_("{person} ya no abre esta laptop; el cuaderno tiene otra llave.").format(person=asked.code))
    output.document({"ok": True, "person": asked.code, "people": people})
    return 0


def _passphrase(asked: argparse.Namespace) -> int:
    unlocking.laptop_home(asked)
    current = unlocking.passphrase_of(asked)
    with unlocking.open_with(asked, current) as laptop:
        laptop.accesses.change(current, new_passphrase(asked, laptop.person))
        person = laptop.person
    output.say(_("La frase anterior de {person} ya no abre.").format(person=person))
    output.document({"ok": True, "person": person})
    return 0


def check_person(code: str) -> None:
    """Raise `UserError` for what cannot be a person's code in the log."""
    problems = STAFF.problems({"code": code}, partial=True)
    if problems:
        raise UserError(problems[0].sentence, place="person", code=problems[0].code)


def new_passphrase(asked: argparse.Namespace, person: str) -> str:
    """A person's new passphrase: from a file, typed twice, or the first line of a program's input."""
    if asked.new_passphrase_file is not None:
        return unlocking.read_passphrase(asked.new_passphrase_file)
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return unlocking.ask_twice(_("Frase de acceso nueva de {person}: ").format(person=person))
