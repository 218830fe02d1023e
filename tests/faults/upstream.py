"""Plain servers that stand behind a bad link in the tests of the link itself."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"


class Office(ThreadingHTTPServer):
    """Answers every POST with `saw` and the body; keeps the bodies in order of arrival."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), Handler)
        self.bodies: list[bytes] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def handle_error(self, *_: object) -> None:
        """A cut connection is what these tests are about: no traceback."""


class Handler(BaseHTTPRequestHandler):
    """One connection of `Office`, kept open between requests."""

    server: Office
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Keep the body if it came whole, and answer."""
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size)
        if len(body) < size:
            self.close_connection = True
            return
        self.server.bodies.append(body)
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body) + 4))
        self.end_headers()
        self.wfile.write(b"saw " + body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextlib.contextmanager
def office() -> Iterator[Office]:
    """A running `Office`."""
    with Office() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Sink:
    """Takes one connection and keeps every byte that arrives; `read()` waits for its end."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])

    def read(self) -> bytes:
        """All bytes of the connection."""
        self._listener.settimeout(30)
        connection, _ = self._listener.accept()
        with self._listener, connection:
            connection.settimeout(30)
            parts = []
            while part := connection.recv(65_536):
                parts.append(part)
        return b"".join(parts)
