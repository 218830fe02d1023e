"""Small cells out of a table whose rows have a hierarchy. Pure.

* Each thing that is counted is in exactly one published row, and every row counts at least `k`.
* A cell below `k` goes to the rest of its parent («the others»); a rest below `k` takes the smallest published row
  under that parent along (complementary suppression), or goes to the parent's parent.
* Nothing else is published: no totals. Whatever anybody adds and subtracts of such rows is a sum of whole rows, so no
  difference isolates fewer than `k`. That is the proof, and why tables with margins (each one more equation that the
  others must not be solved with) were not chosen.
* What is less than `k` altogether is not published at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """How many, and seconds that they took together."""

    count: int = 0
    seconds: int = 0

    def __add__(self, other: Self) -> Total:
        return Total(self.count + other.count, self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class Row:
    """A published row. A `path` shorter than the table's is «the others» below it: what no other row of it counts."""

    path: Path
    total: Total


@dataclass(slots=True)
class _Node:
    path: Path
    total: Total = Total()
    children: dict[str, _Node] = field(default_factory=dict)


def protect(cells: Mapping[Path, Total], k: int) -> list[Row]:
    """The rows that may be published of `cells`, whose paths are all of one length, by path."""
    root = _Node(())
    for path, total in cells.items():
        node = root
        for depth, name in enumerate(path, start=1):
            node = node.children.setdefault(name, _Node(path[:depth]))
        node.total += total
    rows, _left = _protect(root, k)
    return sorted(rows, key=lambda row: row.path)


def _protect(node: _Node, k: int) -> tuple[list[Row], Total]:
    """The rows under a node, and what is left over: less than `k`, for the parent."""
    if not node.children:
        return _settle(node.path, [], node.total, k)
    parts = [_protect(child, k) for child in node.children.values()]
    rows = [row for below, _left in parts for row in below]
    return _settle(node.path, rows, _sum(left for _below, left in parts), k)


def _settle(path: Path, rows: list[Row], rest: Total, k: int) -> tuple[list[Row], Total]:
    """Publish the rest of a node when it is large enough, with the smallest rows below when it must be."""
    while 0 < rest.count < k and rows:
        taken = min(_outermost(rows), key=lambda row: (row.total.count, row.path))
        rows.remove(taken)
        rest += taken.total
    if rest.count >= k:
        return [*rows, Row(path, rest)], Total()
    return rows, rest


def _outermost(rows: list[Row]) -> list[Row]:
    """Rows that no other row is «the others» around: so «the others» always are all that no longer row names."""
    paths = {row.path for row in rows}
    return [row for row in rows if not any(row.path[:depth] in paths for depth in range(len(row.path)))]


def _sum(totals: Iterable[Total]) -> Total:
    result = Total()
    for total in totals:
        result += total
    return result
