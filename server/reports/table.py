"""A report's tables: what every format and page is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Cell = str | int | float | None

COUNT, SHARE, CENTS, SECONDS, TEXT = "count", "share", "cents", "seconds", "text"
"""How a column's numbers are to be read: attentions or other things counted, hundredths of the whole (12.3 means
12.3 %), hundredths of a sol, seconds, words."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for programs, its heading, how to read it, and the unit that it counts."""

    name: str
    label: str
    kind: str = TEXT
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `notes` say how the figures are made; `rows_behind`, for the first cell of a row, where the records
    behind its figures are (a path of the page); `chart`: the columns of label and length, if a chart helps."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    rows_behind: Mapping[Cell, str] = field(default_factory=dict)
    chart: tuple[str, str] | None = None

    def column(self, name: str) -> int:
        """The place of a column."""
        return [column.name for column in self.columns].index(name)


def share(part: int, whole: int) -> float | None:
    """Hundredths of a whole, to a tenth; None of nothing."""
    return round(100 * part / whole, 1) if whole else None
