"""`serve`: the office on the network, loopback unless told otherwise; ends in order on SIGTERM."""

from __future__ import annotations

import argparse
import gc
import logging
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType

import uvicorn

from itinerant.errors import ItinerantError, UserError
from itinerant.texts import _
from server import duplicates, folding
from server.access import access_seals
from server.app import create_app
from server.cli import logs
from server.cli.output import line, opened, say
from server.exchange import recheck
from server.keys import rotation
from server.office import Office

_log = logging.getLogger(__name__)
_BREATH_S = 0.2
"""Between two stretches, so that laptops come first."""
GRACE_S = 20
"""How long requests under way may take to end once we are told to stop."""


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop. With `--json`, the first line tells the address once it takes connections."""
    logs.begin(as_json=args.log_json)
    _check_certificate(args.tls_cert, args.tls_key)
    with opened(args) as office:
        recheck.recheck(office)  # an upgrade may read what waited for it
        rotation.restate_if_needed(office)
        access_seals.seal_if_due(office)
        folding.fold_if_due(office)
        config = uvicorn.Config(
            create_app(office, open_metrics=args.open_metrics),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_S,
            h11_max_incomplete_event_size=16 * 1024,
            ssl_certfile=args.tls_cert or None,
            ssl_keyfile=args.tls_key or None,
        )
        with _listen(args.host, args.port) as listener:
            host, port = listener.getsockname()[:2]
            scheme = "https" if args.tls_cert else "http"
            url = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
            say(_("La oficina atiende en {url}. Ctrl+C para terminar.").format(url=url))
            if args.json:
                line({"ok": True, "url": url})
            gc.collect()
            gc.freeze()  # what is loaded stays: a collection looks only at what requests leave behind
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _already_heard)
            with _catching_up(office):
                uvicorn.Server(config).run(sockets=[listener])
    return 0


@contextmanager
def _catching_up(office: Office) -> Iterator[None]:
    """Meanwhile, look for duplicates in what nobody looked at yet: of a large ledger it takes minutes, in short
    transactions."""
    stop = Event()

    def look() -> None:
        try:
            while not stop.is_set() and not duplicates.refresh(office, stretches=1):
                stop.wait(_BREATH_S)
        except ItinerantError as error:
            _log.warning("duplicates: %s", error.sentence)

    looking = Thread(target=look, name="duplicates")
    looking.start()
    try:
        yield
    finally:
        stop.set()
        looking.join()


def _check_certificate(certificate: str, key: str) -> None:
    """Raise `UserError` for a certificate that could not be served with, before anything is opened."""
    if bool(certificate) != bool(key):
        raise UserError(_("Para atender con TLS diga --tls-cert y --tls-key."), place="--tls-cert")
    if not certificate:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:  # an SSLError is one
        raise UserError(
            _("No se puede usar el certificado: {reason}.").format(reason=error.strerror or error),
            next_step=_("Los dos archivos van en PEM, y la llave es la de ese certificado."),
            place=certificate,
        ) from error


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
