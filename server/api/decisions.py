"""Conflicts and possible duplicates for programs: read them, decide them, take a decision back.

Who asks carries a token (`tokens.py`); the answers are those of the commands, the errors those of everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from itinerant.errors import UserError
from itinerant.texts import _
from server import conflicts, duplicates
from server.access import tokens
from server.access.permissions import Right
from server.access.tokens import Bearer
from server.api import body, schema
from server.office import Office
from server.queries import state

router = APIRouter(prefix="/api/v1")
MAX_BODY = 64 * 1024
"""Bytes of a decision."""
Answer = TypeVar("Answer")


async def _ask(request: Request, job: Callable[[], Answer]) -> Answer:
    answer: Answer = await request.app.state.queue.run(job)
    return answer


def _office(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


def _holder(right: Right) -> Callable[[Request], Any]:
    async def found(request: Request) -> Bearer:
        header = request.headers.get("authorization", "")
        bearer = await _ask(request, lambda: tokens.bearer(_office(request), header))
        bearer.require(right)
        return bearer

    return found


Reader = Annotated[Bearer, Depends(_holder(Right.READ))]
Decider = Annotated[Bearer, Depends(_holder(Right.DECIDE))]


class Asked:
    """The JSON object of a request, field by field."""

    def __init__(self, data: bytes) -> None:
        try:
            self._value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise UserError(_("El cuerpo no es JSON."), code="json") from error
        if not isinstance(self._value, dict):
            raise UserError(_("Se espera un objeto JSON."), code="json")

    def text(self, name: str, default: str | None = None) -> str:
        """A text; `default` when it is not there. Raises `UserError` otherwise."""
        value = self._value.get(name, default)
        if not isinstance(value, str):
            raise UserError(_("Falta «{name}», o no es un texto.").format(name=name), place=name, code="incomplete")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts; empty when it is not there."""
        value = self._value.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UserError(_("«{name}» es una lista de textos.").format(name=name), place=name, code="incomplete")
        return value

    def anything(self, name: str) -> Any:
        """Whatever is there; its kind judges it."""
        if name not in self._value:
            raise UserError(_("Falta «{name}», o no es un texto.").format(name=name), place=name, code="incomplete")
        return self._value[name]


@router.get("/conflicts")
async def open_conflicts(request: Request, _me: Reader) -> JSONResponse:
    """Open conflicts, the oldest first."""

    def job() -> list[state.Document]:
        with _office(request).database.reader() as connection:
            return list(state.conflicts(connection))

    return JSONResponse({"conflicts": await _ask(request, job)})


@router.get("/conflicts/decided")
async def decided_conflicts(request: Request, _me: Reader) -> JSONResponse:
    """The office's decisions that stand, the latest first."""

    def job() -> list[dict[str, object]]:
        with _office(request).database.reader() as connection:
            return [conflicts.as_dict(one) for one in conflicts.decided(connection)]

    return JSONResponse({"decisions": await _ask(request, job)})


@router.post("/conflicts/{record}/{field}", openapi_extra=schema.RESOLVE)
async def resolve(request: Request, me: Decider, record: str, field: str) -> JSONResponse:
    """Decide: `{"value": …, "why": "…", "seen": ["LOR07-9", …]}`."""
    asked = Asked(await body.read(request, MAX_BODY))
    value, why, seen = asked.anything("value"), asked.text("why"), asked.texts("seen")
    job = lambda: conflicts.resolve(_office(request), record, field, value, why, by=me.account, seen=seen)  # noqa: E731 - handed on
    return JSONResponse({"ok": True, "change": await _ask(request, job)})


@router.post("/conflicts/{record}/{field}/undo", openapi_extra=schema.UNDO)
async def undo(request: Request, me: Decider, record: str, field: str) -> JSONResponse:
    """Take a decision back: `{"why": "…", "seen": "CENTRAL-40"}`."""
    asked = Asked(await body.read(request, MAX_BODY))
    why, seen = asked.text("why"), asked.text("seen", "")
    job = lambda: conflicts.undo(_office(request), record, field, why, by=me.account, seen=seen)  # noqa: E731 - handed on
    return JSONResponse({"ok": True, "change": await _ask(request, job)})


@router.get("/duplicates")
async def possible_duplicates(request: Request, _me: Reader) -> JSONResponse:
    """Possible duplicates, the oldest first."""
    return JSONResponse({"duplicates": await _ask(request, lambda: duplicates.listed(_office(request)))})


@router.post("/duplicates/confirm", openapi_extra=schema.CONFIRM)
async def confirm(request: Request, me: Decider) -> JSONResponse:
    """Annul one: `{"record": "LOR08-3", "of": "LOR07-9", "why": "…"}`."""
    asked = Asked(await body.read(request, MAX_BODY))
    record, of, why = asked.text("record"), asked.text("of"), asked.text("why")
    job = lambda: duplicates.confirm(_office(request), record, of, why, by=me.account)  # noqa: E731 - handed on
    return JSONResponse({"ok": True, "changes": await _ask(request, job)})


@router.post("/duplicates/dismiss", openapi_extra=schema.DISMISS)
async def dismiss(request: Request, me: Decider) -> JSONResponse:
    """They are two: `{"record": "LOR08-3", "other": "LOR07-9", "why": "…"}`."""
    asked = Asked(await body.read(request, MAX_BODY))
    record, other, why = asked.text("record"), asked.text("other"), asked.text("why")
    job = lambda: duplicates.dismiss(_office(request), record, other, why, by=me.account)  # noqa: E731 - handed on
    return JSONResponse({"ok": True, "changes": await _ask(request, job)})
