"""Finding records by typed words, wherever in them a word is.

* The words of a kind's records are held in memory from its first search on; what was added since is read at the next
  one. So each costs milliseconds among a hundred thousand, and nothing is written for it.
* A session is also found by the name of its service, which its own words do not have.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence, Set

from sqlalchemy import Connection

from itinerant.domain.fields import Value
from itinerant.domain.lookup import fold
from itinerant.store import records
from itinerant.store.database import Database, ask
from itinerant.store.shapes import SHAPES, StoredRecord

_BATCH = 500


class Finder:
    """The words in memory, by kind. Safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: dict[str, dict[int, tuple[str, str]]] = {}

    def altered(self, kind: str) -> None:
        """Records of that kind were altered or erased, not only added: read their words again."""
        with self._lock:
            self._known.pop(kind, None)

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
            numbers = _matching(self._load(connection, kind), sought, before)
            for first in range(0, len(numbers), _BATCH):
                batch, left = numbers[first : first + _BATCH], limit - len(found)
                found += records.page(connection, kind, where=where, among=batch, before=before, limit=left)
                if len(found) == limit:
                    break
        return found

    def _load(self, connection: Connection, kind: str) -> dict[int, tuple[str, str]]:
        """The words of the kind's records by `n`, ascending, and the code of their service."""
        known = self._known.setdefault(kind, {})
        shape = SHAPES[kind]
        service = "service" if "service" in shape.kind.by_name else "NULL"
        statement = f"SELECT n, words, {service} FROM {shape.name} WHERE n > ? ORDER BY n"  # noqa: S608 - a declaration's
        for n, words, code in ask(connection, statement, next(reversed(known), 0)):
            known[n] = (words, code or "")
        return known


def _matching(
    known: Mapping[int, tuple[str, str]], sought: Sequence[tuple[str, Set[str]]], before: int | None
) -> list[int]:
    """The numbers before `before` that have all the words, greatest first. Plain loops: there may be many thousands."""
    numbers = [n for n in known if before is None or n < before]
    for word, codes in sought:
        if codes:
            numbers = [n for n in numbers if word in known[n][0] or known[n][1] in codes]
        else:
            numbers = [n for n in numbers if word in known[n][0]]
    return numbers[::-1]
