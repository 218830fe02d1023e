"""Laptops: which there are, how far each log is here, and what is done to one: invite, revoke, report as lost."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from itinerant.errors import UserError
from itinerant.sync.enrolment import Invitation
from itinerant.texts import _
from server.laptops import fleet, loss
from server.pages.account import qr
from server.pages.page import FleetKeeper, Reader, go, office_of, show
from server.queries import lists, state

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/equipos")
def devices(request: Request, _me: Reader, brigada: str = "") -> Response:
    """All laptops; those that were silent longest first."""
    with office_of(request).database.reader() as connection:
        found = [one for one in state.devices(connection) if brigada in ("", one["brigade"])]
        brigades = lists.names(connection, "brigade")
    found.sort(key=lambda one: (one["seen_at"] is not None, one["seen_at"] or 0))
    return show(request, "devices.html", devices=found, brigades=brigades, brigade=brigada)


@router.post("/equipos")
def invite(
    request: Request, me: FleetKeeper, equipo: Text, brigada: Text, direccion: Text, reemplaza: Text = ""
) -> Response:
    """Make a laptop's one-time code: shown once, as a drawing and as a file to save."""
    office = office_of(request)
    code = equipo.strip().upper()
    token, expires_at = fleet.invite(office, code, brigada, by=me.code, replaces=reemplaza.strip().upper())
    invitation = Invitation(code, brigada, direccion, token, office.identity, expires_at).to_json()
    picture = qr(invitation, _("Código QR de inscripción"))
    return show(request, "invitation.html", device=code, text=invitation, picture=picture, expires_at=expires_at)


@router.get("/equipos/{code}")
def device(request: Request, _me: Reader, code: str) -> Response:
    """One laptop."""
    with office_of(request).database.reader() as connection:
        found = next((one for one in state.devices(connection) if one["device"] == code), None)
        if found is None:
            raise UserError(_("No hay ningún equipo {device}.").format(device=code[:20]), code="unknown_device")
    return show(request, "device.html", device=found)


@router.get("/equipos/{code}/perdida")
def lost(request: Request, _me: FleetKeeper, code: str) -> Response:
    """What a notice to the authority needs: what is missing of a laptop, and what it could hold; counts, no content."""
    office = office_of(request)
    with office.database.reader() as connection:
        return show(request, "loss.html", found=loss.report(connection, office, code))


@router.post("/equipos/{code}/revocar")
def revoke(request: Request, me: FleetKeeper, code: str, why: Text, perdido: Text = "") -> Response:
    """Believe a laptop no more, or report it as lost."""
    if not why.strip():
        raise UserError(_("Diga el motivo."), place="why", code="required")
    fleet.revoke(office_of(request), code, why, by=me.code, lost=bool(perdido))
    return go(f"/equipos/{code}")
