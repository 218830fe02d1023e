"""`itinerant parcel`: the sync by stick; the same parcels and receipts, carried in a folder, office or no office."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.cli import notice, output
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.unlocking import unlock
from itinerant.cli.witness import warn
from itinerant.texts import _, ngettext

if TYPE_CHECKING:
    from itinerant.sync.courier import FromPeer


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    verbs = Verbs(parser)
    words = _("escribe en la memoria los envíos para la oficina y para las otras laptops de la brigada")
    writing = verbs.add("write", words, _write)
    writing.add_argument("folder", type=Path, metavar=_("CARPETA"))
    words = _("lee de la memoria las constancias de la oficina y lo que otras laptops escribieron para esta")
    reading = verbs.add("read", words, _read)
    reading.add_argument("folder", type=Path, metavar=_("CARPETA"))
    verbs.add("drives", _("dice qué memorias hay conectadas y cuánto espacio tienen"), _drives)


def _write(asked: argparse.Namespace) -> int:
    from itinerant.sync.courier import write_parcels

    with unlock(asked) as laptop:
        written = write_parcels(laptop, asked.folder, time.time_ns() // 1_000_000)
    peers = {peer.device: peer.changes for peer in written.peers}
    if asked.json:
        names = [path.name for path in written.files]
        done = {"ok": True, "files": names, "changes": written.changes, "bytes": written.size, "peers": peers}
        output.document(done)
    else:
        office = (_("Cambios para la oficina"), written.changes)
        others = [(_("Cambios para {device}").format(device=device), changes) for device, changes in peers.items()]
        output.pairs([(_("Archivos"), len(written.files)), office, *others, (_("Bytes"), written.size)])
    output.say(_("Siguen pendientes hasta leer aquí la constancia de la oficina."))
    return 0


def _read(asked: argparse.Namespace) -> int:
    from itinerant.sync.courier import read_stick

    with unlock(asked) as laptop:
        read = read_stick(laptop, asked.folder)
        rewritten = warn(laptop)
        notices = notice.tell(laptop, json=asked.json)
    for error in read.damaged:
        output.say(str(error))
    for peer in read.peers:
        _warn(peer)
    if asked.json:
        done = {
            "ok": not (read.damaged or rewritten),
            "receipts": read.receipts,
            "sent": read.sent,
            "received": read.received,
        }
        peers = {peer.device: {"changes": peer.changes, "out": peer.out, "ahead": peer.ahead} for peer in read.peers}
        damaged = [error.as_dict() for error in read.damaged]
        output.document({**done, "peers": peers, "foreign": read.foreign, "damaged": damaged, "notices": notices})
    else:
        output.pairs(
            [
                (_("Constancias"), read.receipts),
                (_("Recibidos por la oficina"), read.sent),
                (_("Traídos de la oficina"), read.received),
                *[(_("Traídos de {device}").format(device=peer.device), peer.changes) for peer in read.peers],
                (_("De otros equipos"), read.foreign),
                (_("Dañados"), len(read.damaged)),
            ]
        )
    return 1 if read.damaged or rewritten else 0


def _warn(peer: FromPeer) -> None:
    """What a person must know of what another laptop brought."""
    if peer.out:
        words = ngettext(
            "{n} cambio de {device} no cuenta: la oficina lo apartó o lo apartará.",
            "{n} cambios de {device} no cuentan: la oficina los apartó o los apartará.",
            peer.out,
        )
        output.say(words.format(n=peer.out, device=peer.device))
    if peer.ahead:
        output.say(
            _("{device} tiene de esta laptop más de lo que hay aquí: ¿se repuso una copia? Avise a la oficina.").format(
                device=peer.device
            )
        )


def _drives(asked: argparse.Namespace) -> int:
    from itinerant.sync.drives import present

    drives = present()
    if asked.json:
        for drive in drives:
            output.document(
                {
                    "path": str(drive.path),
                    "name": drive.name,
                    "file_system": drive.file_system,
                    "free": drive.free,
                    "total": drive.total,
                    "writable": drive.writable,
                }
            )
    elif drives:
        output.pairs([(str(drive.path), drive.words()) for drive in drives])
    else:
        output.say(_("No hay ninguna memoria conectada."))
    return 0
