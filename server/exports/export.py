"""The auditor's export: one ZIP with the changes as they were signed, what follows from them, and the proofs.

* Deterministic: the same range of the same ledger gives the same bytes, whoever asks and whenever (the present time
  stands nowhere in it).
* Streaming: memory grows by 32 bytes a change (the tiles).
* All or nothing: written beside its place and moved there whole; a cancelled one leaves nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from itinerant.errors import StoreProblem, UserError
from itinerant.texts import _
from server import ledger
from server.exports import seal
from server.exports.archive import ArchiveWriter
from server.exports.gather import Gathered
from server.exports.members import Members, Progress
from server.exports.source import EVERYTHING, Asked, Source
from server.keys import rotation
from server.office import Office


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What was exported: the stretch of the ledger, `counts` of each thing, and the file's size in bytes.

    `flagged`: free texts in which the privacy guard finds something.
    """

    path: Path
    first: int
    size: int
    counts: dict[str, int]
    flagged: int
    bytes: int
    checkpoint: str


def write_export(
    office: Office,
    out: Path,
    asked: Asked = EVERYTHING,
    *,
    previous: Path | None = None,
    progress: Progress = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ExportSummary:
    """Write the export of what was asked for into `out`; by default, of all that arrived.

    Raises `UserError` for an impossible period or selection or when cancelled, `Damaged` when the ledger does not
    hash to what the office signed or no longer begins as the `previous` export, `StoreProblem` when the disk does
    not take it.
    """
    if asked.first is not None and asked.last is not None and asked.first > asked.last:
        raise UserError(_("El periodo termina antes de empezar."), place="--to")
    before = seal.read_previous(office, previous) if previous else None
    rotation.restate_if_needed(office)
    part = out.with_name(out.name + ".part")
    try:
        with (
            ExitStack() as stack,
            office.database.reader() as connection,
            tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder,
        ):
            stack.callback(part.unlink, missing_ok=True)
            end = ledger.read(connection)
            seal.check_signed(office, end)
            source = Source(connection, end.size, asked)
            file = stack.enter_context(part.open("w+b"))
            gathered = Gathered(Path(folder), source, stack)
            members = Members(office, source, gathered, ArchiveWriter(file), Path(folder), progress, cancelled)
            checkpoint = members.write(end, before)
            size = file.seek(0, os.SEEK_END)
            file.flush()
            os.fsync(file.fileno())
            part.replace(out)
    except OSError as error:
        raise StoreProblem(
            _("No se pudo escribir la exportación: {reason}.").format(reason=error.strerror),
            safe=_("No quedó ningún archivo a medias."),
            place=str(out),
        ) from error
    return ExportSummary(out, source.first, source.size, members.counts, gathered.flagged, size, checkpoint)
