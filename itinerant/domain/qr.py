"""A QR code as rows of modules, and drawn with half blocks for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import segno

QUIET = 2
"""Modules of white around the code; readers ask for four on paper and are content with two on a lit screen."""


def matrix(text: str) -> list[list[bool]]:
    """The modules, true for the dark ones, without white around them. Error correction M: 15 % may be spoilt."""
    return [[bool(module) for module in row] for row in segno.make(text, error="m", micro=False).matrix]


def half_blocks(modules: Sequence[Sequence[bool]]) -> list[str]:
    """Two rows of modules in each line of text, with white around: dark modules are left blank, light ones are drawn,
    so that ink must be lighter than ground."""
    width = len(modules[0]) + 2 * QUIET
    blank = [[False] * width] * QUIET
    rows = [*blank, *([False] * QUIET + list(row) + [False] * QUIET for row in modules), *blank]
    if len(rows) % 2:
        rows.append([False] * width)
    signs = {(False, False): "█", (True, False): "▄", (False, True): "▀", (True, True): " "}
    return ["".join(signs[pair] for pair in zip(rows[at], rows[at + 1], strict=True)) for at in range(0, len(rows), 2)]
