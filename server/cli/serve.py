"""`serve`: the office on the network, loopback unless told otherwise; ends in order on SIGTERM."""

from __future__ import annotations

import argparse
import gc
import logging
import signal
import socket
from types import FrameType

import uvicorn

from itinerant.errors import UserError
from itinerant.texts import _
from server import access_seals, recheck
from server.app import create_app
from server.cli.output import line, opened, say

GRACE_S = 20
"""How long requests under way may take to end once we are told to stop."""


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop. With `--json`, the first line tells the address once it takes connections."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    with opened(args) as office:
        recheck.recheck(office)  # an upgrade may read what waited for it
        access_seals.seal_if_due(office)
        config = uvicorn.Config(
            create_app(office, open_metrics=args.open_metrics),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_S,
            h11_max_incomplete_event_size=16 * 1024,
        )
        with _listen(args.host, args.port) as listener:
            host, port = listener.getsockname()[:2]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            say(_("La oficina atiende en {url}. Ctrl+C para terminar.").format(url=url))
            if args.json:
                line({"ok": True, "url": url})
            gc.collect()
            gc.freeze()  # what is loaded stays: a collection looks only at what requests leave behind
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _already_heard)
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def _already_heard(_number: int, _frame: FrameType | None) -> None:
    """Uvicorn ends in order on a signal and then raises it again; by then there is nothing left to end."""


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        raise UserError(
            _("No se puede atender en {host}:{port}: {reason}.").format(host=host, port=port, reason=error),
            next_step=_("Elija otro con --port, o termine el que ya atiende ahí."),
            place=f"{host}:{port}",
        ) from error
