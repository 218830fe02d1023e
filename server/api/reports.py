"""Reports for programs: plain JSON that a spreadsheet or a dashboard refreshes from, with a token that may read."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from itinerant.errors import UserError
from itinerant.texts import _
from server.api.decisions import Reader
from server.office import Office
from server.queries.totals import Scope
from server.reports import formats, kinds, public
from server.reports.period import Period

router = APIRouter(prefix="/api/v1/reports")


@router.get("")
async def listed(_me: Reader) -> JSONResponse:
    """The reports that there are."""
    return JSONResponse({"reports": [{"name": each.name, "title": _(each.title)} for each in kinds.REPORTS.values()]})


@router.get("/{name}")
async def report(
    request: Request,
    _me: Reader,
    name: str,
    first: str = "",
    last: str = "",
    brigade: str = "",
    ubigeo: str = "",
    month: str = "",
) -> Response:
    """One report of a period (`first`, `last`: 2026-11-23; this year so far when left out).

    With `month` (2026-10), alone: the version of a month that is over that may be published, without small cells.
    """
    office: Office = request.app.state.office

    def job() -> bytes:
        if month:
            if first or last or brigade or ubigeo:
                raise UserError(_("La edición pública es de un mes entero, sin otro filtro."), place="month")
            return formats.as_json(public.make(office, name, month))
        scope = Scope(Period.of(first, last, office.now_ms()), brigade, ubigeo)
        with office.database.reader() as connection:
            found, tables = kinds.make(connection, name, scope)
        return formats.as_json((found, scope, tables))

    return Response(await request.app.state.queue.run(job), media_type="application/json")
