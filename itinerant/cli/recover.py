"""`itinerant recover`: asks the office to open a laptop whose passphrase nobody knows, and lets the person in."""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.cli import output, unlocking
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.person import check_person
from itinerant.texts import _


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    asking = group.add("request", _("escribe una solicitud para la oficina; no hace falta ninguna frase"), _request)
    finishing = group.add("finish", _("lee la respuesta y pone una frase nueva"), _finish)
    for verb in (asking, finishing):
        verb.add_argument("folder", type=Path, metavar=_("CARPETA"), help=_("la memoria USB, o una carpeta"))
        verb.add_argument("--person", required=True, metavar=_("CÓDIGO"), help=_("quién abrirá esta laptop"))


def _request(asked: argparse.Namespace) -> int:
    from itinerant.store.access import recovering
    from itinerant.store.laptop import wall_clock

    check_person(asked.person)
    home = unlocking.laptop_home(asked)
    request, path = recovering.ask(home, asked.folder, asked.person, wall_clock())
    output.say(_("Lleve {file} a la oficina.").format(file=path.name))
    output.say(_("Dícteles este código por teléfono o radio: {code}").format(code=request.code))
    done = {"ok": True, "device": request.device, "person": request.person, "file": str(path), "code": request.code}
    output.document(done)
    return 0


def _finish(asked: argparse.Namespace) -> int:
    from itinerant.store.access import recovering

    home = unlocking.laptop_home(asked)
    passphrase = unlocking.new_passphrase(asked, fresh=True)
    with recovering.finish(home, asked.folder, asked.person, passphrase) as laptop:
        people = laptop.people()
        departed = [one.code for one in laptop.accesses.list() if one.departed]
    output.say(_("{person} ya puede abrir esta laptop con su frase nueva.").format(person=asked.person))
    for code in departed:
        words = _("{person} ya no figura en el personal: quite su acceso con «itinerant person remove {person}».")
        output.say(words.format(person=code))
    output.document({"ok": True, "person": asked.person, "people": people})
    return 0
