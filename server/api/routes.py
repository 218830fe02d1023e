"""What can be asked over the network."""

from __future__ import annotations

import ipaddress
from importlib.metadata import version

import anyio.to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from itinerant.errors import Damaged, NoConnection, Refused
from itinerant.sync import envelope
from itinerant.texts import _
from server import ledger
from server.api import body
from server.api.partial import Partials
from server.exchange.handling import handle
from server.laptops.enrolment import enrol
from server.office import Office
from server.queries.state import summary

BYTES = "application/octet-stream"
OFFSET = "upload-offset"
"""How much of a parcel is here, as draft-ietf-httpbis-resumable-upload names it."""

_FORWARDED = ("forwarded", "x-forwarded-for")

router = APIRouter()


@router.post("/v1/sync")
async def sync(request: Request) -> Response:
    """A parcel in, its receipt out."""
    return await _take(request)


@router.get("/v1/sync/{name}")
async def progress(request: Request, name: str) -> Response:
    """After a cut: the parcel's receipt from byte `from` on, or 204 and how much of the parcel is here."""
    half = request.app.state.partials.find(name)
    if half is not None and half.is_receipt:
        return Response(half.data[_start(request) :], media_type=BYTES)
    return Response(status_code=204, headers={OFFSET: str(len(half.data)) if half else "0"})


@router.post("/v1/sync/{name}")
async def rest(request: Request, name: str) -> Response:
    """The rest of a parcel of which the first `from` bytes are here; its receipt out."""
    start, half = _start(request), request.app.state.partials.find(name)
    if half is not None and half.is_receipt:  # the first connection was not cut after all, only late
        return Response(half.data, media_type=BYTES)
    if half is None or len(half.data) < start:
        raise NoConnection(_("El comienzo del envío ya no está aquí."), retry_after=1, code="forgotten")
    return await _take(request, bytes(half.data[:start]))


def _start(request: Request) -> int:
    """The byte to carry on from; what is no number means the beginning."""
    text = request.query_params.get("from", "")[:10]
    return int(text) if text.isascii() and text.isdigit() else 0


async def _take(request: Request, start: bytes = b"") -> Response:
    partials: Partials = request.app.state.partials
    data = await body.read(request, start=start, arriving=partials.arriving)
    office: Office = request.app.state.office
    try:
        receipt = await request.app.state.queue.run(lambda: handle(office, data), _sender(data))
    except (Damaged, Refused):
        partials.forget(data)
        raise
    partials.answered(data, receipt)
    return Response(receipt, media_type=BYTES)


def _sender(data: bytes) -> str:
    """The laptop that a parcel names, unverified; empty when that cannot be read."""
    try:
        return envelope.read(data, envelope.PARCEL).sender
    except Damaged:
        return ""


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
