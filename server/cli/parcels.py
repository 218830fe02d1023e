"""`parcel read`, `parcel write`: the stick's other end."""

from __future__ import annotations

import argparse
from pathlib import Path

from itinerant.texts import _
from server.cli.output import answer, opened, say
from server.exchange import stick


def read(args: argparse.Namespace) -> int:
    """Take in what laptops wrote into a folder; 1 when something of it could not be read."""
    with opened(args) as office:
        done = stick.read(office, Path(args.folder))
    for problem in done.problems:
        say(str(problem))
    document = {
        "enrolled": done.enrolled,
        "parcels": done.parcels,
        "accepted": done.accepted,
        "quarantined": done.quarantined,
        "foreign": done.foreign,
        "problems": [problem.as_dict() for problem in done.problems],
    }
    words = _(
        "{parcels} envíos: {accepted} cambios recibidos, {quarantined} en cuarentena; {bad} archivos con problemas;"
        " {foreign} entre laptops, que la oficina no lee."
    )
    filled = words.format(
        parcels=done.parcels,
        accepted=done.accepted,
        quarantined=done.quarantined,
        bad=len(done.problems),
        foreign=done.foreign,
    )
    answer(args, {"ok": not done.problems, **document}, filled)
    return 1 if done.problems else 0


def write(args: argparse.Namespace) -> int:
    """Leave the receipts that laptops wait for in a folder."""
    with opened(args) as office:
        written = stick.write(office, Path(args.folder))
    words = _("{n} constancias escritas.").format(n=sum(written.values()))
    answer(args, {"ok": True, "receipts": written}, words)
    return 0
