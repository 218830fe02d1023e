"""`itinerant card`: readers and cards, the access of a staff card, the check of a citizen's.

* A PIN comes from a file or is typed unseen, never from the arguments. With few tries left `--insist` is asked for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.cli import output, unlocking
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.cards import Cards
from itinerant.texts import _


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    group.add("status", _("lectores y tarjetas que hay ahora"), _status)
    checking = group.add("check", _("comprueba que la persona tiene la tarjeta y sabe su PIN; no guarda nada"), _check)
    adding = group.add("add", _("deja que una tarjeta abra esta laptop"), _add)
    adding.add_argument("code", metavar=_("CÓDIGO"), help=_("código de la persona"))
    removing = group.add("remove", _("quita la tarjeta que se perdió y cambia la llave del cuaderno"), _remove)
    removing.add_argument("code", metavar=_("CÓDIGO"), help=_("código de la persona"))
    opening = group.add("unlock", _("prueba que la tarjeta abre esta laptop"), _unlock)
    for parser_ in (checking, adding, opening):
        parser_.add_argument("--pin-file", type=Path, metavar=_("ARCHIVO"), help=_("archivo con el PIN"))
        parser_.add_argument("--insist", action="store_true", help=_("aunque queden pocos intentos"))


def _status(asked: argparse.Namespace) -> int:
    from itinerant.card.readers import look

    found = look()
    rows = [
        {
            "reader": reader.name,
            "card": reader.card.value if reader.card else None,
            "busy": reader.busy,
            "mute": reader.mute,
        }
        for reader in found.readers
    ]
    if asked.json:
        output.document({"problem": found.problem, "readers": rows})
    elif found.problem or not rows:
        from itinerant.card.staff import missing

        output.say(str(missing(found)))
    else:
        words = [reader.card.words if reader.card else _("vacío") for reader in found.readers]
        output.table(
            (_("Lector"), _("Tarjeta")), list(zip([reader.name for reader in found.readers], words, strict=True))
        )
    return 1 if found.problem or not rows else 0


def _check(asked: argparse.Namespace) -> int:
    done = _cards(asked).check(pin_of(asked), insist=asked.insist)
    output.say(done.words)
    output.document({"card": done.card, "card_code": done.code})
    return 0 if done.card == "authenticated" else 1


def _add(asked: argparse.Namespace) -> int:
    from itinerant.cli.person import check_person

    check_person(asked.code)
    with unlocking.unlock(asked) as laptop:
        access = _cards(asked).new_access(pin_of(asked), insist=asked.insist)
        laptop.accesses.add_card(asked.code, access.kept, access.key)
    output.say(_("La tarjeta y su PIN abren esta laptop como {person}.").format(person=asked.code))
    output.document({"ok": True, "person": asked.code, "trust": access.trust.words})
    return 0


def _remove(asked: argparse.Namespace) -> int:
    with unlocking.unlock(asked) as laptop:
        laptop.accesses.remove_card(asked.code)
    output.say(_("La tarjeta de {person} ya no abre; el cuaderno tiene otra llave.").format(person=asked.code))
    output.document({"ok": True, "person": asked.code})
    return 0


def _unlock(asked: argparse.Namespace) -> int:
    unlocking.laptop_home(asked)
    with _cards(asked).unlock(pin_of(asked), insist=asked.insist) as laptop:
        person = laptop.person
    output.document({"ok": True, "person": person})
    return 0


def _cards(asked: argparse.Namespace) -> Cards:
    return Cards(unlocking.home_of(asked).root)


def pin_of(asked: argparse.Namespace) -> str:
    """The PIN: from the file that was named, or typed unseen."""
    if asked.pin_file is not None:
        return unlocking.read_passphrase(asked.pin_file)
    return unlocking.ask(_("PIN de la tarjeta (vacío si el lector tiene teclado): "))
