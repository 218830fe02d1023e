"""What a person is writing: kept sealed in the database from the first key, so that a crash loses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from itinerant.domain.fields import Value
from itinerant.store.disk.database import Database


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A form's values as they were left, and when (ms, laptop's clock)."""

    values: Mapping[str, Value]
    at: int


class Drafts:
    """Drafts by the name of their form (`session`, `amend/LOR07-5` …). Nothing in them is checked yet."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms

    def save(self, key: str, values: Mapping[str, Value]) -> None:
        """Keep what the form holds now."""
        statement = (
            "INSERT INTO draft VALUES (?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET content = excluded.content, at = excluded.at"
        )
        with self._database.writer() as connection:
            connection.exec_driver_sql(statement, (key, json.dumps(dict(values)), self._now_ms()))

    def load(self, key: str) -> SavedDraft | None:
        """What was kept, or None."""
        with self._database.reader() as connection:
            row = connection.exec_driver_sql("SELECT content, at FROM draft WHERE key = ?", (key,)).first()
        return None if row is None else SavedDraft(json.loads(row[0]), row[1])

    def keys(self) -> list[str]:
        """The forms that have something kept, latest first."""
        with self._database.reader() as connection:
            return list(connection.exec_driver_sql("SELECT key FROM draft ORDER BY at DESC").scalars())

    def discard(self, key: str) -> None:
        """Forget what was kept, once it was saved or thrown away."""
        with self._database.writer() as connection:
            connection.exec_driver_sql("DELETE FROM draft WHERE key = ?", (key,))
