"""The first page: what came in lately and where, what waits for somebody, and which laptop is silent."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from itinerant import reference
from itinerant.domain.session import SESSION
from itinerant.texts import _, ngettext
from server import backups
from server.office import Office
from server.pages.charts import Dot, bars, peru
from server.pages.page import Reader, office_of, show
from server.queries import state, totals
from server.queries.totals import Scope
from server.reports.period import Period

router = APIRouter()
LATELY_D = 30
SILENT_D = 7
"""A laptop that was not heard of for longer is called silent."""
_DAY_MS = 86_400_000


@router.get("/")
def today(request: Request, _me: Reader) -> Response:
    """Counts, a map, and laptops with the most silent first."""
    office = office_of(request)
    last = Period.of("", "", office.now_ms()).last
    lately = Scope(Period(last - timedelta(days=LATELY_D - 1), last))
    year = Scope(Period(date(last.year, 1, 1), last))
    with office.database.reader() as connection:
        counts = state.summary(connection)
        devices = list(state.devices(connection))
        this_year = sum(totals.totals(connection, year, ["mode"])["mode"].values())
        outcomes = totals.totals(connection, lately, ["outcome"])["outcome"]
        drawn = _map(connection, lately)
        uncopied = backups.days_without(connection, office.now_ms())
    devices.sort(key=lambda one: (one["seen_at"] is not None, one["seen_at"] or 0))
    return show(
        request,
        "today.html",
        counts=counts,
        devices=devices,
        silent=_silent(office, devices),
        silent_days=SILENT_D,
        this_year=this_year,
        recent=sum(outcomes.values()),
        days=LATELY_D,
        uncopied=uncopied if uncopied > backups.WEEK_D else 0,
        map=drawn,
        outcomes=_outcomes(outcomes),
    )


def _silent(office: Office, devices: list[state.Document]) -> int:
    since = office.now_ms() - SILENT_D * _DAY_MS
    return sum(one["state"] == "enrolled" and int(str(one["seen_at"] or 0)) < since for one in devices)


def _map(connection: Connection, scope: Scope) -> str:
    places = totals.by_place(connection, scope)
    most = max((sessions for _code, sessions, _visits in places), default=1)
    query = f"desde={scope.period.first}&hasta={scope.period.last}"
    dots = [
        Dot(
            code,
            sessions / most,
            f"{reference.districts().label(code)}: "
            + ngettext("{n} atención", "{n} atenciones", sessions).format(n=sessions),
            f"/informes/services?ubigeo={code}&{query}",
        )
        for code, sessions, _visits in places
        if code
    ]
    return peru(dots, _("Mapa de las atenciones de los últimos {n} días").format(n=LATELY_D))


def _outcomes(counts: dict[str, int]) -> str:
    field = SESSION.by_name["outcome"]
    rows = [(field.label_of(code), float(n), str(n)) for code, n in sorted(counts.items(), key=lambda item: -item[1])]
    return bars(rows, _("Resultado de las atenciones de los últimos {n} días").format(n=LATELY_D)) if rows else ""
