"""The catalogue as a whole: a CSV file in, all of it or nothing; and codes in use that it does not have."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from itinerant.errors import UserError
from itinerant.texts import _
from server import catalogue
from server.pages.guard import MAX_FORM
from server.pages.page import Reader, Registrar, go, office_of, show
from server.queries import state

router = APIRouter()


async def _sent(request: Request) -> tuple[str, bytes]:
    """The name and content of a form's file; both empty when there is none."""
    async with request.form(max_files=1, max_fields=5) as form:
        file = form.get("archivo")
        return (file.filename or "", await file.read(MAX_FORM)) if isinstance(file, UploadFile) else ("", b"")


@router.get("/catalogo")
def whole(request: Request, _me: Reader, agregados: int = -1, corregidos: int = 0) -> Response:
    """Codes that sessions use and the catalogue lacks, and the form to import."""
    words = _("Agregados: {added}; corregidos: {amended}. Las laptops lo reciben al sincronizar.")
    return _shown(request, words.format(added=agregados, amended=corregidos) if agregados >= 0 else "", None)


@router.post("/catalogo")
def take_in(request: Request, me: Registrar, sent: Annotated[tuple[str, bytes], Depends(_sent)]) -> Response:
    """Import a file; the first line that cannot be read is named with its column, and nothing is changed."""
    name, data = sent
    try:
        if not data:
            raise UserError(_("Elija el archivo del catálogo."), place="archivo")
        done = catalogue.import_bytes(office_of(request), data, name[:80], by=me.code)
    except UserError as error:
        return _shown(request, "", error)
    return go(f"/catalogo?agregados={done.added}&corregidos={done.amended}")


def _shown(request: Request, said: str, error: UserError | None) -> Response:
    with office_of(request).database.reader() as connection:
        unmapped = list(state.unmapped(connection))
    return show(
        request, "catalogue.html", status=200 if error is None else 400, unmapped=unmapped, said=said, error=error
    )
