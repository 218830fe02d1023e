"""Staff: names, which live in the roster only; every reading of them is noted (Ley 29733)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from itinerant.domain.people import ROLES
from itinerant.texts import _
from server.access import accesses
from server.laptops import fleet
from server.pages.page import Exporter, StaffReader, go, office_of, show
from server.queries import lists
from server.tables import AccessRow, RosterRow, table

router = APIRouter()
Text = Annotated[str, Form()]
_roster = table(RosterRow)
_access = table(AccessRow)
_PAGE = 100


@router.get("/personal")
def people(request: Request, me: StaffReader, dicho: str = "") -> Response:
    """The roster, with names."""
    office = office_of(request)
    with office.database.writer() as connection:
        accesses.note(connection, at=office.now_ms(), account=me.code, action="roster.read", subject="*")
        found = connection.execute(select(_roster).order_by(_roster.c.brigade, _roster.c.code)).all()
        brigades = lists.names(connection, "brigade")
    said = _("Guardado.") if dicho else ""
    return show(request, "staff.html", people=found, brigades=brigades, roles=ROLES, said=said)


@router.post("/personal")
def write(request: Request, me: StaffReader, codigo: Text, nombre: Text, rol: Text, brigada: Text = "") -> Response:
    """Add a person, or change their name, role or brigade."""
    fleet.add_staff(office_of(request), codigo.strip(), brigade=brigada, role=rol, name=nombre, by=me.code)
    return go("/personal?dicho=1")


@router.get("/accesos")
def accessed(request: Request, _me: Exporter, desde: int = 0, cuenta: str = "") -> Response:
    """Who read staff data or decided what, newest first."""
    wanted = [_access.c.id < desde] if desde else []
    if cuenta:
        wanted.append(_access.c.account == cuenta)
    statement = select(_access).where(*wanted).order_by(_access.c.id.desc()).limit(_PAGE + 1)
    with office_of(request).database.reader() as connection:
        rows = connection.execute(statement).all()
    after = rows[_PAGE - 1].id if len(rows) > _PAGE else 0
    return show(request, "accesses.html", rows=rows[:_PAGE], after=after, account=cuenta)
