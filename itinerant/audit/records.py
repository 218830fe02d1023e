"""Records and conflicts, made again from the changes and held against the export's own files, line by line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence

from itinerant.audit.archive import Archive, parse
from itinerant.audit.facts import Facts
from itinerant.audit.merging import Fact, graph, merge_nodes, ref_of
from itinerant.audit.report import Broken, Report
from itinerant.audit.rows import FORMULA, LEADING, conflict_lines, csv_line, record_line, single_line

CONFLICTS = "conflicts.jsonl"
DICTIONARY = "dictionary.csv"


class Sheet:
    """A file whose lines are expected one after the other; whatever differs is named once, at `finish`."""

    def __init__(self, archive: Archive, name: str, columns: Sequence[str] = ()) -> None:
        self.name = name
        self._archive = archive
        self.columns = columns
        self.rows = 0
        self.heading = csv_line(columns).encode() if columns else b""
        self._lines = archive.lines(name)
        self._end = b"\r" if columns else b""
        self._expected: dict[bytes, bytes] = {}
        self._found: dict[bytes, tuple[int, bytes]] = {}
        self._repeated: dict[bytes, int] = {}
        if columns and next(self._lines, None) != self.heading + self._end:
            raise Broken("columns", "Sus columnas no son las del diccionario.", name, 1)

    def expect(self, line: bytes) -> None:
        """Take the next line and hold it against the one that the changes make."""
        found = next(self._lines, None)
        if found == line + self._end and not self._expected:
            self.rows += 1
            return
        self._expected[self._key(line)] = line
        if found is not None:
            self._keep(found)

    def finish(self, report: Report) -> None:
        """Name the lines that are altered, missing, added or out of place."""
        for line in self._lines:
            self._keep(line)
        altered = False
        for key, line in self._expected.items():
            row, found = self._found.pop(key, (0, b""))
            if not row:
                self._say(report, "missing", "Falta esta línea, que los cambios dan", 0, key)
            elif found != line:
                self._differs(report, row, key, line, found)
            altered = altered or found != line
        self._look_for_repeated()
        for key, (row, _line) in self._found.items():
            self._say(report, "added", "Ningún cambio da esta línea", row, key)
        for key, row in self._repeated.items():
            self._say(report, "repeated", "Está repetida", row, key)
        if self._expected and not altered and not self._found and not self._repeated:
            self._say(report, "moved", "Sus líneas están en otro orden", 0, next(iter(self._expected)))

    def _keep(self, found: bytes) -> None:
        self.rows += 1
        row = self.rows + bool(self.columns)
        line = found.removesuffix(self._end) if found.endswith(self._end) else found + b"?"
        key = self._key(line)
        if key in self._found:
            self._repeated[key] = row
        else:
            self._found[key] = (row, line)

    def _look_for_repeated(self) -> None:
        """Tell lines that stand in the file twice from lines that should not be there at all."""
        times = dict.fromkeys(self._found, 0)
        for line in self._archive.lines(self.name) if times else ():
            key = self._key(line.removesuffix(self._end))
            if key in times:
                times[key] += 1
        self._repeated.update({key: self._found.pop(key)[0] for key, count in times.items() if count > 1})

    def _key(self, line: bytes) -> bytes:
        return line.partition(b",")[0] if self.columns else line

    def _differs(self, report: Report, row: int, key: bytes, line: bytes, found: bytes) -> None:
        mine, theirs = self._cells(line), self._cells(found)
        names = [name for name, one, other in zip(self.columns, mine, theirs, strict=False) if one != other]
        formula = [
            name
            for name, one, other in zip(self.columns, mine, theirs, strict=False)
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
        fact = parse(key) if not self.columns else None
        ref = str(fact.get("record", "")) if fact else key.decode("utf-8", "replace")[:40] if self.columns else ""
        kind = "record" if self.columns else "conflict"
        report.add(code if code == "formula" else f"{kind}_{code}", f"{words}.", self.name, row, ref)


def read_dictionary(archive: Archive) -> Mapping[str, list[str]]:
    """The fields of each kind, in order, as `dictionary.csv` declares them."""
    text = archive.read(DICTIONARY).decode("utf-8", "replace")
    kinds: dict[str, list[str]] = {}
    rows = csv.reader(text.split("\r\n"))
    header = next(rows, [])
    if header[:2] != ["kind", "field"]:
        raise Broken("columns", "No es el diccionario de datos.", DICTIONARY, 1)
    for row in rows:
        if len(row) == len(header) and row[0] != "*":
            kinds.setdefault(row[0], []).append(row[1])
    return kinds


def check_records(archive: Archive, facts: Facts, changes: Iterable[Fact], report: Report) -> None:
    """Make every record and conflict again, in the order of the ledger, and compare."""
    kinds = read_dictionary(archive)
    sheets = {kind: Sheet(archive, f"records/{kind}.csv", [*LEADING, *fields]) for kind, fields in kinds.items()}
    places = {kind: {name: at for at, name in enumerate(fields, len(LEADING))} for kind, fields in kinds.items()}
    conflicts = Sheet(archive, CONFLICTS)
    written: set[str] = set()
    for change in changes:
        record, kind = change["record"], change["kind"]
        amended = facts.amended.get(record)
        if amended is None:
            line = single_line(change, places.get(kind, {}))
        elif record in written:
            continue
        else:
            written.add(record)
            nodes = graph({ref_of(item): item for item in [*amended, *([change] if ref_of(change) == record else [])]})
            merged = merge_nodes(nodes)
            kind = merged.kind
            line = record_line(merged, kinds.get(kind, ()))
            report.counts["conflicts"] = report.counts.get("conflicts", 0) + len(merged.disputes)
            for described in conflict_lines(merged, nodes):
                conflicts.expect(described)
        if kind in sheets:
            sheets[kind].expect(line.encode())
        else:
            report.add("kind", f"El diccionario no conoce la clase «{kind}».", DICTIONARY, 0, ref_of(change))
    for sheet in [*sheets.values(), conflicts]:
        sheet.finish(report)
    report.counts["records"] = sum(sheet.rows for sheet in sheets.values())
