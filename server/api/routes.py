"""What can be asked over the network."""

from __future__ import annotations

import ipaddress
from importlib.metadata import version

import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from itinerant.errors import Refused
from itinerant.texts import _
from server import ledger
from server.api import body
from server.enrolment import enrol
from server.handling import handle
from server.office import Office
from server.queries.state import summary

BYTES = "application/octet-stream"
_FORWARDED = ("forwarded", "x-forwarded-for")

router = APIRouter()


@router.post("/v1/sync")
async def sync(request: Request) -> Response:
    """A parcel in, its receipt out."""
    data = await body.read(request)
    office: Office = request.app.state.office
    receipt = await request.app.state.queue.run(lambda: handle(office, data))
    return Response(receipt, media_type=BYTES)


@router.post("/v1/enrol")
async def enrolment(request: Request) -> Response:
    """An enrolment request in, the laptop's first receipt out."""
    data = await body.read(request)
    office: Office = request.app.state.office
    receipt = await request.app.state.queue.run(lambda: enrol(office, data))
    return Response(receipt, media_type=BYTES)


@router.get("/health")
async def health(request: Request) -> Response:
    """Whether the office can read its database, and how long its ledger is."""
    office: Office = request.app.state.office
    size = await anyio.to_thread.run_sync(_ledger_size, office)
    return JSONResponse({"status": "ok", "version": version("itinerant"), "ledger_size": size})


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Counts in Prometheus' text form; for this machine only, unless the office was started otherwise."""
    if not (request.app.state.open_metrics or _from_here(request)):
        raise Refused(_("/metrics se lee solo desde la máquina de la oficina."), code="local_only")
    office: Office = request.app.state.office
    counts = await anyio.to_thread.run_sync(_counts, office)
    counts["requests"] = request.app.state.queue.inside
    lines = [f"# TYPE itinerant_{name} gauge\nitinerant_{name} {value}\n" for name, value in counts.items()]
    return PlainTextResponse("".join(lines))


def _ledger_size(office: Office) -> int:
    with office.database.reader() as connection:
        return ledger.size(connection)


def _counts(office: Office) -> dict[str, int]:
    with office.database.reader() as connection:
        return summary(connection)


def _from_here(request: Request) -> bool:
    """Whether the asker is on this machine, and not somebody behind a proxy on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
