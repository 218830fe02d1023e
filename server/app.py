"""The office on the network: requests of laptops, of programs with a token, of whoever watches, and people's page.

* A body is read up to its bound and no further; the work is done in threads, a bounded number at once, and who comes
  beyond that is told when to try again.
* Every error is one of ours, in the same words as everywhere, with the status that its family has.
* The access log names no person and no address.
"""

from __future__ import annotations

from fastapi import FastAPI

from server.api import described, errors, log, routes
from server.api.partial import Partials
from server.api.queue import Queue
from server.office import Office
from server.pages import site


def create_app(office: Office, *, open_metrics: bool = False) -> FastAPI:
    """The application for an open office. `open_metrics` lets other machines read `/metrics`."""
    app = FastAPI(title="Itinerant", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.office = office
    app.state.queue = Queue()
    app.state.partials = Partials()
    app.state.open_metrics = open_metrics
    app.include_router(routes.router)
    for router in described.ROUTERS:
        app.include_router(router)
    errors.install(app)
    site.install(app)
    app.add_middleware(log.AccessLog)
    return app
