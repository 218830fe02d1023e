"""Run every benchmark, or those named, and print one table: `python -m benchmarks [save intake …] [--markdown]`.

A module of this folder that has `run() -> list[Row]` is a benchmark.
"""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.row import Row

HEADER = ("what", "measured", "±", "unit", "baseline", "ratio", "promised", "")
FOLDER = Path(__file__).parent
ROOT = FOLDER.parent


def cells(row: Row) -> tuple[str, ...]:
    """A row as it is printed."""
    sign = "≥" if row.at_least else "≤"
    return (
        row.name,
        _number(row.value),
        _number(row.spread),
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


def machine() -> str:
    """What was measured where: date, commit, processor, memory, system, Python, and how busy it was with all together.

    A load above the number of processors means that others were at work too: times of the clock are then too long.
    """
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = (
        time.strftime("%Y-%m-%d"),
        commit or "no commit",
        f"{os.cpu_count()} × {_processor()}",
        f"{memory:.0f} GiB",
        platform.platform(terse=True),
        f"Python {platform.python_version()}",
        f"load {os.getloadavg()[0]:.1f}",
    )
    return ", ".join(parts)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def show(table: Sequence[tuple[str, ...]], *, markdown: bool) -> Iterable[str]:
    """The lines of the table, for a terminal or for a page."""
    if markdown:
        yield from ("| " + " | ".join(line) + " |" for line in table[:1])
        yield "|---|" + "--:|" * 2 + "---|" + "--:|" * 3 + "---|"
        yield from ("| " + " | ".join(line) + " |" for line in table[1:])
        return
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADER))]
    for line in table:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def main(words: list[str]) -> int:
    """Print the table of the benchmarks named, all by default; 1 when a promise does not hold."""
    names = [word for word in words if word != "--markdown"]
    where = machine()
    rows: list[Row] = []
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem.startswith("_") or (names and path.stem not in names):
            continue
        module = importlib.import_module(f"benchmarks.{path.stem}")
        if hasattr(module, "run"):
            print(f"… {path.stem}", file=sys.stderr)
            rows.extend(module.run())
    print(where)
    print()
    for line in show([HEADER, *map(cells, rows)], markdown="--markdown" in words):
        print(line)
    return int(any(row.kept is False for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
