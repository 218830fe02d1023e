"""The manifest of an export and the office's signature on it: what fixes every byte that no change explains."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from itinerant.errors import Damaged, UserError
from itinerant.log import notes
from itinerant.log.notes import Checkpoint
from itinerant.log.tree import Fetch, consistency_proof
from itinerant.log.tree import root as tree_root
from itinerant.texts import _
from server.ledger import Ledger, is_signed
from server.office import Office

FORMAT = "itinerant-export/v1"
CHECKPOINT = "checkpoint"
MAX_CHECKPOINT = 64 * 1024


def seal(office: Office, first: int, size: int, manifest: bytes) -> str:
    """The signed note that stands beside the manifest. Its first line keeps it apart from a checkpoint."""
    digest = hashlib.sha256(manifest).hexdigest()
    text = f"{FORMAT}\n{office.settings.origin}\n{first} {size}\nsha256 {digest}\n"
    return notes.sign(text, office.settings.origin, office.keys.sign)


def base64_of(data: bytes) -> str:
    """Standard base64, as C2SP writes hashes."""
    return base64.b64encode(data).decode()


def read_previous(office: Office, path: Path) -> tuple[str, Checkpoint]:
    """The checkpoint of an earlier export, as a note and as what it says. Raises `UserError` when it is none."""
    try:
        with ZipFile(path) as archive, archive.open(CHECKPOINT) as file:
            note = file.read(MAX_CHECKPOINT).decode()
        size = Checkpoint.from_text(notes.split(note)[0]).size
        return note, notes.read_checkpoint(note, office.verifiers(size))
    except (OSError, BadZipFile, KeyError, UnicodeDecodeError, Damaged) as error:
        raise UserError(
            _("La exportación anterior no se puede leer, o no es de esta oficina."), place=str(path), code="previous"
        ) from error


def check_signed(office: Office, end: Ledger) -> None:
    """Raise `Damaged` unless the ledger's end is what the office signed last: an export must not sign it anew."""
    if not is_signed(end, office.verifiers(end.size)):
        raise Damaged(
            _("El final del registro no es el que la oficina firmó: la base de datos fue alterada."),
            next_step=_("Ejecute «itinerant-server doctor» y restaure una copia de respaldo."),
            code="ledger",
        )


def continues(previous: Checkpoint, size: int, fetch: Fetch) -> list[bytes]:
    """The proof that the ledger of `size` leaves begins with an earlier export's.

    Raises `UserError` when that one is longer, `Damaged` when the ledger was rewritten since.
    """
    if previous.size > size:
        raise UserError(
            _("La exportación anterior llega más lejos que la que pide."),
            next_step=_("Pida un periodo que termine después."),
            code="previous",
        )
    if tree_root(previous.size, fetch) != previous.root:
        raise Damaged(
            _("El registro ya no empieza como en la exportación anterior: fue reescrito."),
            next_step=_("No exporte: restaure una copia de respaldo y avise al responsable."),
            code="rewritten",
        )
    return consistency_proof(previous.size, size, fetch)
