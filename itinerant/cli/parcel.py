"""`itinerant parcel`: the sync by stick; the same parcels and receipts, carried in a folder."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from itinerant.cli import output
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.unlocking import unlock
from itinerant.texts import _


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    verbs = Verbs(parser)
    writing = verbs.add("write", _("escribe en la memoria los envíos para la oficina"), _write)
    writing.add_argument("folder", type=Path, metavar=_("CARPETA"))
    reading = verbs.add("read", _("lee de la memoria las constancias de la oficina"), _read)
    reading.add_argument("folder", type=Path, metavar=_("CARPETA"))


def _write(asked: argparse.Namespace) -> int:
    from itinerant.sync.courier import write_parcels

    with unlock(asked) as laptop:
        written = write_parcels(laptop, asked.folder, time.time_ns() // 1_000_000)
    if asked.json:
        names = [path.name for path in written.files]
        output.document({"ok": True, "files": names, "changes": written.changes, "bytes": written.size})
    else:
        output.pairs([(_("Archivos"), len(written.files)), (_("Cambios"), written.changes), (_("Bytes"), written.size)])
    output.say(_("Siguen pendientes hasta leer aquí la constancia de la oficina."))
    return 0


def _read(asked: argparse.Namespace) -> int:
    from itinerant.sync.courier import read_stick

    with unlock(asked) as laptop:
        read = read_stick(laptop, asked.folder)
    for error in read.damaged:
        output.say(str(error))
    if asked.json:
        done = {"ok": not read.damaged, "receipts": read.receipts, "sent": read.sent, "received": read.received}
        output.document({**done, "foreign": read.foreign, "damaged": [error.as_dict() for error in read.damaged]})
    else:
        output.pairs(
            [
                (_("Constancias"), read.receipts),
                (_("Recibidos por la oficina"), read.sent),
                (_("Traídos de la oficina"), read.received),
                (_("De otros equipos"), read.foreign),
                (_("Dañados"), len(read.damaged)),
            ]
        )
    return 1 if read.damaged else 0
