"""The first page: what the office has, and which laptop is silent."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.pages.page import Reader, office_of, show
from server.queries import state

router = APIRouter()


@router.get("/")
def today(request: Request, _me: Reader) -> Response:
    """Counts and laptops."""
    with office_of(request).database.reader() as connection:
        counts = state.summary(connection)
        devices = list(state.devices(connection))
    devices.sort(key=lambda one: (one["seen_at"] is not None, one["seen_at"]))
    return show(request, "today.html", counts=counts, devices=devices)
