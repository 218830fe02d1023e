"""What waits in quarantine: why, and the two decisions. The content is shown on request only, and noted."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Form
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.texts import _
from server.access import accesses
from server.exchange import quarantine as decisions
from server.pages.page import Decider, Reader, go, office_of, show
from server.queries import state
from server.tables import QuarantineRow, table

router = APIRouter()
Text = Annotated[str, Form()]
_quarantine = table(QuarantineRow)
_SHOWN = 500


@router.get("/cuarentena")
def waiting(request: Request, _me: Reader, dicho: str = "") -> Response:
    """Everything that waits, without its content."""
    with office_of(request).database.reader() as connection:
        found = [one for one, _n in zip(state.quarantine(connection), range(_SHOWN), strict=False)]
    said = _("Decidido: {change}.").format(change=dicho[:20]) if dicho else ""
    return show(request, "quarantine.html", items=found, limit=_SHOWN, said=said)


@router.get("/cuarentena/{item}")
def one(request: Request, me: Decider, item: int) -> Response:
    """One change that waits, with its content: who looks is noted, since it may be what nobody should read."""
    office = office_of(request)
    with office.database.writer() as connection:
        row = connection.execute(select(_quarantine).where(_quarantine.c.id == item)).first()
        if row is None:
            raise UserError(_("No hay nada en cuarentena con el número {n}.").format(n=item))
        ref = f"{row.device}-{row.seq}"
        accesses.note(connection, at=office.now_ms(), account=me.code, action="quarantine.read", subject=ref)
    change = orjson.loads(row.data)
    return show(request, "quarantined.html", row=row, ref=ref, change=change, kind=KINDS.get(row.kind))


@router.post("/cuarentena/{item}")
def decide(request: Request, me: Decider, item: int, decision: Text, why: Text) -> Response:
    """Let a change into the ledger, or leave it out for good."""
    act = {"release": decisions.release, "discard": decisions.discard}.get(decision)
    if act is None:
        raise UserError(_("Falta un dato, o no tiene la forma debida."), place="decision")
    return go(f"/cuarentena?dicho={act(office_of(request), item, why, by=me.code)}")
