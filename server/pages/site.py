"""The whole page on the office's application: its routes, its files, its door and its errors."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from itinerant.errors import UserError
from itinerant.texts import _
from server.pages import (
    account,
    catalogue,
    decisions,
    exports,
    fleet,
    login,
    model,
    passkeys,
    people,
    provider,
    quarantine,
    records,
    recovery,
    reports,
    staff,
    today,
)
from server.pages.guard import Guard, is_machine
from server.pages.page import SignIn, door, problem

_MODULES = (
    login, provider, account, passkeys, people, today, records, decisions, quarantine, reports, model, fleet, staff,
    exports, recovery, catalogue,
)  # fmt: skip
ROUTERS = tuple(module.router for module in _MODULES)


def install(app: FastAPI) -> None:
    """Add the page to an application."""
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/estatico", StaticFiles(directory=Path(__file__).parent / "static"))
    for kind, handler in ((SignIn, _door), (RequestValidationError, _incomplete), (HTTPException, _absent)):
        app.add_exception_handler(kind, handler)
    app.add_middleware(Guard)


def _door(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignIn)
    return door(request, error)


async def _incomplete(request: Request, error: Exception) -> Response:
    """A form or a query that lacks something: the place is named, what was sent is not repeated."""
    assert isinstance(error, RequestValidationError)
    place = ", ".join(sorted({str(each["loc"][-1]) for each in error.errors()}))[:200]
    words = UserError(_("Falta un dato, o no tiene la forma debida."), place=place, code="incomplete")
    return _told(request, words, 422)


async def _absent(request: Request, error: Exception) -> Response:
    """No such page, or not for that method."""
    assert isinstance(error, HTTPException)
    words = UserError(_("No hay nada en esta dirección."), next_step=_("Vuelva al inicio."), code="absent")
    return _told(request, words, error.status_code)


def _told(request: Request, words: UserError, status: int) -> Response:
    return JSONResponse(words.as_dict(), status) if is_machine(request.url.path) else problem(request, words, status)
