"""Clients that dribble: many half-sent requests take no turn away from those who send theirs."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.office import Office
from tests.server.laptop import enrolled
from tests.server.process import serving

MANY = 200
WELL_S = 5
"""Of a busy machine; alone it takes milliseconds."""


def test_hundreds_of_slow_clients_keep_nobody_waiting(tmp_path: Path) -> None:
    office = Office.create(tmp_path / "office", Settings("Oficina", "slow.example/x"), OfficeKeys.generate())
    fleet.add_brigade(office, "B01", "Brigada", by="admin")
    laptop = enrolled(office)
    office.close()
    laptop.write()
    with serving(tmp_path / "office") as service, ExitStack() as stack:
        place = urlsplit(service.url)
        assert place.hostname and place.port
        halves = [
            b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nITP1",
            b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nITP1",
            b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ",
            b"POST /entrar HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 900\r\n\r\ncuenta=",
            b"G",
        ]
        slow = [stack.enter_context(socket.create_connection((place.hostname, place.port), 10)) for _one in range(MANY)]
        for number, client in enumerate(slow):
            client.sendall(halves[number % len(halves)])
        began = time.monotonic()
        for _round in range(5):
            connection = http.client.HTTPConnection(place.hostname, place.port, timeout=WELL_S)
            stack.callback(connection.close)
            connection.request("POST", "/v1/sync", laptop.parcel(), {"Content-Type": "application/octet-stream"})
            answer = connection.getresponse()
            assert answer.status == 200
            assert laptop.read(answer.read()).header.head == laptop.head
            for client in slow[::20]:
                client.sendall(b"x")
        assert time.monotonic() - began < WELL_S
