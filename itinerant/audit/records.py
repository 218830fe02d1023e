"""Records and conflicts, made again from the changes and held against the export's own files, line by line.

* Nearly every record is made by one change and touched by no other: its line is held against the file at once.
* A record whose line is another waits, with its changes, for those that come later; so does every one that was
  amended. Memory grows with these alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping

from itinerant.audit.archive import Archive
from itinerant.audit.merging import Fact, graph, merge_nodes, ref_of
from itinerant.audit.plain import Plain, plain_line
from itinerant.audit.report import Broken, Report
from itinerant.audit.rows import LEADING, conflict_lines, record_line, single_line
from itinerant.audit.sheet import Sheet

CONFLICTS = "conflicts.jsonl"
DICTIONARY = "dictionary.csv"


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


class Records:
    """The records that changes make. `take` every change in the order of the ledger, then `finish`."""

    def __init__(self, archive: Archive, report: Report) -> None:
        self._report = report
        self._fields = read_dictionary(archive)
        self._sheets: dict[str, Sheet] = {}
        self._conflicts = Sheet(archive, CONFLICTS)
        self._open: dict[str, list[Fact]] = {}
        """The changes, as far as they came, of each record whose line is not that of its making."""
        self._late: dict[str, list[Fact]] = {}
        """Amendments of records whose line, which was read before, is that of their making."""
        for kind, fields in self._fields.items():
            try:
                self._sheets[kind] = Sheet(archive, f"records/{kind}.csv", [*LEADING, *fields])
            except Broken as broken:
                report.findings.append(broken.finding)

    def take_plain(self, change: Plain) -> bool:
        """Take a plain change; False when its record's line is not in its place: then `take` it, as one that waits."""
        sheet, record = self._sheets.get(change.kind), change.record
        if sheet is None or record in self._open:
            return False
        return sheet.expect(record.encode(), plain_line(change, self._fields[change.kind]).encode())

    def take(self, change: Fact, *, made: bool, waits: bool = False) -> None:
        """Take any change. `made`: its record was made by an earlier one."""
        record, kind = change["record"], change["kind"]
        if record in self._open:
            self._open[record].append(change)
        elif made:
            self._late.setdefault(record, []).append(change)
        elif kind not in self._fields:
            words = f"El diccionario no conoce la clase «{kind}»."
            self._report.add("kind", words, DICTIONARY, 0, ref_of(change))
        elif waits or not self._is_there(change):
            self._open[record] = [change]

    def _is_there(self, change: Fact) -> bool:
        sheet, record = self._sheets.get(change["kind"]), change["record"]
        line = single_line(change, self._fields[change["kind"]]) if ref_of(change) == record else ""
        return sheet is None or sheet.expect(record.encode(), line.encode())

    def finish(self, changes: Iterator[Fact]) -> None:
        """Settle all that waits, and name what is wrong. `changes`: all of them again, should they be needed."""
        report = self._report
        self._take_back(changes)
        for waited in self._sheets.values():
            waited.read_rest()
        disputes: list[bytes] = []
        for history in self._open.values():
            nodes = graph({ref_of(change): change for change in history})
            merged = merge_nodes(nodes)
            report.counts["conflicts"] = report.counts.get("conflicts", 0) + len(merged.disputes)
            disputes += [line for line in conflict_lines(merged, nodes) if not self._conflicts.expect(line, line)]
            sheet = self._sheets.get(merged.kind)
            if sheet is not None:
                line = record_line(merged, self._fields[merged.kind]).encode()
                sheet.settle(merged.record.encode(), line, report)
        self._conflicts.read_rest()
        for line in disputes:
            self._conflicts.settle(line, line, report)
        for each in (*self._sheets.values(), self._conflicts):
            each.finish(report)
        report.counts["records"] = sum(sheet.rows for sheet in self._sheets.values())

    def _take_back(self, changes: Iterator[Fact]) -> None:
        """Put the records that were amended after their line was found right among those that wait."""
        for change in changes if self._late else ():
            record = change["record"]
            if record in self._late and ref_of(change) == record and record not in self._open:
                self._open[record] = [change, *self._late[record]]
                if change["kind"] in self._sheets:
                    self._sheets[change["kind"]].take_back(record.encode())
