"""The acta of a visit: its totals on paper, to be signed by hand or with a card, and tied to the log by a code.

* It counts attentions, never persons, and holds nothing of a citizen: codes of staff, figures, a place.
* Its code is the head of the laptop's log when it is issued: whoever has the log can tell that nothing under the totals
  was altered since. The QR code says the same, with half of the hash.
* One content, three forms: lines for the screen, a plain text, a PDF; the same acta gives the same bytes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from itinerant.domain import pdf, qr, words
from itinerant.domain.fields import Value
from itinerant.domain.operations import READINESS
from itinerant.domain.session import SESSION
from itinerant.domain.summary import Summary
from itinerant.domain.visit import VISIT
from itinerant.texts import N_, _

TITLE = N_("Acta de la jornada")
_TOTALS = ("service", "outcome", "segment")
_WIDTH = 76
_PDF_WIDTH = 70
"""Characters of a line in the PDF: the QR code stands beside the first ones."""


@dataclass(frozen=True)
class Acta:
    """What an acta says. `head` is the hash (64 hexadecimal digits) of change number `seq`, the log's last one;
    `readiness` the values of the check before opening, empty without one; `named` reads a code of a field."""

    visit: str
    values: Mapping[str, Value]
    summary: Summary
    readiness: Mapping[str, Value]
    device: str
    seq: int
    head: str
    named: Callable[[str, str], str] = lambda _name, code: code

    @property
    def code(self) -> str:
        """The head as a person copies it: its first 12 digits, in groups of four."""
        return short_code(self.head)

    @property
    def qr_text(self) -> str:
        """What the QR code says. Capitals, digits and dashes alone: the smallest form of QR."""
        return f"ITINERANT ACTA {self.visit} {self.device} {self.seq} {self.head[:32]}".upper()

    @property
    def modules(self) -> list[list[bool]]:
        """The QR code."""
        return qr.matrix(self.qr_text)

    @property
    def file_name(self) -> str:
        """The name of its files, without what follows the dot."""
        return f"acta-{self.visit}-{self.seq}"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its pairs of label and value."""

    title: str
    pairs: Sequence[tuple[str, str]]


def short_code(head: str) -> str:
    """`9F2C-8A11-04BD` of a hash in hexadecimal."""
    text = head[:12].upper()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def sections(acta: Acta) -> list[Section]:
    """The acta's content in order."""
    totals = acta.summary
    found = [
        Section(_(TITLE), _about(acta)),
        Section(
            _("Totales"),
            [
                (_("Atenciones"), str(totals.total)),
                (_("Anuladas"), str(totals.void)),
                (_("Tiempo de atención"), words.duration(totals.seconds)),
                (_("Mediana por atención"), "" if totals.median_s is None else words.duration(totals.median_s)),
                (_("Pagado por servicios"), words.soles(totals.fee_cents)),
            ],
        ),
    ]
    for name in _TOTALS:
        field = SESSION.by_name[name]
        counts = totals.by[name].items()
        pairs = [
            (field.label_of(code) if code in field.allowed else acta.named(name, code), str(count))
            for code, count in counts
        ]
        found.append(Section(_("Por {field}").format(field=_(field.label).lower()), pairs))
    found.append(Section(_("Verificación previa"), _checked(acta.readiness)))
    found.append(
        Section(
            _("Código del acta"),
            [
                (_("Código"), acta.code),
                (_("Último cambio"), f"{acta.device}-{acta.seq}"),
                (_("Huella completa"), acta.head),
            ],
        )
    )
    return found


def _about(acta: Acta) -> list[tuple[str, str]]:
    values = acta.values
    closed = values.get("closed_at")
    said = {
        "ubigeo": acta.named("ubigeo", str(values.get("ubigeo") or "")),
        "present": ", ".join(present) if isinstance(present := values.get("present"), list) else "",
    }
    names = ("brigade", "place", "ubigeo", "opened_at", "closed_at", "capacity", "terminals", "present")
    pairs = [(_("Jornada"), acta.visit)]
    for name in names:
        field = VISIT.by_name[name]
        text = said.get(name) if name in said else words.shown(field, values.get(name))
        pairs.append((_(field.label), text or ""))
    if not isinstance(closed, int):
        pairs.append((_("Estado"), _("La jornada sigue abierta: este no es el acta de cierre.")))
    return [(label, text) for label, text in pairs if text]


def _checked(readiness: Mapping[str, Value]) -> list[tuple[str, str]]:
    if not readiness:
        return [(_("Resultado"), _("No se hizo."))]
    names = ("verdict", "checked_at", "note")
    pairs = [
        (_(READINESS.by_name[name].label), words.shown(READINESS.by_name[name], readiness.get(name))) for name in names
    ]
    return [(label, text) for label, text in pairs if text]


def text(acta: Acta) -> str:
    """The acta as plain text, 76 columns wide."""
    out: list[str] = []
    for section in sections(acta):
        out += [section.title.upper(), "-" * len(section.title)]
        for label, value in section.pairs:
            out.extend(_line(label, value, _WIDTH))
        out.append("")
    out += _signatures()
    return "\n".join(out) + "\n"


def document(acta: Acta) -> bytes:
    """The acta as a PDF on A4, with the QR code beside the first lines."""
    lines: list[pdf.Line] = []
    for section in sections(acta):
        lines += [pdf.Line(section.title, "bold")]
        lines += [pdf.Line(line, "code") for label, value in section.pairs for line in _line(label, value, _PDF_WIDTH)]
        lines.append(pdf.Line(""))
    lines += [pdf.Line(line) for line in _signatures()]
    return pdf.write(lines, f"{_(TITLE)} {acta.visit} · {acta.code}", acta.modules)


def files(acta: Acta) -> dict[str, bytes]:
    """The acta's files by name."""
    return {f"{acta.file_name}.txt": text(acta).encode(), f"{acta.file_name}.pdf": document(acta)}


def _line(label: str, value: str, width: int) -> list[str]:
    """`label .... value`. A label that is too long goes over several lines; a value that is, under the label."""
    if len(value) > width // 2:
        return [label, *textwrap.wrap(value, width - 2, initial_indent="  ", subsequent_indent="  ")]
    *over, last = textwrap.wrap(label, width - len(value) - 4, subsequent_indent="  ")
    return [*over, f"{last} {'.' * (width - len(last) - len(value) - 2)} {value}"]


def _signatures() -> list[str]:
    lines = [_("CONFORMIDAD"), ""]
    for who in (_("Responsable de la brigada"), _("Anfitrión del punto")):
        lines += [
            f"{who}: ______________________________",
            _("Firma: ____________________   Fecha: ____/____/______"),
            "",
        ]
    return lines
