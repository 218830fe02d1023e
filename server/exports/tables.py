"""One kind's records in the three forms of an export: CSV, Parquet, and the XML of a workbook's sheet.

CSV is what is verified row by row; the others are the same rows for reading, held by their digest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from itinerant.domain.fields import Kind, Type, Value
from server.exports import sheets
from server.exports.parquet import Column, ColumnType, ParquetWriter
from server.exports.workbook import SheetWriter

CHUNK = 1 << 18
BATCH = 500
"""Rows that become CSV together."""

_LEADING = {
    "void": ColumnType.BOOLEAN,
    "partial": ColumnType.BOOLEAN,
    "changes": ColumnType.INTEGER,
    "at": ColumnType.INSTANT,
}

_TYPES = {
    Type.INTEGER: ColumnType.INTEGER,
    Type.INSTANT: ColumnType.INSTANT,
    Type.DATE: ColumnType.DATE,
    Type.BOOLEAN: ColumnType.BOOLEAN,
}

FREE = frozenset({Type.TEXT, Type.KEY})
"""Fields whose texts may begin with any sign."""


class KindTables:
    """Writes the rows of one kind into files of `folder`."""

    def __init__(self, folder: Path, kind: Kind, stack: ExitStack) -> None:
        self.rows = 0
        columns = _columns(kind)
        names = [column.name for column in columns]
        instants = frozenset(at for at, column in enumerate(columns) if column.type is ColumnType.INSTANT)
        self._lists = [at for at, item in enumerate(kind.fields, len(sheets.LEADING)) if item.type is Type.CODES]
        self._free = [at for at, item in enumerate(kind.fields, len(sheets.LEADING)) if item.type in FREE]
        self._waiting: list[list[Value]] = []
        self._csv = stack.enter_context((folder / f"{kind.name}.csv").open("w+b"))
        self._csv.write(sheets.line(names).encode())
        self._columns = stack.enter_context((folder / f"{kind.name}.parquet").open("w+b"))
        self._parquet = ParquetWriter(self._columns, columns)
        self.sheet = SheetWriter(folder, kind.name, names, instants)
        stack.callback(self.sheet.close)

    def add(self, values: list[Value]) -> None:
        """Write one row, a value a column. Lists in it become texts."""
        for at in self._lists:
            codes = values[at]
            if isinstance(codes, list):
                values[at] = " ".join(codes)
        self._waiting.append(values)
        if len(self._waiting) == BATCH:
            self._write_csv()
        self._parquet.add(values)
        self.sheet.add(values)
        self.rows += 1

    def finish(self) -> None:
        """Write what is held back."""
        self._write_csv()
        self._parquet.finish()
        self.sheet.finish()

    def _write_csv(self) -> None:
        if self._waiting:
            self._csv.write(sheets.csv_lines(self._waiting, self._free))
            self._waiting = []

    def csv(self) -> Iterator[bytes]:
        """The bytes of the CSV file."""
        return chunks_of(self._csv)

    def parquet(self) -> Iterator[bytes]:
        """The bytes of the Parquet file."""
        return chunks_of(self._columns)


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """A file from its beginning, in pieces."""
    file.seek(0)
    while data := file.read(CHUNK):
        yield data


def _columns(kind: Kind) -> list[Column]:
    leading = [Column(name, _LEADING.get(name, ColumnType.TEXT)) for name in sheets.LEADING]
    return leading + [Column(item.name, _TYPES.get(item.type, ColumnType.TEXT)) for item in kind.fields]
