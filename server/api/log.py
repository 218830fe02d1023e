"""The access log: one line a request with method, path, status, bytes and time; no person, no address, no content."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_logger = logging.getLogger("itinerant.server.access")


class AccessLog:
    """ASGI middleware that writes the line when the answer has been sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note what came of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        seen = {"status": 0, "bytes": 0}

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            else:
                seen["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            took = round((time.perf_counter() - start) * 1000)
            path = _known(scope["path"])
            told = {"method": scope["method"], "path": path, **seen, "ms": took}
            _logger.info("%s %s %d %d B %d ms", scope["method"], path, *seen.values(), took, extra={"request": told})


def _known(path: str) -> str:
    """Paths of ours, without a parcel's name; anything else could carry anything."""
    if path.startswith("/v1/sync/"):
        return "/v1/sync/…"
    return path if path in {"/v1/sync", "/v1/enrol", "/health", "/metrics"} else "-"
