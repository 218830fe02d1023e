"""Records, laptops and what waits in quarantine, for spreadsheets and dashboards that refresh by themselves.

* A page is `{"value": […], "next": "…"}`, as OData writes it; `next` is the address of the page after it, empty at the
  end. Newest first.
* A token sees what its account's page would: records of staff ask for the right to see staff, and are noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from itinerant.domain.fields import VOID
from itinerant.errors import UserError
from itinerant.texts import _
from server.access import accesses
from server.access.permissions import Right
from server.access.tokens import Bearer
from server.api.decisions import Reader
from server.api.schema import PAGE, RECORD
from server.office import Office
from server.queries import lists, state
from server.queries.lists import Line, Told

router = APIRouter(prefix="/api/v1")
_STAFF = "staff"
_MOST_WAITING = 1_000


@router.get("/records/{kind}", responses=PAGE)
async def records(request: Request, me: Reader, kind: str, after: str = "", annulled: bool = False) -> JSONResponse:
    """A page of records of a kind (`session`, `visit`, `service` …). `annulled`: those too, with `void` true."""
    office: Office = request.app.state.office

    def job() -> dict[str, object]:
        _allow(office, me, kind, "*")
        with office.database.reader() as connection:
            page = lists.page(connection, kind, {}, after, voided=None if annulled else False)
        query = {"after": page.after} | ({"annulled": "true"} if annulled else {})
        more = f"/api/v1/records/{kind}?{urlencode(query)}" if page.after else ""
        return {"value": [_flat(line) for line in page.lines], "next": more}

    return JSONResponse(await request.app.state.queue.run(job))


@router.get("/records/{kind}/{ref}", responses=RECORD)
async def record(request: Request, me: Reader, kind: str, ref: str) -> JSONResponse:
    """One record: its values, its open conflicts, and each change of its history with its place in the ledger."""
    office: Office = request.app.state.office

    def job() -> dict[str, Any]:
        _allow(office, me, kind, ref)
        with office.database.reader() as connection:
            found = lists.one(connection, ref)
        if found is None or found[0].kind != kind:
            raise UserError(_("No hay ningún registro {ref}.").format(ref=ref[:20]), code="unknown_record")
        known, told = found
        return {
            "record": ref,
            "kind": kind,
            VOID: known.void,
            "values": dict(known.values),
            "conflicts": [conflict.field for conflict in known.conflicts],
            "history": [_change(each) for each in told],
        }

    return JSONResponse(await request.app.state.queue.run(job))


@router.get("/devices", responses=PAGE)
async def devices(request: Request, _me: Reader) -> JSONResponse:
    """Every laptop: how far its log is here, when it was last heard of, how much of it waits in quarantine."""
    office: Office = request.app.state.office

    def job() -> list[state.Document]:
        with office.database.reader() as connection:
            return list(state.devices(connection))

    return JSONResponse({"value": await request.app.state.queue.run(job), "next": ""})


@router.get("/quarantine", responses=PAGE)
async def quarantine(request: Request, _me: Reader) -> JSONResponse:
    """What waits for a person (the first thousand), and why; never its content."""
    office: Office = request.app.state.office

    def job() -> list[state.Document]:
        with office.database.reader() as connection:
            waiting = state.quarantine(connection)
            return [one for one, _n in zip(waiting, range(_MOST_WAITING), strict=False)]

    return JSONResponse({"value": await request.app.state.queue.run(job), "next": ""})


def _allow(office: Office, me: Bearer, kind: str, subject: str) -> None:
    """Records of staff ask for more, and each reading is noted."""
    if kind != _STAFF:
        return
    me.require(Right.STAFF)
    with office.database.writer() as connection:
        accesses.note(connection, at=office.now_ms(), account=me.account, action="staff.read", subject=subject[:40])


def _flat(line: Line) -> Mapping[str, object]:
    """A line of a list. The record's own fields come last: none of them is called as these."""
    return {
        "record": line.record,
        VOID: line.void,
        "open_conflicts": line.conflicts,
        "made_on": line.author,
        "made_by": line.made_by,
        "made_at": line.made_at,
        **line.values,
    }


def _change(told: Told) -> Mapping[str, object]:
    change = told.change
    return {
        "change": change.ref,
        "by": change.by,
        "at": change.at,
        "why": change.why,
        "base": list(change.base),
        "set": dict(change.set),
        "position": told.position,
    }
