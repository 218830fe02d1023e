"""A request's body, read up to a bound: what announces more, or sends more, is refused before it is kept."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request

from itinerant.errors import Damaged, Refused
from itinerant.sync.limits import LIMITS
from itinerant.texts import _


def _unnoticed(_data: bytearray) -> None:
    """Nobody watches it grow."""


async def read(
    request: Request,
    limit: int = LIMITS.envelope,
    *,
    start: bytes = b"",
    arriving: Callable[[bytearray], None] = _unnoticed,
) -> bytes:
    """What came before (`start`) and the body; `arriving` is shown the whole each time that it has grown.

    Raises `Refused` (`too_large`) beyond `limit` bytes, `Damaged` when the sender hangs up half-way.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > limit:
        raise too_large(limit)
    data = bytearray(start)
    try:
        async for part in request.stream():
            if len(data) + len(part) > limit:
                raise too_large(limit)
            data += part
            arriving(data)
    except ClientDisconnect as error:
        raise Damaged(_("El envío se cortó."), code="cut") from error
    return bytes(data)


def too_large(limit: int) -> Refused:
    """The error for a body beyond `limit` bytes."""
    return Refused(
        _("El envío pasa de {n} KiB.").format(n=limit // 1024),
        next_step=_("Envíe menos de una vez."),
        code="too_large",
    )
