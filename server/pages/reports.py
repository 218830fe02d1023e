"""Reports on the page: a period, one brigade or place if asked, tables with their charts, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from itinerant.errors import UserError
from itinerant.texts import _
from server.office import Office
from server.pages.charts import bars
from server.pages.page import Reader, office_of, show
from server.queries import lists
from server.queries.totals import Scope
from server.reports import formats, kinds, public
from server.reports.formats import Made
from server.reports.period import Period
from server.reports.table import Table

router = APIRouter()
Text = Annotated[str, Query(max_length=32)]


@router.get("/informes")
def listed(request: Request, _me: Reader) -> Response:
    """All reports."""
    return show(request, "reports.html", reports=list(kinds.REPORTS.values()))


@router.get("/informes/{name}/publico")
def published(request: Request, _me: Reader, name: str, mes: Text, formato: Text = "csv") -> Response:
    """The version of a report that may be published, as a file."""
    return _file(public.make(office_of(request), name, mes), formato, "publico-")


@router.get("/informes/{name}")
def report(
    request: Request, _me: Reader, name: str, desde: Text = "", hasta: Text = "", brigada: Text = "", ubigeo: Text = "",
    campana: Text = "",
) -> Response:  # fmt: skip
    """One report as a page or, with `.csv` and the like after its name, as a file."""
    plain, _dot, extension = name.partition(".")
    made = _make(request, plain, (desde, hasta, brigada, ubigeo, campana))
    if extension:
        return _file(made, extension)
    found, scope, tables = made
    query = {"desde": scope.period.first.isoformat(), "hasta": scope.period.last.isoformat(), "brigada": brigada,
             "ubigeo": ubigeo, "campana": campana}  # fmt: skip
    with office_of(request).database.reader() as connection:
        brigades, campaigns = lists.names(connection, "brigade"), lists.by_record(connection, "campaign")
    links = {kind: f"/informes/{plain}.{kind}?{urlencode(query)}" for kind in formats.FORMATS}
    return show(
        request,
        "report.html",
        report=found,
        scope=scope,
        tables=[(table, _chart(table)) for table in tables],
        brigades=brigades,
        campaigns=campaigns,
        links=links,
        publishes=plain in public.NAMES,
        months=list(_over(office_of(request))),
        cell=formats.shown,
    )


def _make(request: Request, name: str, asked: tuple[str, str, str, str, str]) -> Made:
    office = office_of(request)
    first, last, brigade, ubigeo, campaign = asked
    scope = Scope(Period.of(first, last, office.now_ms()), brigade, ubigeo, campaign)
    with office.database.reader() as connection:
        found, tables = kinds.make(connection, name, scope)
    return found, scope, tables


def _file(made: Made, extension: str, prefix: str = "") -> Response:
    if extension not in formats.FORMATS:
        raise UserError(_("No existe ese formato."), next_step=", ".join(formats.FORMATS), place=extension[:10])
    media, write = formats.FORMATS[extension]
    period = made[1].period
    name = f"{prefix}{made[0].name}-{period.first:%Y%m%d}-{period.last:%Y%m%d}.{extension}"
    return Response(write(made), media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})


def _over(office: Office) -> Iterator[str]:
    """The months of the last two years that are over, latest first."""
    month = Period.of("", "", office.now_ms()).last.replace(day=1)
    for _month in range(24):
        month = (month - timedelta(days=1)).replace(day=1)
        yield f"{month:%Y-%m}"


def _chart(table: Table) -> str:
    if table.chart is None or not table.rows:
        return ""
    label, length = (table.column(name) for name in table.chart)
    rows = [
        (str(row[label]), float(row[length] or 0), formats.shown(row[length], table.columns[length]))
        for row in table.rows
    ]
    return bars(rows, table.title)
