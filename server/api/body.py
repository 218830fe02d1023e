"""A request's body, read up to a bound: what announces more, or sends more, is refused before it is kept."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request

from itinerant.errors import Damaged, Refused
from itinerant.sync.limits import LIMITS
from itinerant.texts import _


async def read(request: Request, limit: int = LIMITS.envelope) -> bytes:
    """The body. Raises `Refused` (`too_large`) beyond `limit` bytes, `Damaged` when the sender hangs up half-way."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > limit:
        raise too_large(limit)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise too_large(limit)
            parts.append(part)
    except ClientDisconnect as error:
        raise Damaged(_("El envío se cortó."), code="cut") from error
    return b"".join(parts)


def too_large(limit: int) -> Refused:
    """The error for a body beyond `limit` bytes."""
    return Refused(
        _("El envío pasa de {n} KiB.").format(n=limit // 1024),
        next_step=_("Envíe menos de una vez."),
        code="too_large",
    )
