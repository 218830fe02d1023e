"""One file of records or conflicts, held line by line against what the changes make.

* A line that is right where it is expected costs one comparison and no memory.
* What differs is named once: altered, missing, added, repeated, moved. One dropped line is one finding and not a
  thousand: lines that came too early are held until they are asked for.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

from itinerant.audit.archive import Archive, parse
from itinerant.audit.report import Broken, Report
from itinerant.audit.rows import FORMULA, csv_line


class Waiting(NamedTuple):
    """A line that was not as it was expected: its place, and the row and text that it has (row 0: none yet)."""

    place: int
    row: int = 0
    text: bytes = b""


class Sheet:
    """A file with one line a record. `expect` each in turn, `read_rest`, `settle` what was not right, `finish`.

    With `columns` it is CSV, whose lines begin with their record; without, a line is its own key.
    """

    def __init__(self, archive: Archive, name: str, columns: Sequence[str] = ()) -> None:
        self.name = name
        self.rows = 0
        self._columns = columns
        self._archive = archive
        self._lines = archive.lines(name)
        self._end = b"\r" if columns else b""
        self._asked = 0
        self._waiting: dict[bytes, Waiting] = {}
        self._held: dict[bytes, tuple[int, bytes]] = {}
        """Rows and texts that nothing asked for yet."""
        self._repeated: dict[bytes, int] = {}
        self._strayed = b""
        """The first line that is right and out of its place."""
        self._said = False
        self._broken: Broken | None = None
        if columns and next(self._lines, None) != csv_line(columns).encode() + self._end:
            raise Broken("columns", "Sus columnas no son las del diccionario.", name, 1)

    def expect(self, key: bytes, line: bytes) -> bool:
        """Whether the file has this line for this record, as far as was read. When not, `settle` it later."""
        self._asked += 1
        row, text = self._held.pop(key, (0, b"")) if self._held else (0, b"")
        while not row and (found := self._next()) is not None:
            if found == line + self._end:
                row, text = self.rows, line
            elif self._key(found) == key:
                row, text = self.rows, self._stripped(found)
            elif self._place(found):
                break
        if row and text == line:
            self._note(key, self._asked, row)
            return True
        self._waiting[key] = Waiting(self._asked, row, text)
        return False

    def take_back(self, key: bytes) -> None:
        """Look again for a line that was right when it was asked for: more is known of its record now."""
        lines = self._archive.lines(self.name)
        next(lines)
        for row, found in enumerate(lines, 1):
            if self._key(found) == key:
                self._waiting[key] = Waiting(row, row, self._stripped(found))
                return

    def read_rest(self) -> None:
        """Read to the end of the file."""
        while (found := self._next()) is not None:
            self._place(found)

    def settle(self, key: bytes, line: bytes, report: Report) -> None:
        """Hold a line that waits against what it must be."""
        place, row, text = self._waiting.pop(key, Waiting(0))
        if row and text == line:
            self._note(key, place, row)
        elif row:
            self._differs(report, row, key, line, text)
        elif self._broken is None:
            self._say(report, "missing", "Falta esta línea, que los cambios dan", 0, key)

    def finish(self, report: Report) -> None:
        """Name the lines that are added, repeated or out of place."""
        if self._broken is not None:
            report.findings.append(self._broken.finding)
            return
        self._look_for_repeated()
        for key, (row, _text) in self._held.items():
            self._say(report, "added", "Ningún cambio da esta línea", row, key)
        for key, row in self._repeated.items():
            self._say(report, "repeated", "Está repetida", row, key)
        if self._strayed and not self._said:
            self._say(report, "moved", "Sus líneas están en otro orden", 0, self._strayed)

    def _next(self) -> bytes | None:
        """The file's next line; None at its end, or where it cannot be read on."""
        try:
            found = next(self._lines, None)
        except Broken as broken:
            self._broken = broken
            return None
        self.rows += found is not None
        return found

    def _place(self, found: bytes) -> bool:
        """Give the line just read to what waits for it; else hold it, and say so."""
        key, text = self._key(found), self._stripped(found)
        waiting = self._waiting.get(key)
        if waiting is not None and not waiting.row:
            self._waiting[key] = Waiting(waiting.place, self.rows, text)
            return False
        if key in self._held or waiting is not None:
            self._repeated[key] = self.rows
        else:
            self._held[key] = self.rows, text
        return True

    def _note(self, key: bytes, place: int, row: int) -> None:
        if place != row and not self._strayed:
            self._strayed = key

    def _look_for_repeated(self) -> None:
        """Tell lines that stand in the file twice from lines that should not be there at all."""
        times = dict.fromkeys(self._held, 0)
        for found in self._archive.lines(self.name) if times else ():
            key = self._key(found)
            if key in times:
                times[key] += 1
        self._repeated.update({key: self._held.pop(key)[0] for key, count in times.items() if count > 1})

    def _key(self, found: bytes) -> bytes:
        return found.removesuffix(self._end).partition(b",")[0] if self._columns else found

    def _stripped(self, found: bytes) -> bytes:
        return found.removesuffix(self._end) if found.endswith(self._end) else found + b"?"

    def _differs(self, report: Report, row: int, key: bytes, line: bytes, found: bytes) -> None:
        mine, theirs = self._cells(line), self._cells(found)
        names = [name for name, one, other in zip(self._columns, mine, theirs, strict=False) if one != other]
        formula = [
            name
            for name, one, other in zip(self._columns, mine, theirs, strict=False)
            if one != other and other[:1] in FORMULA and not other.startswith("'")
        ]
        words = f"Los cambios dan otro valor en: {', '.join(names) or 'la forma de la línea'}"
        if formula:
            words = f"Una hoja de cálculo tomaría por fórmula lo que dice en: {', '.join(formula)}"
        self._say(report, "formula" if formula else "altered", words, row, key)

    @staticmethod
    def _cells(line: bytes) -> list[str]:
        return next(csv.reader([line.decode("utf-8", "replace")]), [])

    def _say(self, report: Report, code: str, words: str, row: int, key: bytes) -> None:
        self._said = True
        kind, ref = "record", key.decode("utf-8", "replace")[:40]
        if not self._columns:
            kind, ref = "conflict", str((parse(key) or {}).get("record", ""))
        row += bool(row and self._columns)
        report.add(code if code == "formula" else f"{kind}_{code}", f"{words}.", self.name, row, ref)
