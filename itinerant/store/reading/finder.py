"""Finding records by typed words, wherever in them a word is.

* The words of a kind's records are held in memory from its first search on, as texts with a line a record; what was
  added since is read at the next search. So a word that is nowhere costs one pass of the processor over those texts,
  and a word that is everywhere only the lines of the page: the latest records come first.
* No text is long: the screen's thread waits while the processor goes through one.
* A session is also found by the name of its service, which its own words do not have.
* Nothing is written for it.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice

from sqlalchemy import Connection

from itinerant.domain.fields import Value
from itinerant.domain.lookup import fold
from itinerant.store.disk.database import Database, ask
from itinerant.store.disk.shapes import SHAPES, StoredRecord
from itinerant.store.reading import records
from itinerant.store.reading.visits import Tallies

_BATCH = 500
_CHUNK = 2_000
"""Records whose words are one text: a string a record costs more than to decrypt it."""

Sought = Sequence[tuple[str, Set[str]]]
"""Folded words, each with the codes of the services that have it in their name."""


class _Block:
    """The words of some records that follow each other, ascending by `n`."""

    def __init__(self) -> None:
        self.text = ""
        """A line for each record: the code of its service, a tab, its words."""
        self.numbers = array("q")
        self.starts = array("q")
        """Where each line begins."""

    def add(self, numbers: Sequence[int], lines: Sequence[str]) -> None:
        at = len(self.text)
        for line in lines:
            self.starts.append(at)
            at += len(line) + 1
        self.numbers.extend(numbers)
        self.text = "".join((self.text, "\n".join(lines), "\n"))

    def matching(self, sought: Sought, before: int | None) -> Iterator[int]:
        """The numbers before `before` of the records that have all of the words, greatest first."""
        end = len(self.numbers) if before is None else bisect_right(self.numbers, before - 1)
        if not sought or not end:
            yield from reversed(self.numbers[:end])
            return
        if any(not codes and word not in self.text for word, codes in sought):
            return
        plain = [word for word, codes in sought if not codes]
        if plain:  # the rarest word leads from line to line, the others are looked for in those
            lead = min(plain, key=self.text.count) if len(plain) > 1 else plain[0]
            lines = self._lines_with(lead, end)
        else:
            lines = iter(range(end - 1, -1, -1))
        for line in lines:
            if self._has(line, sought):
                yield self.numbers[line]

    def _lines_with(self, word: str, end: int) -> Iterator[int]:
        """The lines before line `end` in which a word is, last first."""
        stop = self.starts[end] if end < len(self.starts) else len(self.text)
        while (at := self.text.rfind(word, 0, stop)) >= 0:
            line = bisect_right(self.starts, at) - 1
            yield line
            stop = self.starts[line]

    def _has(self, line: int, sought: Sought) -> bool:
        start = self.starts[line]
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        code, _tab, words = self.text[start : end - 1].partition("\t")
        return all(word in words or code in codes for word, codes in sought)


class Words:
    """The words of one kind's records, ascending by `n`."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []

    @property
    def last(self) -> int:
        """The last record whose words are here; 0 for none."""
        return self._blocks[-1].numbers[-1] if self._blocks else 0

    def add(self, numbers: Sequence[int], lines: Sequence[str]) -> None:
        """Add records, of which there are some, that come after all others."""
        if not self._blocks or len(self._blocks[-1].numbers) + len(numbers) > _CHUNK:
            self._blocks.append(_Block())
        self._blocks[-1].add(numbers, lines)

    def matching(self, sought: Sought, before: int | None) -> Iterator[int]:
        """The numbers before `before` of the records that have all of the words, greatest first."""
        for block in reversed(self._blocks):
            yield from block.matching(sought, before)


class Finder:
    """What is held in memory of the records: the words by kind, and the counts of visits (`tallies`).

    Safe to use from several threads.
    """

    def __init__(self, database: Database) -> None:
        self.tallies = Tallies(database)
        self._database = database
        self._lock = threading.Lock()
        self._known: dict[str, Words] = {}

    def altered(self, kind: str) -> None:
        """Records of that kind were altered or erased, not only added: read their words again."""
        with self._lock:
            self._known.pop(kind, None)
        self.tallies.altered(kind)

    def page(
        self,
        kind: str,
        text: str,
        *,
        services: Mapping[str, Set[str]],
        where: Mapping[str, Value],
        before: int | None,
        limit: int,
    ) -> Sequence[StoredRecord]:
        """A page as `records.page` gives it, of the records that have every word of `text`.

        `services`: for a folded word, the codes of the services that have it in their name.
        """
        sought = [(word, services.get(word, frozenset())) for word in fold(text).split()]
        found: list[StoredRecord] = []
        with self._lock, self._database.reader() as connection:
            numbers = self._load(connection, kind).matching(sought, before)
            while len(found) < limit and (batch := list(islice(numbers, _BATCH))):
                left = limit - len(found)
                found += records.page(connection, kind, where=where, among=batch, before=before, limit=left)
        return found

    def _load(self, connection: Connection, kind: str) -> Words:
        """The words of the kind's records, as far as they are written."""
        known = self._known.setdefault(kind, Words())
        shape = SHAPES[kind]
        code = "coalesce(service, '')" if "service" in shape.kind.by_name else "''"
        statement = (
            "SELECT group_concat(n), group_concat(line, char(10)) FROM (SELECT n,"  # noqa: S608 - a declaration's names
            f" {code} || char(9) || replace(words, char(10), ' ') AS line"
            f" FROM {shape.name} WHERE n > ? ORDER BY n LIMIT {_CHUNK})"
        )
        while True:
            ((numbers, text),) = ask(connection, statement, known.last)
            if numbers is None:
                return known
            known.add([*map(int, numbers.split(","))], text.split("\n"))
