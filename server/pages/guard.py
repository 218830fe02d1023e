"""What every request meets before a page does: bounds, the same-origin rule, and headers on the way out.

* A form that another site sends is refused by what the browser says of it: `Sec-Fetch-Site`, or `Origin` from browsers
  without it (OWASP ASVS 5, V3.5). The session's cookie is `SameSite=Strict` besides.
* The policy lets a page load from here only: no inline script or style, no frame around it (V3.4).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from itinerant import texts
from itinerant.errors import Refused
from itinerant.texts import _
from server.api.body import too_large
from server.pages.page import problem

MAX_FORM = 4 * 1024 * 1024
"""Bytes of a form: a catalogue of services in CSV is the largest."""

LANGUAGE = "idioma"
_LANGUAGES = ("es", "en", "quz")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MACHINES = ("/v1/", "/api/", "/health", "/metrics")

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def is_machine(path: str) -> bool:
    """Whether a path is for programs: answered in JSON, without cookies."""
    return path.startswith(_MACHINES)


class Guard:
    """ASGI middleware around the pages; requests of laptops pass through it untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or is_machine(scope["path"]):
            await self._app(scope, receive, send)
            return
        request = Request(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(MutableHeaders(scope=message), secure=request.url.scheme == "https")
            await send(message)

        with texts.speaking(_language(request)):
            refused = _refusal(request)
            if refused is not None:
                status = 413 if refused.code == "too_large" else 403
                await problem(request, refused, status)(scope, receive, dressed)
            else:
                await self._app(scope, _bounded(receive), dressed)


def _dress(headers: MutableHeaders, *, secure: bool) -> None:
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("cache-control", "no-store")
    if secure:
        headers.setdefault("strict-transport-security", "max-age=31536000")


def _refusal(request: Request) -> Refused | None:
    if request.method in _SAFE:
        return None
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length) > MAX_FORM:
        return too_large(MAX_FORM)
    if _same_origin(request.headers):
        return None
    return Refused(
        _("El formulario no viene de esta página."),
        safe=_("No se cambió nada."),
        next_step=_("Abra la página de la oficina y repita."),
        code="cross_site",
    )


def _same_origin(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host", "")


def _bounded(receive: Receive) -> Receive:
    """A body in pieces, without a length, ends at the bound too: what comes beyond it is as if the sender hung up."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > MAX_FORM else message

    return bounded


def _language(request: Request) -> str:
    chosen = request.cookies.get(LANGUAGE, "")
    if chosen in _LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip()[:2].lower()
        if code in _LANGUAGES:
            return code
    return texts.SOURCE_LANGUAGE
