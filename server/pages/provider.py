"""Entering with the entity's identity provider, where one is set."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from itinerant.errors import NoConnection, Refused
from server.access import oidc, sessions
from server.pages.login import keep_session
from server.pages.page import office_of, safe_path, show

COOKIE = "itinerant-proveedor"
router = APIRouter()


@router.get("/entrar/proveedor")
def begin(request: Request, a: str = "/") -> Response:
    """Send the browser to the provider."""
    office = office_of(request)
    provider = oidc.read(office.folder)
    if provider is None:
        return RedirectResponse("/entrar", 303)
    try:
        begun = oidc.begin(office, provider, safe_path(a))
    except (Refused, NoConnection) as error:
        return _told(request, error)
    answer = RedirectResponse(begun.address, 303)
    # Lax, not strict: the browser must send it when it comes back from the provider.
    answer.set_cookie(
        COOKIE, begun.cookie, max_age=oidc.TRY_S, httponly=True, samesite="lax", path=oidc.RETURN_PATH,
        secure=provider.url.startswith("https:"),
    )  # fmt: skip
    return answer


@router.get(oidc.RETURN_PATH)
def finish(request: Request) -> Response:
    """Take what the provider answered. The page that follows leads on by itself: only a step that begins here brings
    the session's strict cookie along."""
    office = office_of(request)
    provider = oidc.read(office.folder)
    if provider is None:
        return RedirectResponse("/entrar", 303)
    try:
        account, after = oidc.finish(office, provider, request.cookies.get(COOKIE, ""), dict(request.query_params))
    except (Refused, NoConnection) as error:
        answer = _told(request, error)
    else:
        answer = show(request, "provided.html", after=safe_path(after))
        keep_session(request, answer, sessions.start(office, account))
    answer.delete_cookie(COOKIE, path=oidc.RETURN_PATH)
    return answer


def _told(request: Request, error: Refused | NoConnection) -> Response:
    status = 503 if isinstance(error, NoConnection) else 403
    return show(request, "login.html", status=status, after="/", code="", error=error, provider=True)
