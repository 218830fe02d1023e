"""An XLSX workbook (ECMA-376) of plain tables, one sheet a kind, streamed.

* Texts are inline strings: a spreadsheet never takes one for a formula, so none is altered here.
* Instants are shown as dates of Lima (UTC-5); everything else is as in the CSV.
* Written here, like the ZIP around it: the library takes 104 s for a million rows, and its bytes follow its version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

from itinerant.domain.fields import Value
from server.exports.archive import ArchiveWriter

MAX_ROWS = 1_048_576
"""Rows of a sheet (Excel's limit); longer tables go on in a second sheet."""

_DAY_MS = 86_400_000
_LIMA_MS = 5 * 3_600_000
_EXCEL_EPOCH = 25_569
"""Days from Excel's day 0 to 1970."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BEFORE = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_AFTER = "</sheetData></worksheet>"
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy\\ hh:mm:ss"/>'
    '</numFmts><fonts count="2"><font><sz val="10"/><name val="Arial"/></font><font><b/><sz val="10"/>'
    '<name val="Arial"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
    '<patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1">'
    '<xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/><xf xfId="0" '
    'numFmtId="164" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" '
    'builtinId="0"/></cellStyles></styleSheet>'
)


class SheetWriter:
    """Writes the rows of one kind into files of XML, `name.1.xml`, `name.2.xml` …, in `folder`."""

    def __init__(self, folder: Path, name: str, columns: Sequence[str], instants: frozenset[int]) -> None:
        self.name = name
        self.parts: list[Path] = []
        self._folder = folder
        self._instants = instants
        self._heading = "".join(f'<c s="1" t="inlineStr"><is><t>{escape(column)}</t></is></c>' for column in columns)
        self._file: BinaryIO | None = None
        self._left = 0

    def add(self, row: Sequence[Value]) -> None:
        """Write one row, a value a column."""
        if not self._left:
            self._begin()
        self._left -= 1
        cells = [_cell(value, index in self._instants) for index, value in enumerate(row)]
        assert self._file is not None
        self._file.write(f"<row>{''.join(cells)}</row>\n".encode())

    def finish(self) -> None:
        """End the last sheet; a kind without records has an empty one."""
        if not self.parts:
            self._begin()
        self._end()

    def close(self) -> None:
        """Close the file at hand, finished or not."""
        if self._file is not None:
            self._file.close()

    def _begin(self) -> None:
        self._end()
        path = self._folder / f"{self.name}.{len(self.parts) + 1}.xml"
        self.parts.append(path)
        self._file = path.open("wb")
        self._file.write(f"{_BEFORE}<row>{self._heading}</row>\n".encode())
        self._left = MAX_ROWS - 1

    def _end(self) -> None:
        if self._file is not None:
            self._file.write(_AFTER.encode())
            self._file.close()
            self._file = None


def write(file: BinaryIO, sheets: Sequence[SheetWriter]) -> None:
    """Put finished sheets together into a workbook."""
    parts = [(sheet.name if not index else f"{sheet.name} {index + 1}", path)
             for sheet in sheets for index, path in enumerate(sheet.parts)]  # fmt: skip
    archive = ArchiveWriter(file)
    archive.add("[Content_Types].xml", [_content_types(len(parts)).encode()])
    archive.add("_rels/.rels", [_relations([("officeDocument", "xl/workbook.xml")]).encode()])
    archive.add("xl/workbook.xml", [_workbook([name for name, _path in parts]).encode()])
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(parts) + 1)]
    archive.add("xl/_rels/workbook.xml.rels", [_relations([*targets, ("styles", "styles.xml")]).encode()])
    archive.add("xl/styles.xml", [_STYLES.encode()])
    for number, (_name, path) in enumerate(parts, 1):
        archive.add(f"xl/worksheets/sheet{number}.xml", _chunks(path))
    archive.finish()


def _cell(value: Value, instant: bool) -> str:
    if value is None:
        return "<c/>"
    if type(value) is str:
        text = value if value.isalnum() else escape(value)
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if type(value) is bool:
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, list):
        return _cell(" ".join(value), False)
    if instant:
        return f'<c s="2"><v>{(int(str(value)) - _LIMA_MS) / _DAY_MS + _EXCEL_EPOCH:.8f}</v></c>'
    return f"<c><v>{value}</v></c>"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(1 << 18):
            yield data


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{kind}.worksheet+xml"/>'
        for number in range(1, sheets + 1)
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{overrides}</Types>'
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'


def _workbook(names: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>' for number, name in enumerate(names, 1)
    )
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>'
