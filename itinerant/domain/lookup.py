"""Type-ahead search in a few thousand things: by the beginnings of words, in any order, without accents or case.

* Every word of the query must begin some word of the thing ("anteced pol" finds "Antecedentes policiales").
* Short words that join others ("de", "la") are ignored unless the query has nothing else.
* Order: whole words before beginnings, the thing's first string before its others, then weight, then alphabet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

_WORD = re.compile("[0-9a-z]+")
_JOINING = frozenset(
    ("a", "al", "con", "de", "del", "e", "el", "en", "la", "las", "los", "mi", "o", "para", "por", "y")
)
_MANY = 400
"""With more results than this nobody reads them all: those that begin like the query go first, and that is enough."""


def fold(text: str) -> str:
    """`text` in lower case and without accents; ñ becomes n, so that either way of typing finds it."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()


def words(text: str) -> list[str]:
    """The folded words of a text: runs of letters and digits."""
    return _WORD.findall(fold(text))


class Lookup(Generic[T]):
    """An index over things that do not change; build another one when they do."""

    def __init__(self, entries: Iterable[tuple[T, Sequence[str], int]]) -> None:
        """`entries`: the thing, its strings (the one it is called by first) and its weight (greater comes first)."""
        rows = []
        for item, strings, weight in entries:
            first, *others = (" ".join(words(string)) for string in strings)
            rows.append((-weight, f" {first} ", f" {first} {' '.join(others)} ", item))
        rows.sort(key=lambda row: row[:2])
        self._first = [row[1] for row in rows]
        self._all = [row[2] for row in rows]
        self._items = [row[3] for row in rows]

    def __len__(self) -> int:
        return len(self._items)

    def search(self, query: str, limit: int = 20) -> list[T]:
        """The first `limit` things that have every word of `query`, best first; all by weight for an empty query."""
        asked = words(query)
        asked = [word for word in asked if word not in _JOINING] or asked
        found: Sequence[int] = range(len(self._items))
        for beginning in [f" {word}" for word in asked]:
            texts = self._all
            found = [index for index in found if beginning in texts[index]]
        if asked and len(found) <= _MANY:
            found = sorted(found, key=lambda index: self._distance(index, asked))
        elif asked:
            firsts, beginning = self._first, f" {asked[0]}"
            found = sorted(found, key=lambda index: not firsts[index].startswith(beginning))
        return [self._items[index] for index in found[:limit]]

    def _distance(self, index: int, asked: Sequence[str]) -> int:
        """The less the better; `sorted` is stable, so that weight and alphabet decide between equals."""
        first, everything = self._first[index], self._all[index]
        if first == f" {' '.join(asked)} ":
            return -1
        total = 0 if first.startswith(f" {asked[0]}") else 1
        for word in asked:
            if f" {word} " in first:
                continue
            if f" {word}" in first:
                total += 2
            elif f" {word} " in everything:
                total += 4
            else:
                total += 6
        return total
