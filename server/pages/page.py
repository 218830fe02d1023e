"""How a page is shown: one environment of templates, and who is looking.

* Every value is escaped; a template marks nothing as safe but drawings made here.
* Texts go through gettext, in the reader's language: a cookie, else the browser's first choice that is known.
* `now` and instants are ms since 1970 UTC, shown in Peru's time, which has no summer time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import Depends
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from itinerant import texts
from itinerant.domain import words
from itinerant.domain.people import DEVICE
from server.access import sessions
from server.access.permissions import ROLE_NAMES, Right
from server.access.sessions import Session
from server.office import Office
from server.pages.menu import menu
from server.pages.shown import shown

if TYPE_CHECKING:
    from itinerant.errors import ItinerantError

COOKIE = "itinerant"
PERU = timezone(timedelta(hours=-5))
_ON_TIME_MS = 60_000


class SignIn(Exception):
    """Nobody is in, or the second factor is missing: the door is shown, and then the page that was asked for."""

    def __init__(self, path: str, *, half: bool = False) -> None:
        super().__init__(path)
        self.path = path
        self.half = half


def office_of(request: Request) -> Office:
    """The open office that a request asks."""
    office: Office = request.app.state.office
    return office


def session_of(request: Request) -> Session | None:
    """Who is in, looked up once a request; None for nobody."""
    if not hasattr(request.state, "session"):
        request.state.session = sessions.find_session(office_of(request), request.cookies.get(COOKIE, ""))
    found: Session | None = request.state.session
    return found


def whoever(request: Request) -> Session:
    """Whoever is in. Raises `SignIn`."""
    session = session_of(request)
    if session is None or not session.verified:
        raise SignIn(_own_path(request), half=session is not None)
    return session


def holder(right: Right) -> Callable[[Request], Session]:
    """A dependency: whoever is in and has a right. Raises `SignIn`, or `Refused` without the right."""

    def found(request: Request) -> Session:
        session = whoever(request)
        session.require(right)
        return session

    return found


Reader = Annotated[Session, Depends(holder(Right.READ))]
Decider = Annotated[Session, Depends(holder(Right.DECIDE))]
Registrar = Annotated[Session, Depends(holder(Right.REGISTRY))]
Attendant = Annotated[Session, Depends(holder(Right.INCIDENTS))]
FleetKeeper = Annotated[Session, Depends(holder(Right.FLEET))]
StaffReader = Annotated[Session, Depends(holder(Right.STAFF))]
Exporter = Annotated[Session, Depends(holder(Right.EXPORT))]
Recoverer = Annotated[Session, Depends(holder(Right.RECOVER))]
Administrator = Annotated[Session, Depends(holder(Right.ACCOUNTS))]


def show(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page made from `templates/`. It is told who is in (`me`), the path and the office's name."""
    office = office_of(request)
    text = (
        _environment()
        .get_template(template)
        .render(
            me=session_of(request),
            path=request.url.path,
            base_url=str(request.base_url).rstrip("/"),
            office_name=office.settings.name,
            now=office.now_ms(),
            build=version("itinerant"),
            lang=texts.language(),
            **values,
        )
    )
    return HTMLResponse(text, status)


def problem(request: Request, error: ItinerantError, status: int) -> Response:
    """The page of an error: what happened, what is safe, what to do."""
    return show(request, "problem.html", status=status, error=error)


def go(path: str) -> Response:
    """After a form: look at this page (303, so that reloading sends nothing again)."""
    return RedirectResponse(path, 303)


def door(request: Request, error: SignIn) -> Response:
    """Where somebody who is not in is sent."""
    page = "/segundo-paso" if error.half else "/entrar"
    return go(f"{page}?a={quote(error.path)}" if request.method == "GET" else page)


def safe_path(text: str) -> str:
    """A path of ours to go on to; anything else becomes the first page (no open redirect)."""
    own = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if own else "/"


def _own_path(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("server.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(texts._, texts.ngettext, newstyle=True)  # type: ignore[attr-defined] # of i18n
    environment.globals.update(Right=Right, role_names=ROLE_NAMES, menu=menu)
    environment.filters.update(
        moment=moment, day=day, number=number, soles=soles, ago=ago, shown=shown, skew=skew, device_state=_state
    )
    return environment


def moment(ms: int | None) -> str:
    """An instant as people write it: 23/11/2026 14:05; a dash for none."""
    return _local(ms).strftime("%d/%m/%Y %H:%M") if ms else "—"


def day(ms: int | None) -> str:
    """The day of an instant: 23/11/2026; a dash for none."""
    return _local(ms).strftime("%d/%m/%Y") if ms else "—"


def number(value: float | None, decimals: int = 0) -> str:
    """1 234,5: a thin space between thousands and a decimal comma, as the SI and INACAL's norm ask."""
    return "—" if value is None else f"{value:,.{decimals}f}".replace(",", "\u202f").replace(".", ",")


def soles(cents: int | None) -> str:
    """An amount in soles: S/ 1,234.50, as it is written in Peru."""
    return "—" if cents is None else f"S/ {cents / 100:,.2f}"


def ago(ms: int | None, now: int) -> str:
    """How long ago, in the largest unit that says enough."""
    if not ms:
        return texts._("nunca")
    minutes = max(0, now - ms) // 60_000
    for size, one, many in (
        (1_440, "hace {n} día", "hace {n} días"),
        (60, "hace {n} hora", "hace {n} horas"),
        (1, "hace {n} minuto", "hace {n} minutos"),
    ):
        if minutes >= size:
            return texts.ngettext(one, many, minutes // size).format(n=minutes // size)
    return texts._("ahora mismo")


def skew(ms: int | None) -> str:
    """How far a laptop's clock is from ours."""
    if ms is None:
        return "—"
    size = words.duration(abs(ms) // 1_000)
    return texts._("a la hora") if abs(ms) < _ON_TIME_MS else f"{'+' if ms > 0 else '−'}{size}"


def _state(state: str) -> str:
    return DEVICE.by_name["state"].label_of(state)


def _local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1_000, UTC).astimezone(PERU)
