"""What leaves the office for an auditor, and how it is verified; each file made is noted."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from server.access import accesses
from server.exports.export import write_export
from server.exports.source import Asked
from server.pages.page import Exporter, office_of, show
from server.reports.period import Period

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/exportar")
def ask(request: Request, _me: Exporter) -> Response:
    """The form, and the key that verifies what comes out."""
    return show(request, "export.html", vkey=office_of(request).verifier.vkey)


@router.post("/exportar")
def make(request: Request, me: Exporter, desde: Text = "", hasta: Text = "", ubigeo: Text = "") -> Response:
    """Make the file and send it; nothing of it stays here."""
    office = office_of(request)
    period = Period.of(desde, hasta, office.now_ms()) if desde or hasta else None
    asked = Asked(period.first if period else None, period.last if period else None, "", ubigeo)
    folder = tempfile.TemporaryDirectory(prefix="itinerant-export-")
    try:
        done = write_export(office, Path(folder.name) / "exportacion.zip", asked)
        with office.database.writer() as connection:
            accesses.note(connection, at=office.now_ms(), account=me.code, action="export", subject=str(done.size))
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        done.path, filename=f"itinerant-{done.size}.zip", media_type="application/zip",
        background=BackgroundTask(folder.cleanup),
    )  # fmt: skip
