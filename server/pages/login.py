"""The door: passphrase, one-time link, way out; and the language of the page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from itinerant.errors import ItinerantError, NoConnection, Refused, UserError
from itinerant.texts import _
from server.access import accounts, oidc, sessions
from server.pages.guard import LANGUAGE
from server.pages.page import COOKIE, go, office_of, safe_path, session_of, show

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/entrar")
def ask(request: Request, a: str = "/") -> Response:
    """The form to enter; `a` is the page to go on to."""
    return show(request, "login.html", after=safe_path(a), code="", error=None, provider=has_provider(request))


@router.post("/entrar")
def enter(request: Request, cuenta: Text, frase: Text, a: Text = "/") -> Response:
    """Enter with a passphrase."""
    office = office_of(request)
    address = request.client.host if request.client else ""
    try:
        account = accounts.check(office, cuenta, frase, address)
    except (Refused, NoConnection) as error:
        status = 429 if isinstance(error, NoConnection) else 403
        return show(
            request,
            "login.html",
            status=status,
            after=safe_path(a),
            code=cuenta[:32],
            error=error,
            provider=has_provider(request),
        )
    return _entered(request, sessions.start(office, account), a)


@router.get("/activar")
def welcome(request: Request) -> Response:
    """The form of a one-time link."""
    return show(request, "activate.html", token="", error=None)


@router.post("/activar")
def activate(request: Request, codigo: Text, frase: Text, otra: Text) -> Response:
    """Use a one-time link to choose a passphrase, and enter."""
    office = office_of(request)
    try:
        if frase != otra:
            raise UserError(_("Las dos frases no son iguales."), next_step=_("Escríbalas de nuevo."))
        code = accounts.activate(office, codigo.strip(), frase)
    except (UserError, Refused) as error:
        return show(request, "activate.html", status=_status(error), token=codigo[:64], error=error)
    with office.database.reader() as connection:
        account = accounts.find(connection, code)
    assert account is not None, "it was activated just now"
    return _entered(request, sessions.start(office, account), "/")


@router.post("/salir")
def leave(request: Request) -> Response:
    """End the session, here and in the browser."""
    session = session_of(request)
    if session is not None:
        sessions.end(office_of(request), session)
    answer = go("/entrar")
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.post("/idioma")
def speak(idioma: Text, a: Text = "/") -> Response:
    """Show the page in another language from now on."""
    answer = go(safe_path(a))
    answer.set_cookie(LANGUAGE, idioma[:3], max_age=31_536_000, samesite="strict", httponly=True)
    return answer


def _entered(request: Request, token: str, path: str) -> Response:
    answer = go(safe_path(path))
    keep_session(request, answer, token)
    return answer


def keep_session(request: Request, answer: Response, token: str) -> None:
    """Give the browser its session."""
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure, path="/")


def has_provider(request: Request) -> bool:
    """Whether the entity's identity provider may be used."""
    return oidc.read(office_of(request).folder) is not None


def _status(error: ItinerantError) -> int:
    return 400 if isinstance(error, UserError) else 403
