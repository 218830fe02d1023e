"""What a command writes: JSON or short text on standard output, words for people on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_GAP = "  "


def say(text: str) -> None:
    """A sentence for the person, on standard error."""
    print(text, file=sys.stderr, flush=True)


def line(text: str) -> None:
    """A line of the command's result."""
    print(text, flush=True)


def document(value: Mapping[str, Any]) -> None:
    """One JSON document on one line, out of this process before this returns."""
    line(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def pairs(items: Iterable[tuple[str, object]]) -> None:
    """Labels and values, one a line, aligned."""
    shown = [(label, _text(value)) for label, value in items]
    width = max((len(label) for label, _value in shown), default=0)
    for label, value in shown:
        line(f"{label:<{width}}{_GAP}{value}".rstrip())


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows in columns as wide as their content; nothing at all when there is no row."""
    shown = [[_text(cell) for cell in row] for row in rows]
    if not shown:
        return
    widths = [max(len(row[column]) for row in (headings, *shown)) for column in range(len(headings))]
    for row in (headings, *shown):
        line(_GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _text(value: object) -> str:
    return "·" if value is None or value == "" else str(value)
