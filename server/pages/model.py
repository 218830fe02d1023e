"""The CAP model of the regulation on one page, what arts. 45 and 53 ask, what was found, and the quality of service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from server.pages.page import Reader, office_of, show
from server.queries import lists, model
from server.queries.totals import Scope
from server.reports import duties
from server.reports.period import Period

router = APIRouter()
Text = Annotated[str, Query(max_length=32)]


@router.get("/modelo")
def canvas(request: Request, _me: Reader, desde: Text = "", hasta: Text = "", brigada: Text = "") -> Response:
    """The canvas of a period."""
    office = office_of(request)
    scope = Scope(Period.of(desde, hasta, office.now_ms()), brigada)
    with office.database.reader() as connection:
        return show(
            request,
            "model.html",
            scope=scope,
            brigades=lists.names(connection, "brigade"),
            blocks=model.canvas(connection, scope),
            duties=model.duties(connection, scope),
            quality=model.quality(connection, scope),
            short=duties.terminals(connection, scope)[0],
        )
