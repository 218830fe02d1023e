"""`key list`, `key rotate`, `key export`, `key import`: the keys that make this office the one that it is."""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.log.notes import Verifier
from itinerant.sync.rotation import FIRST
from itinerant.texts import _
from server.cli import passphrases
from server.cli.output import answer, folder, line, opened, say
from server.keys import copies, rotation
from server.keys.rotation import SIGN


def listing(args: argparse.Namespace) -> int:
    """Every key that the office had, and how many laptops still know no later one."""
    with opened(args) as office:
        keys, origin = office.keys, office.settings.origin
        with office.database.reader() as connection:
            laptops = rotation.knowing(connection, office)
    pairs = [*keys.former, (keys.sign, keys.seal)]
    since = [0, *(step.size for step in keys.rotations)]
    for number, ((sign, _seal), size) in enumerate(zip(pairs, since, strict=True), FIRST):
        vkey = Verifier(origin, sign.public_key().public_bytes_raw()).vkey
        state = _("en uso") if number == keys.number else _("anterior")
        words = _("{number}. {vkey}  {state}; desde {size} cambios; laptops que la conocen: {laptops}")
        told = {"number": number, "vkey": vkey, "since": size, "laptops": laptops.get(number, 0)}
        if args.json:
            line({**told, "current": number == keys.number})
        else:
            print(words.format(number=number, vkey=vkey, state=state, size=size, laptops=told["laptops"]))
    return 0


def rotate(args: argparse.Namespace) -> int:
    """Put another key in use."""
    with opened(args) as office:
        step = rotation.rotate(office, args.which, args.why, by=args.account)
        vkey = office.verifier.vkey
    if args.which == SIGN:
        words = _(
            "Llave de firma nueva (número {n}); la anterior la presentó. Publíquela junto a la anterior:\n  {vkey}"
        ).format(n=step.number, vkey=vkey)
    else:
        words = _("Llave de sellado nueva (número {n}); las anteriores siguen abriendo lo que se les selló.").format(
            n=step.number
        )
    say(_("Copie otra vez la carpeta keys/, o use «key export»: sin las llaves nuevas la oficina no sigue."))
    answer(args, {"ok": True, "number": step.number, "which": args.which, "vkey": vkey, "size": step.size}, words)
    return 0


def export(args: argparse.Namespace) -> int:
    """Write a copy that two holders open."""
    with opened(args) as office:
        copies.export(office, Path(args.file), _holders(args))
    words = _("Copia en {file}: la abren dos custodios juntos, con «key import».").format(file=args.file)
    answer(args, {"ok": True, "file": args.file}, words)
    return 0


def restore(args: argparse.Namespace) -> int:
    """Put the keys of a copy into an empty folder."""
    origin = copies.restore(folder(args), Path(args.file), _holders(args))
    words = _("Llaves de {origin} puestas en {folder}.").format(origin=origin, folder=folder(args))
    answer(args, {"ok": True, "origin": origin, "home": str(folder(args))}, words)
    return 0


def _holders(args: argparse.Namespace) -> list[tuple[str, str]]:
    files: list[str] = args.by_passphrase_file
    return [
        (who, passphrases.read(files[place] if place < len(files) else "", _("Frase de {who}: ").format(who=who)))
        for place, who in enumerate(args.by)
    ]
