"""One transport's line: what crossed it, in bytes, and the way to leave a request that waits.

* Python cannot interrupt a thread that looks a name up or reads a socket: a request runs in a thread that may be left
  behind. Leaving shuts the socket down, so that the thread ends soon; whatever it still learns goes nowhere.
* Bytes of a body count once they were handed to the system. How many of them crossed is known only when the office
  says how far it has it: until then all of them count.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from itinerant.sync import outcomes
from itinerant.sync.retry import Stopped

T = TypeVar("T")


class Meter:
    """Bytes up and down since they were taken last, with the heads of HTTP and without those of TLS and TCP."""

    def __init__(self) -> None:
        self._up = 0
        self._down = 0
        self._in_doubt = 0

    def sent(self, head: int, body: int = 0) -> None:
        """Bytes were handed to the system; nobody knows yet whether the body's crossed."""
        self._up += head + body
        if body:
            self._in_doubt = body

    def came(self, size: int) -> None:
        """Bytes arrived."""
        self._down += size

    def settle(self, crossed: int) -> None:
        """The office told how many bytes of the last body have crossed."""
        self._up -= max(0, self._in_doubt - crossed)
        self._in_doubt = 0

    def take(self) -> tuple[int, int]:
        """Bytes up and down since the last call. Up may be negative: less crossed than was counted before."""
        taken = self._up, self._down
        self._up = self._down = 0
        return taken


class Line:
    """The connection of one transport. `trusted_since`: see `http.HttpTransport`."""

    def __init__(self, trusted_since: int | None) -> None:
        self.meter = Meter()
        self._trusted_since = trusted_since
        self._stream: Any = None

    def call(self, head: int, body: int) -> Call:
        """A request about to begin, of so many bytes."""
        return Call(self, head, body)

    def opened(self, stream: Any, *, secure: bool) -> None:
        """A connection was made. Raises `NotTheOffice` when its certificate ended before the time that is trusted."""
        self._stream = stream
        if not secure or self._trusted_since is None:
            return
        ended = ssl.cert_time_to_seconds(stream.get_extra_info("ssl_object").getpeercert()["notAfter"])
        if ended * 1_000 < self._trusted_since:
            stream.close()
            raise outcomes.superseded_certificate()

    def hang_up(self) -> None:
        """Wake whoever reads or writes."""
        raw = self._stream.get_extra_info("socket") if self._stream is not None else None
        if raw is not None:
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(raw, socket.SHUT_RDWR)  # an SSLSocket's own would pull TLS from under its reader


class Call:
    """One request on a line. `trace` is told by the HTTP library how far it came."""

    def __init__(self, line: Line, head: int, body: int) -> None:
        self._line = line
        self._head = head
        self._body = body
        self._left = threading.Event()

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """Do `work` in a thread that may be left behind."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - nothing is kept back: it is raised where the result is asked for
                future.set_exception(error)

        threading.Thread(target=run, name="request", daemon=True).start()
        return future

    def leave(self) -> None:
        """Wait for it no longer."""
        self._left.set()
        self._line.hang_up()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow the request; it ends here once it was left."""
        name = event.partition(".")[2]
        if name in ("connect_tcp.complete", "start_tls.complete"):
            stream = info["return_value"]
            if self._left.is_set():
                stream.close()
                raise Stopped
            self._line.opened(stream, secure=name.startswith("start_tls"))
        elif name == "send_request_headers.started":
            if self._left.is_set():
                raise Stopped
            self._line.meter.sent(self._head)
        elif name == "send_request_body.started" and self._body:
            self._line.meter.sent(0, self._body)
