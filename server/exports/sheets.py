"""Records as rows of CSV and conflicts as JSON Lines, made from changes.

* RFC 4180, UTF-8, lines that end in CR LF. Empty: no value. Lists: codes between spaces. Booleans: `true`, `false`.
* A text that a spreadsheet would take for a formula gets an apostrophe in front, also one that begins with one: so
  whoever takes one apostrophe away has the text back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from itinerant.domain.fields import VOID, Value
from itinerant.log import canonical
from itinerant.log.change import Change
from itinerant.log.merge import Conflict, Record, history, merge

LEADING = ("record", "void", "partial", "changes", "heads", "conflicts", "by", "at")
"""Columns before a kind's own fields; `dictionary.LEADING` explains them."""

_FORMULA = frozenset("=+-@\t\r'＝＋－＠")

_MARK = "\x7f"
_NOT_PLAIN = re.compile(r"[\x00-\x1f\",\\\x7f]|^[^\w]").search
"""A text that CSV or JSON may write in another way than it is."""


def cell(value: Value) -> str:
    """A value as the text of a cell."""
    if value is None:
        return ""
    if type(value) is str:
        return f"'{value}" if value[:1] in _FORMULA else value
    if type(value) is bool:
        return "true" if value else "false"
    return cell(" ".join(value)) if isinstance(value, list) else str(value)


def line(cells: Sequence[str]) -> str:
    """Cells as one line of CSV, with its line end."""
    text = ",".join(cells)
    if '"' in text or "\n" in text or "\r" in text or text.count(",") >= len(cells):
        text = ",".join(_quoted(item) for item in cells)
    return text + "\r\n"


def _quoted(text: str) -> str:
    if '"' in text or "," in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def made_once(change: Mapping[str, Any], fields: Sequence[str]) -> list[Value]:
    """The row of a record that one change (as its JSON object) made and nothing touched: nearly every row there is."""
    ref, values = change["record"], change["set"]
    leading: list[Value] = [ref, values.get(VOID) is True, False, 1, ref, None, change["by"], change["at"]]
    return [*leading, *map(values.get, fields)]


def row(record: Record, changes: Mapping[str, Change], fields: Sequence[str]) -> list[Value]:
    """The row of any record; `changes` are all of it, by reference."""
    made = changes.get(record.ref)
    leading: list[Value] = [
        record.ref,
        record.void,
        made is None,
        len(changes),
        " ".join(record.heads),
        " ".join(conflict.field for conflict in record.conflicts) or None,
        made.by if made else None,
        made.at if made else None,
    ]
    return [*leading, *map(record.values.get, fields)]


def csv_lines(rows: Sequence[list[Value]], free: Sequence[int]) -> bytes:
    """Rows of one kind as lines of CSV; the first value of each is a text. `free`: the columns whose texts may hold
    anything; those of others begin with a letter or a digit, as `domain.fields` sees to.

    As JSON, which is written in C, many rows together are CSV but for the quotes, nulls and brackets. A free text that
    needs more has a mark in its place meanwhile. Rows of which something else is out of the ordinary are written cell
    by cell.
    """
    aside = sorted(
        (number, at, text)
        for at in free
        for number, text in enumerate(map(itemgetter(at), rows))
        if text and isinstance(text, str) and _NOT_PLAIN(text)
    )
    for number, at, _text in aside:
        rows[number][at] = _MARK
    data = orjson.dumps(rows)
    for number, at, text in aside:
        rows[number][at] = text
    commas = sum(map(len, rows)) - 1
    if data.count(b",") == commas and b"\\" not in data:
        written = data[2:-2].replace(b"],[", b"\r\n").replace(b",null", b",").translate(None, b'"') + b"\r\n"
        between = written.split(_MARK.encode())
        if len(between) == len(aside) + 1:
            cells = [_quoted(cell(text)).encode() for _number, _at, text in aside]
            return b"".join([part for pair in zip(between, [*cells, b""], strict=True) for part in pair])
    return "".join([line([cell(value) for value in row]) for row in rows]).encode()


def conflicts(record: Record, changes: Mapping[str, Change]) -> Iterator[bytes]:
    """The lines about one record's conflicts: open ones, then those that a later change settled."""
    for conflict in record.conflicts:
        yield canonical.encode({**_described(conflict, record.kind), "state": "open"}) + b"\n"
    for change, conflict in _decisions(changes):
        settled = {
            "at": change.at,
            "by": change.by,
            "change": change.ref,
            "state": "resolved",
            "value": change.set[conflict.field],
            "why": change.why,
        }
        yield canonical.encode({**_described(conflict, record.kind), **settled}) + b"\n"


def _described(conflict: Conflict, kind: str) -> dict[str, object]:
    candidates = [{"at": c.at, "by": c.by, "change": c.change, "value": c.value} for c in conflict.candidates]
    return {
        "base": conflict.base,
        "candidates": candidates,
        "field": conflict.field,
        "kind": kind,
        "provisional": conflict.provisional,
        "record": conflict.record,
    }


def _decisions(changes: Mapping[str, Change]) -> Iterator[tuple[Change, Conflict]]:
    """Every conflict that somebody settled, with the change that did: what its author saw was in conflict.

    Where each change had seen all before it there was none, and nothing is merged to find that out.
    """
    seen: dict[str, frozenset[str]] = {}
    in_line: set[str] = set()
    for change in history(changes.values()):
        behind = [base for base in change.base if base in seen]
        ancestors = frozenset(behind).union(*(seen[base] for base in behind))
        seen[change.ref] = ancestors
        if not ancestors or any(base in in_line and len(seen[base]) + 1 == len(ancestors) for base in behind):
            in_line.add(change.ref)
            continue
        for conflict in merge(changes[ref] for ref in ancestors).conflicts:
            if conflict.field in change.set:
                yield change, conflict
