"""The reading copies (Parquet, XLSX, acta): the same rows, read by programs that others wrote."""

import csv
import datetime
import io
import re

import duckdb
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itinerant.domain import pdf
from itinerant.domain.fields import Type
from itinerant.domain.kinds import KINDS
from itinerant.domain.pdf import Line
from server.exports import parquet, workbook
from server.exports.parquet import Column, ColumnType, ParquetWriter
from tests.audit.surgery import Copy

EPOCH = datetime.datetime.fromisoformat("1970-01-01")


@pytest.fixture(scope="module")
def copy(export):
    return Copy(export)


def rows_of(copy, kind):
    return list(csv.DictReader(io.StringIO(copy.members[f"records/{kind}.csv"].decode(), newline="")))


def as_cell(value):
    """A value that another program read, as the CSV writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return str(round((value - EPOCH).total_seconds() * 1000))
    return str(value)


@pytest.mark.parametrize("kind", KINDS)
def test_parquet_has_the_rows_of_the_csv(copy, tmp_path, kind):
    path = tmp_path / "x.parquet"
    path.write_bytes(copy.members[f"records/{kind}.parquet"])
    found = duckdb.sql(f"SELECT * FROM '{path}'")
    expected = rows_of(copy, kind)
    read = [dict(zip(found.columns, map(as_cell, row), strict=True)) for row in found.fetchall()]
    plain = [{name: text.removeprefix("'") for name, text in row.items()} for row in expected]
    assert read == plain


def test_the_workbook_has_the_rows_of_the_csv_and_lima_s_dates(copy):
    book = openpyxl.load_workbook(io.BytesIO(copy.members["records.xlsx"]), read_only=True)
    assert book.sheetnames == list(KINDS)
    for kind, declaration in KINDS.items():
        heading, *rows = book[kind].iter_rows(values_only=True)
        expected = rows_of(copy, kind)
        assert len(rows) == len(expected)
        instants = {"at", *(item.name for item in declaration.fields if item.type is Type.INSTANT)}
        for row, wanted in zip(rows, expected, strict=True):
            for name, value in zip(heading, row, strict=True):
                if name in instants and value is not None:
                    lima = value + datetime.timedelta(hours=5)
                    assert abs((lima - EPOCH).total_seconds() * 1000 - int(wanted[name])) < 1000
                else:
                    assert as_cell(value) == wanted[name].removeprefix("'")


def test_no_cell_of_the_workbook_is_a_formula(copy):
    book = openpyxl.load_workbook(io.BytesIO(copy.members["records.xlsx"]))
    cells = [cell for row in book["session"].iter_rows() for cell in row]
    assert any(cell.value == "=cita pendiente" for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)


def test_a_kind_with_more_rows_than_a_sheet_goes_on_in_another(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_ROWS", 4)
    sheet = workbook.SheetWriter(tmp_path, "session", ["n"], frozenset())
    for number in range(7):
        sheet.add([number])
    sheet.finish()
    with (tmp_path / "x.xlsx").open("w+b") as file:
        workbook.write(file, [sheet])
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == ["session", "session 2", "session 3"]
    assert [row[0] for name in book.sheetnames for row in book[name].iter_rows(min_row=2, values_only=True)] == [
        *range(7)
    ]


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
DAYS = st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31)).map(datetime.date.isoformat)
COLUMNS = {
    ColumnType.TEXT: TEXTS,
    ColumnType.INTEGER: st.integers(-(2**53), 2**53),
    ColumnType.INSTANT: st.integers(0, 4_102_444_800_000),
    ColumnType.DATE: DAYS,
    ColumnType.BOOLEAN: st.booleans(),
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    types=st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=20),
    count=st.integers(0, 25),
    data=st.data(),
)
def test_any_table_comes_back_from_parquet(tmp_path, monkeypatch, types, count, data):
    monkeypatch.setattr(parquet, "GROUP", 9)
    rows = [[data.draw(st.none() | COLUMNS[kind]) for kind in types] for _row in range(count)]
    path = tmp_path / "x.parquet"
    with path.open("wb") as file:
        writer = ParquetWriter(file, [Column(f"c{place}", kind) for place, kind in enumerate(types)])
        for row in rows:
            writer.add(row)
        writer.finish()
    duckdb.sql("SET enable_object_cache=false")
    read = duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()

    def plain(value):
        if isinstance(value, datetime.datetime):
            return round((value - EPOCH).total_seconds() * 1000)
        return value.isoformat() if isinstance(value, datetime.date) else value

    assert [[plain(value) for value in row] for row in read] == rows


def words_of(document):
    """The texts that a PDF shows, page after page."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", document, re.DOTALL)
    texts = [text for stream in streams for text in re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", stream)]
    return [re.sub(rb"\\(.)", rb"\1", text).decode("cp1252") for text in texts]


def test_the_acta_says_office_range_root_and_limits(world, export, copy):
    words = "\n".join(words_of(copy.members["acta.pdf"]))
    for expected in (
        "ACTA DE EXPORTACIÓN PARA AUDITORÍA",
        world.office.settings.name,
        "El registro tiene 56 hojas",
        world.vkey,
        "LO QUE ESTO NO PRUEBA",
        "Firma:",
    ):
        assert expected in words
    changes = next(item for item in copy.manifest["files"] if item["name"] == "changes.jsonl")
    assert changes["sha256"] in words


def test_a_pdf_s_table_of_objects_points_at_them():
    document = pdf.write([Line(f"línea {number} (con paréntesis)") for number in range(150)], "título")
    start = int(re.search(rb"startxref\n(\d+)", document)[1])
    assert document[start : start + 4] == b"xref"
    offsets = [int(text) for text in re.findall(rb"(\d{10}) 00000 n", document[start:])]
    for number, offset in enumerate(offsets, 1):
        assert document[offset:].startswith(f"{number} 0 obj".encode())
    assert words_of(document)[149 + 2] == "línea 149 (con paréntesis)"
    assert document.count(b"/Type /Page ") == 3
