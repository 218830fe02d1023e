"""Errors on the network: the same words as everywhere, as JSON or as a page, with the status of their family.

The server's door: what nobody foresaw becomes a 500 that tells nothing, and a line in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from itinerant.errors import Damaged, ItinerantError, NoConnection, Refused, StoreProblem, UserError
from itinerant.texts import _
from server.pages.guard import is_machine
from server.pages.page import problem

_OVERTAKEN = ("no_conflict", "no_decision", "no_duplicate", "changed_meanwhile")
"""Codes of decisions that somebody else took first."""
_STATUS = ((UserError, 400), (Damaged, 400), (Refused, 403), (NoConnection, 503), (StoreProblem, 503))
_ABSENT = ("unknown_record", "unknown_kind", "no_report")
_BY_CODE = {"too_large": 413, "token": 401} | dict.fromkeys(_OVERTAKEN, 409) | dict.fromkeys(_ABSENT, 404)
_RETRY_AFTER_S = 60

_logger = logging.getLogger("itinerant.server")


def install(app: FastAPI) -> None:
    """Answer every error of the application."""
    app.add_exception_handler(ItinerantError, _ours)
    app.add_exception_handler(Exception, _unforeseen)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, ItinerantError)
    status = _BY_CODE.get(error.code) or next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    headers = {}
    if status == 503:
        wait = error.retry_after if isinstance(error, NoConnection) and error.retry_after else _RETRY_AFTER_S
        headers["retry-after"] = str(int(wait))
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    if status >= 500:
        _logger.error("%s: %s", error.code, error.sentence)
    return _answer(request, error, status, headers)


async def _unforeseen(request: Request, error: Exception) -> Response:
    _logger.error("unforeseen", exc_info=error)
    words = ItinerantError(_("La oficina tuvo un problema; lo enviado no se perdió."), code="unforeseen")
    return _answer(request, words, 500, {})


def _answer(request: Request, error: ItinerantError, status: int, headers: Mapping[str, str]) -> Response:
    if is_machine(request.url.path):
        return JSONResponse(error.as_dict(), status, dict(headers))
    page = problem(request, error, status)
    page.headers.update(headers)
    return page
