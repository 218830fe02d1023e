"""Run every benchmark, or those named, and print one table: `python -m benchmarks [save intake …]`.

A module of this folder that has `run() -> list[Row]` is a benchmark.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.row import Row

HEADER = ("what", "measured", "unit", "baseline", "ratio", "promised", "")


def cells(row: Row) -> tuple[str, ...]:
    """A row as it is printed."""
    sign = "≥" if row.at_least else "≤"
    return (
        row.name,
        _number(row.value),
        row.unit,
        _number(row.baseline),
        _number(row.ratio),
        f"{sign} {_number(row.limit)}" if row.limit is not None else "",
        {None: "", True: "✓", False: "✗"}[row.kept],
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main(names: list[str]) -> int:
    """Print the table of the benchmarks named, all by default; 1 when a promise does not hold."""
    folder = Path(__file__).parent
    rows: list[Row] = []
    for path in sorted(folder.glob("*.py")):
        if path.stem.startswith("_") or (names and path.stem not in names):
            continue
        module = importlib.import_module(f"benchmarks.{path.stem}")
        if hasattr(module, "run"):
            print(f"… {path.stem}", file=sys.stderr)
            rows.extend(module.run())
    table = [HEADER, *map(cells, rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADER))]
    for line in table:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    return int(any(row.kept is False for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
