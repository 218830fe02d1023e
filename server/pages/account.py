"""One's own account: second step at the door, second factor, passphrase, other sessions."""

from __future__ import annotations

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Form
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from itinerant.errors import NoConnection, Refused, UserError
from itinerant.texts import _
from server.access import accounts, passkeys, second_factor, sessions
from server.access.passkeys import Site
from server.access.sessions import Session
from server.pages.page import SignIn, go, office_of, safe_path, session_of, show, whoever

router = APIRouter()
Text = Annotated[str, Form()]
Me = Annotated[Session, Depends(whoever)]


@router.get("/segundo-paso")
def ask_code(request: Request, a: str = "/") -> Response:
    """Ask for the code of the second step."""
    options = passkeys.ask(office_of(request), waiting(request), site_of(request))
    return show(request, "second_step.html", after=safe_path(a), error=None, options=options)


@router.post("/segundo-paso")
def give_code(request: Request, codigo: Text, a: Text = "/") -> Response:
    """Take the code of the second step."""
    session = waiting(request)
    try:
        second_factor.give(office_of(request), session, codigo)
    except (Refused, NoConnection) as error:
        status = 429 if isinstance(error, NoConnection) else 403
        options = passkeys.ask(office_of(request), session, site_of(request))
        return show(request, "second_step.html", status=status, after=safe_path(a), error=error, options=options)
    return go(safe_path(a))


@router.get("/cuenta")
def account(request: Request, _me: Me, dicho: str = "") -> Response:
    """One's own account."""
    return show(request, "account.html", said=_SAID.get(dicho, lambda: "")())


@router.get("/cuenta/segundo-paso")
def offer_code(request: Request, me: Me) -> Response:
    """A fresh secret, to be shown to the application of codes."""
    return _offer(request, me, second_factor.fresh_secret(), None)


@router.post("/cuenta/segundo-paso")
def set_up_code(request: Request, me: Me, secreto: Text, codigo: Text) -> Response:
    """Take the secret into use."""
    try:
        second_factor.set_up(office_of(request), me, secreto, codigo)
    except UserError as error:
        return _offer(request, me, secreto, error)
    return go("/cuenta?dicho=codigo")


@router.post("/cuenta/frase")
def change_passphrase(request: Request, me: Me, frase: Text, nueva: Text, otra: Text) -> Response:
    """Choose another passphrase; the other sessions end."""
    office = office_of(request)
    accounts.check(office, me.code, frase, request.client.host if request.client else "")
    if nueva != otra:
        raise UserError(_("Las dos frases no son iguales."), next_step=_("Escríbalas de nuevo."))
    accounts.change_passphrase(office, me.code, nueva)
    sessions.end(office, me, others=True)
    return go("/cuenta?dicho=frase")


@router.post("/cuenta/sesiones")
def end_others(request: Request, me: Me) -> Response:
    """End one's sessions in other browsers."""
    sessions.end(office_of(request), me, others=True)
    return go("/cuenta?dicho=sesiones")


_SAID = {
    "llave": lambda: _("La llave de acceso quedó registrada."),
    "codigo": lambda: _("El segundo paso quedó activo."),
    "frase": lambda: _("La frase de acceso cambió; las otras sesiones terminaron."),
    "sesiones": lambda: _("Las otras sesiones terminaron."),
}


def waiting(request: Request) -> Session:
    """Whoever gave the passphrase, whether or not the second step. Raises `SignIn` for nobody."""
    session = session_of(request)
    if session is None:
        raise SignIn("/")
    return session


def site_of(request: Request) -> Site:
    """Where the browser sees us."""
    return Site(request.url.hostname or "", f"{request.url.scheme}://{request.url.netloc}")


def _offer(request: Request, me: Session, secret: str, error: UserError | None) -> Response:
    address = second_factor.address(office_of(request), me.code, secret)
    return show(
        request,
        "second_factor.html",
        status=200 if error is None else 400,
        secret=secret,
        picture=qr(address, _("Código QR con el secreto")),
        error=error,
    )


def qr(text: str, title: str) -> Markup:
    """A QR code as a drawing for a page: no style of its own, so that the policy lets it be."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", scale=5, border=3, xmldecl=False, svgns=True, title=title, light="#fff", omitsize=True
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by the library; the title is escaped by it
