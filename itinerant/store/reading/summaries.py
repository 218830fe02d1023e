"""The sessions of some visits summed up, for reports and for the acta."""

from __future__ import annotations

import json
from collections.abc import Sequence

from itinerant.domain.summary import COUNTED, Summary, summarise
from itinerant.store.disk.database import Database, ask

_COLUMNS = (*COUNTED, "started_at", "duration_s", "fee_cents")
_SELECT = (
    f"SELECT {', '.join(_COLUMNS)}, void FROM record_session"  # noqa: S608 - names of fields
    " WHERE visit IN (SELECT value FROM json_each(?))"
)


class Summaries:
    """Reads the record tables; writes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, visits: Sequence[str]) -> Summary:
        """The sessions of these visits, read in one pass."""
        with self._database.reader() as connection:
            rows = ask(connection, _SELECT, json.dumps(list(visits)))
            return summarise((dict(zip(_COLUMNS, row, strict=False)), bool(row[-1])) for row in rows)
