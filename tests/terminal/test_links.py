"""What a person sees in a real terminal when the day's data are spent, when there is no network, and when the laptop's
clock is wrong and the office's time rescues the sync."""

from __future__ import annotations

import datetime
import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from itinerant.demo.scene import SECOND
from itinerant.demo.stage import Stage, standing
from itinerant.store.disk import meta
from itinerant.store.laptop import Laptop
from tests.sync.test_http import certificate
from tests.terminal.terminal import Terminal
from tests.terminal.test_day import open_screen

YEARS = datetime.timedelta(days=7_305)
"""How far the office's clock is from the laptop's."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with standing(tmp_path_factory.mktemp("demo"), lambda _words: None) as stage:
        yield stage


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def move(laptop: Laptop, url: str) -> None:
    """Tell the laptop another address of its office."""
    with laptop._database.writer() as connection:
        meta.save(connection, meta.IDENTITY, replace(laptop.identity, url=url).as_dict())


def something_to_send(laptop: Laptop) -> None:
    stop = min(laptop.list("stop"), key=lambda stop: str(stop.values["position"]))
    if not laptop.current_visit():
        laptop.open_visit({"stop": stop.record, "terminals": 1})
    laptop.add("cost", {"nature": "variable", "category": "transport", "amount_cents": 1200, "spent_on": "2026-11-24"})


def leave(terminal: Terminal) -> None:
    terminal.press("C-q")
    terminal.wait_for_the_end()


class Quiet(ThreadingHTTPServer):
    """Says nothing of callers that hang up over the certificate."""

    def handle_error(self, *_about: object) -> None:
        pass


@contextmanager
def in_another_time(office: Stage, folder: Path) -> Iterator[tuple[str, Path]]:
    """The office behind TLS, with a certificate and a clock of twenty years from now: its address and certificate."""
    path = certificate(folder, (7_300, 7_310))
    port = office.office.port

    class Front(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.pass_on()

        def do_POST(self) -> None:
            self.pass_on()

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with closing(http.client.HTTPConnection("127.0.0.1", port)) as behind:
                behind.request(self.command, self.path, body, {"Content-Type": self.headers.get("Content-Type", "")})
                answer = behind.getresponse()
                data = answer.read()
            self.send_response_only(answer.status)
            self.send_header("Date", format_datetime(datetime.datetime.now(datetime.UTC) + YEARS, usegmt=True))
            self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = Quiet(("127.0.0.1", 0), Front)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    serving.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", path
    finally:
        server.shutdown()
        server.server_close()


def test_the_day_s_data_are_spent_and_what_a_person_sends_goes_all_the_same(office: Stage, terminal: Terminal) -> None:
    with office.unlock(SECOND) as laptop:
        something_to_send(laptop)
        laptop.tries.settings = replace(laptop.tries.settings, daily_cap=1)
        assert laptop.tries.today.total > 1
    open_screen(terminal, office.home(SECOND))
    terminal.until("por enviar · tope del día")
    terminal.type("s")
    terminal.until("Se alcanzó el tope de datos de hoy", "mañana, o cuando usted lo pida")
    terminal.type("e")
    terminal.until("✓ Al día con la oficina")
    terminal.type("t")
    terminal.until("Tope de datos del día")
    terminal.type("3")
    terminal.until("de 5.0 MB")
    leave(terminal)


def test_a_clock_twenty_years_off_is_told_and_the_office_s_time_sends(
    office: Stage, terminal: Terminal, tmp_path: Path
) -> None:
    with in_another_time(office, tmp_path) as (url, trusted):
        with office.unlock(SECOND) as laptop:
            something_to_send(laptop)
            laptop.tries.settings = replace(laptop.tries.settings, automatic=False)
            home = laptop.identity.url
            move(laptop, url)
        open_screen(terminal, office.home(SECOND), SSL_CERT_FILE=str(trusted))
        terminal.until("por enviar")
        terminal.type("s")
        terminal.until("cuando usted lo pida")
        terminal.type("e")
        terminal.until("El reloj de la laptop está mal", "está atrasado 20 años", "Enviar con la hora de la oficina")
        terminal.type("2")
        terminal.until("✓ Al día con la oficina", "✓ todo enviado")
        leave(terminal)
    with office.unlock(SECOND) as laptop:
        move(laptop, home)


def test_without_a_network_it_says_so_and_asks_nothing_of_anybody(office: Stage, terminal: Terminal) -> None:
    with office.unlock(SECOND) as laptop:
        something_to_send(laptop)
        laptop.tries.settings = replace(laptop.tries.settings, automatic=True)
    office.office.stop()
    open_screen(terminal, office.home(SECOND))
    terminal.until("por enviar · sin red")
    terminal.type("s")
    terminal.until("Sin red: la oficina se busca sola; siga registrando.")
    terminal.type("e")
    terminal.until("Sin conexión", "Entendido")
    terminal.press("Enter")
    terminal.until("1 cambio espera en esta laptop")
