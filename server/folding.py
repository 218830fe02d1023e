"""National totals of the months that are over: the sum of all brigades', so that years are read from a few rows.

* Made once a month is over, a month a transaction, when somebody enters or the service starts; a parcel that brings
  sessions of such a month drops its totals in the same transaction, and they are made again the next time.
* Only a shortcut: what is not here is added up from the brigades' totals.
"""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from sqlalchemy import Connection, select

from server import ledger
from server.office import Office
from server.reports.period import PERU
from server.tables import RollupMonthRow, RollupRow, table

_brigades = table(RollupRow)
_months = table(RollupMonthRow)


def fold_if_due(office: Office) -> int:
    """Make what is missing; answers with how many months."""
    done = 0
    while month := _next(office):
        with office.database.writer() as connection:
            ledger.lock(connection)  # no parcel changes a month while it is added up
            connection.execute(_months.delete().where(_months.c.month == month))
            _fold(connection, office, month)
        done += 1
    return done


def _next(office: Office) -> int:
    """The first month that is over and has no totals here; 0 when there is none."""
    today = datetime.fromtimestamp(office.now_ms() / 1_000, UTC).astimezone(PERU)
    over = (_brigades.c.dim == "mode") & (_brigades.c.month < today.year * 100 + today.month)
    made = select(_months.c.month).where(_months.c.dim == "mode")
    first = select(_brigades.c.month).where(over, _brigades.c.month.not_in(made)).order_by(_brigades.c.month).limit(1)
    with office.database.reader() as connection:
        return connection.scalar(first) or 0


def _fold(connection: Connection, office: Office, month: int) -> None:
    totals: dict[str, dict[str, int]] = {}
    here = select(_brigades.c.dim, _brigades.c.content).where(_brigades.c.month == month)
    for dim, content in connection.execute(here):
        whole = totals.setdefault(dim, {})
        for value, number in orjson.loads(content).items():
            whole[value] = whole.get(value, 0) + number
    rows = [
        (month, dim, orjson.dumps(whole, option=orjson.OPT_SORT_KEYS).decode()) for dim, whole in sorted(totals.items())
    ]
    office.database.insert(connection, _months, rows)
