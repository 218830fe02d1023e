"""Plain changes: those that make a record of short texts, numbers and words. Nearly every change is one.

* Their canonical form is recognised by one pattern instead of by a JSON parser, and their line of CSV is put together
  from cells that were made before: in a day of attentions the same words come again and again.
* What is recognised is a change in its one form, with every bound kept; whatever is not is read as JSON, by `Facts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import repeat
from typing import NamedTuple

from itinerant.audit.rows import guarded, quoted

PLAIN = re.compile(
    r'\{"at":(0|-?[1-9][0-9]{0,14}),"base":\[\],"by":"([A-Z0-9]*)","device":"([A-Z][A-Z0-9]{1,11})",'
    r'"kind":"([a-z][a-z0-9_]{0,31})","prev":"([0-9a-f]{64})","record":"(\3-([1-9][0-9]{0,6}))","seq":\7,'
    r'"set":\{"(.*)\},"v":1,"why":""\}'
).fullmatch
PAIR = re.compile(
    r'([a-z][a-z0-9_]{0,31})":(?:"([^"\\\x00-\x1f]*)"|(0|-?[1-9][0-9]{0,14}|null|true|false))',
).fullmatch
"""A field and its value, without the quote in front: `age_band":"60+"`. Texts that need an escape are not plain."""

PAIRS: dict[str, tuple[str, str]] = {}
"""Field and cell of each pair that came before and may come again."""

MAX_KEPT = 20_000
"""Pairs that are kept."""

LONG_TEXT, LONG_NUMBER = 32, 6
"""Characters from which on a value is not kept: notes and instants do not come again."""

ORDERS: set[tuple[str, ...]] = set()
"""Lists of fields that were found to be in order."""


NOTHING = repeat("")


class Plain(NamedTuple):
    """A plain change, all as it is written; `cells`: of each field, the text of its cell."""

    at: str
    by: str
    device: str
    kind: str
    prev: str
    record: str
    seq: str
    cells: dict[str, str]


def read_plain(line: bytes) -> Plain | None:
    """The change of a line, or None when it is not a plain one."""
    try:
        match = PLAIN(line.decode())
    except UnicodeDecodeError:
        return None
    if match is None:
        return None
    at, by, device, kind, prev, record, seq, values = match.groups()
    pairs = values.split(',"')
    cells = dict([PAIRS.get(pair) or read_pair(pair) for pair in pairs])
    names = tuple(cells)
    if len(names) != len(pairs) or (names not in ORDERS and not are_ordered(names)):
        return None
    return Plain(at, by, device, kind, prev, record, seq, cells)


def read_pair(pair: str) -> tuple[str, str]:
    """Field and cell of a pair; no field when it is not a plain one, as `void` never is."""
    match = PAIR(pair)
    if match is None or match[1] == "void":
        return "", ""
    name, text, word = match.groups()
    cell = quoted(guarded(text)) if word is None else "" if word == "null" else word
    if len(PAIRS) < MAX_KEPT and len(cell) < (LONG_TEXT if word is None else LONG_NUMBER):
        PAIRS[pair] = name, cell
    return name, cell


def are_ordered(names: tuple[str, ...]) -> bool:
    """Whether these are fields, in the one order of canonical JSON."""
    if "" in names or list(names) != sorted(names):
        return False
    if len(ORDERS) < 1000:
        ORDERS.add(names)
    return True


def plain_line(change: Plain, fields: Iterable[str]) -> str:
    """The line of CSV of the record that a plain change made; `fields`: those of its kind."""
    at, by, _device, _kind, _prev, record, _seq, cells = change
    return f"{record},false,false,1,{record},,{by},{at},{','.join(map(cells.get, fields, NOTHING))}"
