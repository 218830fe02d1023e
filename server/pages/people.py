"""Accounts of the office, by whoever administers it; and the six-monthly review of privileges (DS 016-2024-JUS)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from itinerant.errors import UserError
from itinerant.texts import _
from server.access import accounts
from server.access.accounts import REVIEW_DAYS
from server.access.permissions import RIGHTS
from server.laptops.fleet import DAY_MS
from server.pages.page import Administrator, go, office_of, show

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/cuentas")
def everyone(request: Request, _me: Administrator, dicho: str = "") -> Response:
    """All accounts, with those whose privileges are due for review first."""
    return _list(request, said=_("Quedó anotado.") if dicho else "")


@router.post("/cuentas")
def invite(request: Request, me: Administrator, codigo: Text, rol: Text) -> Response:
    """Make an account or a new link; the link is shown once, on this answer only."""
    office = office_of(request)
    if codigo == me.code:
        raise UserError(_("Nadie se da su propio enlace."), next_step=_("Cambie su frase en «Su cuenta»."))
    link = accounts.invite(office, codigo, rol, str(request.base_url), by=me.code)
    return _list(request, link=link, invited=codigo)


@router.post("/cuentas/{code}/cerrar")
def disable(request: Request, me: Administrator, code: str, motivo: Text) -> Response:
    """Close an account."""
    accounts.disable(office_of(request), code, motivo, by=me.code)
    return go("/cuentas?dicho=1")


@router.post("/cuentas/{code}/revisar")
def confirm(request: Request, me: Administrator, code: str, motivo: Text) -> Response:
    """Note that the person still needs the role."""
    accounts.confirm(office_of(request), code, motivo, by=me.code)
    return go("/cuentas?dicho=1")


def _list(request: Request, *, link: str = "", invited: str = "", said: str = "") -> Response:
    office = office_of(request)
    with office.database.reader() as connection:
        people = accounts.everyone(connection)
    due = office.now_ms() - REVIEW_DAYS * DAY_MS
    people.sort(key=lambda one: (not one.active, one.reviewed_at > due, one.code))
    return show(
        request, "accounts.html", people=people, due=due, roles=list(RIGHTS), link=link, invited=invited, said=said
    )
