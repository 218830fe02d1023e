"""Recovering a laptop whose people cannot open it: two holders approve, each with the passphrase of a holder."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from itinerant.errors import UserError
from itinerant.sync import recovery as formats
from itinerant.texts import _
from server.keys.holders import Holders
from server.laptops import recovery as recoveries
from server.laptops.recovery import APPROVAL_DAYS
from server.pages.page import Recoverer, go, office_of, show

router = APIRouter()
_MOST = 256 * 1024
"""Bytes of a request that are looked at; a whole one is a few hundred."""

Text = Annotated[str, Form()]


async def _sent(request: Request) -> bytes:
    """The file of a form; empty when there is none."""
    async with request.form(max_files=1, max_fields=5) as form:
        file = form.get("archivo")
        return await file.read(_MOST + 1) if isinstance(file, UploadFile) else b""


@router.get("/recuperaciones")
def cases(request: Request, _me: Recoverer) -> Response:
    """Every request, and who keeps the key."""
    office = office_of(request)
    return show(request, "recoveries.html", cases=list(recoveries.cases(office)), holders=Holders.read(office.folder))


@router.post("/recuperaciones")
def receive(request: Request, _me: Recoverer, data: Annotated[bytes, Depends(_sent)]) -> Response:
    """Take a request's file in."""
    if not data:
        raise UserError(_("Elija el archivo de la solicitud."), place="archivo")
    return go(f"/recuperaciones/{recoveries.receive(office_of(request), data).request.ref}")


@router.get("/recuperaciones/{ref}")
def case(request: Request, _me: Recoverer, ref: str) -> Response:
    """One request, and the code to compare by voice."""
    return show(request, "recovery.html", case=recoveries.find(office_of(request), ref), days=APPROVAL_DAYS)


@router.post("/recuperaciones/{ref}")
def approve(request: Request, me: Recoverer, ref: str, codigo: Text, frase: Text) -> Response:
    """Approve as one of two."""
    office = office_of(request)
    recoveries.approve(office, recoveries.find(office, ref), codigo, me.code, frase)
    return go(f"/recuperaciones/{ref}")


@router.get("/recuperaciones/{ref}/respuesta")
def answer(request: Request, _me: Recoverer, ref: str) -> Response:
    """The answer's file, once two have approved: it is sealed to the laptop that asked."""
    found = recoveries.find(office_of(request), ref)
    if not found.answer:
        raise UserError(_("Falta la aprobación de otra cuenta."), place=ref, code="not_yet")
    name = f"respuesta-{found.request.device}{formats.ANSWERS}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(found.answer, media_type="application/octet-stream", headers=headers)
