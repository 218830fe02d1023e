"""What the API says of itself (OpenAPI) beyond what its routes say: shapes, errors, the token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

Shape = dict[str, Any]

_TEXT: Shape = {"type": "string"}
_WHY: Shape = {"type": "string", "description": "The reason, for the history; it must say something."}
_PROBLEM: Shape = {
    "type": "object",
    "description": "What happened, what is safe, what to do. `move`: who moves next.",
    "required": ["code", "move", "sentence"],
    "properties": {
        **dict.fromkeys(("code", "title", "sentence", "safe", "next_step", "place"), _TEXT),
        "move": {"enum": ["retry", "ask", "stop"]},
    },
}
_ERRORS: Mapping[str, str] = {
    "400": "The request is wrong in itself.",
    "401": "No token, or one that opens nothing.",
    "403": "This token may not.",
    "404": "There is no such thing.",
    "409": "Somebody else decided meanwhile.",
    "413": "Too much at once.",
    "422": "A parameter has not the form that it should.",
    "503": "Too many requests: `Retry-After` says when to try again.",
}


def _object(**properties: Shape) -> Shape:
    return {"type": "object", "required": list(properties), "properties": properties}


def _answer(description: str, shape: Shape) -> dict[int | str, Shape]:
    return {200: {"description": description, "content": {"application/json": {"schema": shape}}}}


def body(optional: Sequence[str] = (), **properties: Shape) -> Shape:
    """What a route takes, as `openapi_extra`."""
    shape = {**_object(**properties), "required": [name for name in properties if name not in optional]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": shape}}}}


PAGE = _answer(
    "A page, newest first; `next` is the address of the one after it, empty at the end.",
    _object(value={"type": "array", "items": {"type": "object"}}, next=_TEXT),
)
RECORD = _answer(
    "The record.",
    _object(
        record=_TEXT,
        kind=_TEXT,
        void={"type": "boolean"},
        values={"type": "object"},
        conflicts={"type": "array", "items": _TEXT},
        history={
            "type": "array",
            "items": _object(
                change=_TEXT,
                by=_TEXT,
                at={"type": "integer", "description": "ms since 1970 UTC, by that laptop's clock"},
                why=_TEXT,
                base={"type": "array", "items": _TEXT},
                set={"type": "object"},
                position={"type": ["integer", "null"], "description": "the leaf's place in the ledger"},
            ),
        },
    ),
)
RESOLVE = body(
    ("seen",),
    value={"description": "the value that stands; its kind judges it"},
    why=_WHY,
    seen={"type": "array", "items": _TEXT, "description": "the changes that were looked at"},
)
UNDO = body(("seen",), why=_WHY, seen={"type": "string", "description": "the decision that was looked at"})
CONFIRM = body(record=_TEXT, of=_TEXT, why=_WHY)
DISMISS = body(record=_TEXT, other=_TEXT, why=_WHY)


def document(routes: Sequence[BaseRoute]) -> Shape:
    """The OpenAPI document of these routes: each can fail in the ways of all, and each asks for a token."""
    made: Shape = get_openapi(title="Itinerant", version=version("itinerant"), routes=routes)
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    errors = {status: {"description": words, "content": problem} for status, words in _ERRORS.items()}
    for methods in made["paths"].values():
        for operation in methods.values():
            operation["responses"] |= errors
    token = {"type": "http", "scheme": "bearer", "description": "itinerant-server token add"}
    made["components"] = {"schemas": {"Problem": _PROBLEM}, "securitySchemes": {"token": token}}
    made["security"] = [{"token": []}]
    return made
