"""Records and conflicts as the export writes them: the verifier makes every line again and compares.

* CSV of RFC 4180, UTF-8, lines that end in CR LF. Empty: no value. Lists: codes between spaces.
* A text that a spreadsheet would take for a formula gets an apostrophe in front, also one that begins with one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from itinerant.audit.archive import canonical
from itinerant.audit.merging import Dispute, Fact, Merged, Node, decisions, ref_of

LEADING = ("record", "void", "partial", "changes", "heads", "conflicts", "by", "at")
"""Columns that stand before a kind's own fields."""

FORMULA = frozenset("=+-@\t\r'＝＋－＠")


def cell(value: Any) -> str:
    """A value as a cell's text."""
    if value is None:
        return ""
    if type(value) is str:
        return guarded(value)
    if type(value) is bool:
        return "true" if value else "false"
    return cell(" ".join(value)) if type(value) is list else str(value)


def guarded(text: str) -> str:
    """A text as a spreadsheet will not compute it."""
    return "'" + text if text[:1] in FORMULA else text


def csv_line(cells: Sequence[str]) -> str:
    """One line of CSV, without its line end."""
    line = ",".join(cells)
    if '"' in line or "\n" in line or "\r" in line or line.count(",") >= len(cells):
        return ",".join(quoted(text) for text in cells)
    return line


def quoted(text: str) -> str:
    """A cell between quotes when it needs them."""
    if '"' in text or "," in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def single_line(change: Fact, fields: Iterable[str]) -> str:
    """The line of a record that one change made and no other touched; `fields`: those of its kind."""
    values, ref = change["set"], change["record"]
    cells = [ref, cell(values.get("void") is True), "false", "1", ref, "", cell(change["by"]), str(change["at"])]
    return csv_line(cells + [cell(values.get(name)) for name in fields])


def record_line(merged: Merged, fields: Sequence[str]) -> str:
    """The line of any record."""
    first = merged.first
    leading = [
        merged.record,
        cell(merged.void),
        cell(first is None),
        str(merged.changes),
        " ".join(merged.heads),
        " ".join(item.field for item in merged.disputes),
        cell(first["by"]) if first else "",
        cell(first["at"]) if first else "",
    ]
    return csv_line(leading + [cell(merged.values.get(name)) for name in fields])


def conflict_lines(merged: Merged, nodes: list[Node]) -> Iterator[bytes]:
    """The lines of `conflicts.jsonl` about one record: open ones, then those that a change settled."""
    for item in merged.disputes:
        yield canonical({**described(merged, item), "state": "open"})
    for item, change in decisions(nodes):
        settled = {
            "at": change["at"],
            "by": change["by"],
            "change": ref_of(change),
            "state": "resolved",
            "value": change["set"][item.field],
            "why": change["why"],
        }
        yield canonical({**described(merged, item), **settled})


def described(merged: Merged, item: Dispute) -> Fact:
    """What every conflict says."""
    return {
        "base": item.base,
        "candidates": item.candidates,
        "field": item.field,
        "kind": merged.kind,
        "provisional": item.provisional,
        "record": merged.record,
    }
