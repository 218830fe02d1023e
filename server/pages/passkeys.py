"""Passkeys on the page: one's own, and the second step with one of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from itinerant.errors import Refused, UserError
from server.access import passkeys
from server.access.sessions import Session
from server.pages.account import Me, site_of, waiting
from server.pages.page import go, office_of, safe_path, show

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/cuenta/llaves")
def mine(request: Request, me: Me) -> Response:
    """One's passkeys, and how to add one."""
    return _shown(request, me, None)


@router.post("/cuenta/llaves")
def add(request: Request, me: Me, respuesta: Text, nombre: Text = "") -> Response:
    """Take a new passkey into use."""
    try:
        passkeys.add(office_of(request), me, site_of(request), respuesta, nombre)
    except (UserError, Refused) as error:
        return _shown(request, me, error)
    return go("/cuenta?dicho=llave")


@router.post("/cuenta/llaves/quitar")
def remove(request: Request, me: Me, llave: Text) -> Response:
    """Forget one of one's passkeys."""
    passkeys.remove(office_of(request), me, llave)
    return go("/cuenta/llaves")


@router.post("/segundo-paso/llave")
def give(request: Request, respuesta: Text, a: Text = "/") -> Response:
    """Take what a passkey signed."""
    session, office, site = waiting(request), office_of(request), site_of(request)
    try:
        passkeys.give(office, session, site, respuesta)
    except Refused as error:
        options = passkeys.ask(office, session, site)
        return show(request, "second_step.html", status=403, after=safe_path(a), error=error, options=options)
    return go(safe_path(a))


def _shown(request: Request, me: Session, error: UserError | Refused | None) -> Response:
    office = office_of(request)
    return show(
        request,
        "passkeys.html",
        status=200 if error is None else 400,
        keys=passkeys.listed(office, me.code),
        options=passkeys.ask_new(office, me, site_of(request)),
        error=error,
    )
