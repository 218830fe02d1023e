"""A report as a file: JSON for programs, CSV and XLSX for spreadsheets, PDF for paper.

Amounts are whole cents and times whole seconds in JSON, CSV and XLSX, as their columns' names say; the PDF and the page
write them as people do.
"""

from __future__ import annotations

import io
import tempfile
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import orjson

from itinerant.domain import pdf, words
from itinerant.domain.pdf import Line
from itinerant.texts import _
from server.exports import sheets, workbook
from server.queries.totals import Scope
from server.reports.kinds import Report
from server.reports.table import CENTS, COUNT, SECONDS, SHARE, TEXT, Cell, Column, Table

_NARROWEST = 8

Made = tuple[Report, Scope, Sequence[Table]]


def as_json(made: Made) -> bytes:
    """One document: what was asked, and each table with its columns and rows."""
    report, scope, tables = made
    document = {
        "report": report.name,
        "title": _(report.title),
        "from": scope.period.first.isoformat(),
        "to": scope.period.last.isoformat(),
        "brigade": scope.brigade,
        "ubigeo": scope.ubigeo,
        "campaign": scope.campaign,
        "unit": "attention",
        "tables": [
            {
                "name": table.name,
                "title": table.title,
                "columns": [
                    {"name": each.name, "label": each.label, "kind": each.kind, "unit": each.unit}
                    for each in table.columns
                ],
                "rows": [dict(zip((each.name for each in table.columns), row, strict=True)) for row in table.rows],
                "notes": list(table.notes),
            }
            for table in tables
        ],
    }
    return orjson.dumps(document)


def as_csv(made: Made) -> bytes:
    """The tables one after the other, each under its title, with an empty line between; UTF-8 with its mark, so that
    a spreadsheet reads the accents."""
    lines: list[str] = []
    for table in made[2]:
        lines += ["\r\n"] if lines else []
        lines.append(sheets.line([sheets.cell(table.title)]))
        lines.append(sheets.line([sheets.cell(each.name) for each in table.columns]))
        lines += [sheets.line([_text(cell) for cell in row]) for row in table.rows]
    return "\ufeff".encode() + "".join(lines).encode()


def as_xlsx(made: Made) -> bytes:
    """A workbook, a sheet a table."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="itinerant-report-") as folder:
        written = []
        for table in made[2]:
            headings = [_heading(each) for each in table.columns]
            sheet = workbook.SheetWriter(Path(folder), table.name, headings, frozenset())
            for row in table.rows:
                sheet.add([str(cell) if isinstance(cell, float) else cell for cell in row])
            sheet.finish()
            written.append(sheet)
        workbook.write(out, written)
    return out.getvalue()


def as_pdf(made: Made) -> bytes:
    """The tables on paper, in columns of fixed-width letters; what does not fit in a line is cut."""
    report, scope, tables = made
    lines = [
        Line(_(report.title).upper(), "bold"),
        Line(_("Del {first} al {last}").format(first=_day(scope.period.first), last=_day(scope.period.last))),
        Line(_("La unidad es la atención, nunca la persona.")),
    ]
    for table in tables:
        lines += [Line(""), Line(table.title, "bold")]
        texts = [[each.label for each in table.columns]]
        texts += [[shown(cell, each) for cell, each in zip(row, table.columns, strict=True)] for row in table.rows]
        lines += [Line(line, "code") for line in _aligned(texts, [each.kind == TEXT for each in table.columns])]
        for note in table.notes:
            lines += [Line(part) for part in textwrap.wrap(note, 105)]
    return pdf.write(lines, _(report.title))


def _aligned(rows: Sequence[Sequence[str]], left: Sequence[bool]) -> list[str]:
    """Rows in columns that fit a line: the widest texts give way first."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(left))]
    while sum(widths) + 2 * len(widths) > pdf.WIDTH and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = []
    for row in rows:
        cells = [text[:width] for text, width in zip(row, widths, strict=True)]
        pairs = zip(cells, widths, left, strict=True)
        lines.append("  ".join(cell.ljust(width) if is_left else cell.rjust(width) for cell, width, is_left in pairs))
    return lines


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def shown(cell: Cell, column: Column) -> str:
    """A cell as people read it."""
    if cell is None:
        return "—"
    if column.kind == CENTS:
        return words.soles(int(cell))
    if column.kind == SECONDS:
        return words.duration(int(cell))
    if column.kind == SHARE:
        return f"{cell}".replace(".", ",") + " %"
    if column.kind == COUNT:
        return f"{cell:,}".replace(",", "\u00a0")
    return str(cell)


def _heading(column: Column) -> str:
    unit = {CENTS: _("céntimos"), SECONDS: "s", SHARE: "%", TEXT: "", COUNT: column.unit}[column.kind]
    return f"{column.label} ({unit})" if unit else column.label


def _text(cell: Cell) -> str:
    return str(cell) if isinstance(cell, float) else sheets.cell(cell)


FORMATS: Mapping[str, tuple[str, Callable[[Made], bytes]]] = {
    "json": ("application/json", as_json),
    "csv": ("text/csv; charset=utf-8", as_csv),
    "pdf": ("application/pdf", as_pdf),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}
"""Media type and maker of each format."""
