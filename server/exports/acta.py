"""acta.pdf: the export on paper, to be signed by hand: of whom, of what range, its hashes, and what it does not prove.

It bears no date of its own, so that the same range gives the same bytes; whoever signs it writes the date.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from itinerant.domain import pdf
from itinerant.domain.pdf import Line
from itinerant.log.notes import Checkpoint
from itinerant.texts import N_, _
from server.exports.readme import NOT_PROVEN, period
from server.exports.source import Asked
from server.office import Office

_TITLE = N_("Acta de exportación para auditoría")

_ALWAYS = frozenset({"verify.py", "records.xlsx", "dictionary.csv"})
"""Files without rows whose hash belongs on paper; the manifest has them all."""

_COUNTS = {
    "changes": N_("Cambios"),
    "records": N_("Registros"),
    "conflicts": N_("Conflictos, abiertos y decididos"),
    "quarantine": N_("En cuarentena"),
    "devices": N_("Equipos"),
    "heads": N_("Firmas de equipos"),
    "earlier": N_("Cambios anteriores que estos registros necesitan"),
}


def write(
    office: Office,
    asked: Asked,
    checkpoint: Checkpoint,
    counts: Mapping[str, int],
    files: Sequence[Mapping[str, object]],
) -> bytes:
    """The document. `files`: name and SHA-256 of every file written so far."""
    return pdf.write(list(_lines(office, asked, checkpoint, counts, files)), _(_TITLE))


def _lines(
    office: Office,
    asked: Asked,
    checkpoint: Checkpoint,
    counts: Mapping[str, int],
    files: Sequence[Mapping[str, object]],
) -> Iterator[Line]:
    yield Line(_(_TITLE).upper(), "bold")
    yield Line("")
    yield Line(_("Oficina: {name}").format(name=office.settings.name))
    yield Line(_("Registro: {origin}").format(origin=checkpoint.origin))
    yield Line(_("Periodo: {period} (días de Lima, según la llegada a la oficina)").format(period=period(asked)))
    yield Line(_("El registro tiene {size} hojas. Su raíz:").format(size=checkpoint.size))
    yield Line(checkpoint.root.hex(), "code")
    yield Line(_("Llave con que se verifica (compárela con la que recibió por otra vía):"))
    yield from (Line(part, "code") for part in textwrap.wrap(office.verifier.vkey, pdf.WIDTH))
    yield Line("")
    yield Line(_("CONTENIDO"), "bold")
    for name, label in _COUNTS.items():
        yield Line(f"{_(label)}: {counts[name]}")
    yield Line("")
    yield Line(_("LO QUE ESTO NO PRUEBA"), "bold")
    for sentence in NOT_PROVEN:
        yield from (Line(part) for part in textwrap.wrap("- " + _(sentence), 110, subsequent_indent="  "))
    yield Line("")
    yield Line(_("CONFORMIDAD"), "bold")
    for label in (_("Entrega"), _("Recibe")):
        yield Line("")
        yield Line(_("{who} (nombre y cargo): ______________________________________________").format(who=label))
        yield Line(_("Fecha: ____ / ____ / ________     Firma: ______________________________"))
    yield Line("")
    yield Line(_("HUELLAS SHA-256 (las demás están en manifest.json)"), "bold")
    for item in files:
        if item["rows"] or item["name"] in _ALWAYS:
            yield Line(f"{item['sha256']}  {item['name']}", "code")
