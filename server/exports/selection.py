"""Which records a disclosure is about: a visit, or the visits of a district, and all that happened in them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.texts import _
from server.records import chunks
from server.tables import RECORDS

VISIT = "visit"


def records(connection: Connection, visit: str, ubigeo: str) -> set[str]:
    """The records of one visit, or of every visit in a district. Raises `UserError` when there is none."""
    visits = _visits_in(connection, ubigeo) if ubigeo else _existing(connection, visit)
    if not visits:
        raise UserError(
            _("No hay ninguna jornada en {what}.").format(what=ubigeo or visit), place=ubigeo or visit, code="selection"
        )
    found = set(visits)
    for kind in KINDS.values():
        if VISIT in kind.by_name:
            table = RECORDS[kind.name]
            for chunk in chunks(visits):
                found.update(connection.scalars(select(table.c.record).where(table.c[VISIT].in_(chunk))))
    return found


def _existing(connection: Connection, visit: str) -> set[str]:
    table = RECORDS[VISIT]
    return set(connection.scalars(select(table.c.record).where(table.c.record == visit)))


def _visits_in(connection: Connection, ubigeo: str) -> set[str]:
    """Visits that name the district, or a stop of a campaign in it."""
    stops, visits = RECORDS["stop"], RECORDS[VISIT]
    here: Iterable[str] = connection.scalars(select(stops.c.record).where(stops.c.ubigeo == ubigeo))
    found = set(connection.scalars(select(visits.c.record).where(visits.c.ubigeo == ubigeo)))
    for chunk in chunks(here):
        found.update(connection.scalars(select(visits.c.record).where(visits.c.stop.in_(chunk))))
    return found
