"""The API's own description, for whoever holds a token: all of `/api/v1`, and nothing of the page or the laptops."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter
from starlette.responses import JSONResponse

from server.api import decisions, feed, reports, schema
from server.api.decisions import Reader

router = APIRouter(prefix="/api/v1")
ROUTERS = (feed.router, decisions.router, reports.router, router)


@router.get("/openapi.json")
async def described(_me: Reader) -> JSONResponse:
    """This document."""
    return JSONResponse(_document())


@cache
def _document() -> schema.Shape:
    return schema.document([route for each in ROUTERS for route in each.routes])
