"""A real office behind a real browser: the service on loopback, two laptops, Chromium at two sizes."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from server import central
from server.access import accounts
from server.app import create_app
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.office import Office, system_ms
from tests.server.laptop import SESSION, FakeLaptop, enrolled

PHRASE = "lancha remo quilla proa"
SIZES = {"escritorio": (1280, 800), "telefono": (390, 844)}
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Scene:
    """The running office, its address, and two laptops of one brigade."""

    office: Office
    url: str
    laptop: FakeLaptop
    peer: FakeLaptop

    def link(self, role: str) -> str:
        """A one-time link for an account that is called as its role."""
        return accounts.invite(self.office, role, role, self.url, by="admin")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    patch = pytest.MonkeyPatch()
    patch.setattr(accounts, "_MEMORY_KIB", 64)
    folder = tmp_path_factory.mktemp("browser") / "office"
    office = Office.create(folder, Settings("Oficina de prueba", "test.example/ledger"), OfficeKeys.generate())
    config = uvicorn.Config(create_app(office), port=0, log_config=None, access_log=False, lifespan="off")
    service = uvicorn.Server(config)
    thread = threading.Thread(target=service.run, daemon=True)
    thread.start()
    while not service.started:
        time.sleep(0.01)  # the service has no other sign
    port = service.servers[0].sockets[0].getsockname()[1]
    try:
        yield Scene(office, f"http://127.0.0.1:{port}", *_work(office))
    finally:
        service.should_exit = True
        thread.join()
        office.close()
        patch.undo()


def _work(office: Office) -> tuple[FakeLaptop, FakeLaptop]:
    """A brigade's days: visits, sessions, an incident, a check, something in quarantine, a duplicate."""
    fleet.add_brigade(office, "B01", "Brigada del Napo", by="admin")
    fleet.add_staff(office, "P014", brigade="B01", role="orientador", name="Rosa Tapullima", by="admin")
    with office.database.writer() as connection:
        service = {"code": "RENIEC-01", "entity": "RENIEC", "name": "Estado del trámite", "access": "consultation"}
        central.create(connection, office, "service", [service], by="admin")
        cost = {"nature": "fixed", "category": "salary", "amount_cents": 310_000, "spent_on": "2026-01-02"}
        central.create(connection, office, "cost", [cost], by="admin")
    laptop, peer = enrolled(office), enrolled(office, "LOR08")
    now = system_ms()
    place = {"brigade": "B01", "ubigeo": "160105", "place": "Mazán", "capacity": 60, "opened_at": now - 7_200_000}
    visit = laptop.write("visit", place)
    for number in range(12):
        outcome = {"outcome": "referred", "cause": "no_card"} if number % 4 == 0 else {}
        at = {
            "started_at": now - 3_600_000 + number * 240_000,
            "duration_s": 120 + number * 30,
            "waiting_s": number * 60,
        }
        laptop.write(values={**SESSION, **outcome, **at, "visit": visit.ref})
    laptop.write("incident", {"found_at": now, "category": "connectivity", "severity": "high", "state": "open",
                              "description": "antena caída", "downtime_min": 20})  # fmt: skip
    laptop.write("readiness", {"visit": visit.ref, "checked_at": now, "readers": "yes", "verdict": "ready"})
    laptop.write(values={**SESSION, "note": "DNI 45678912", "visit": visit.ref})
    laptop.sync()
    twice = {"started_at": now - 3_600_000, "duration_s": 600, "visit": visit.ref}
    peer.write(values={**SESSION, **twice})
    peer.sync()
    return laptop, peer


@pytest.fixture(scope="module")  # its event loop must end with it: others start their own
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, _PROGRAMS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def entered(chromium: Browser, scene: Scene) -> Iterator[Callable[[str, str], Page]]:
    """Opens the page for somebody of a role, at a size, who came in by their link."""
    contexts = []

    def make(role: str, size: str = "escritorio") -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="es-PE")
        contexts.append(context)
        page = context.new_page()
        page.goto(scene.link(role))
        page.fill("[name=frase]", PHRASE)
        page.fill("[name=otra]", PHRASE)
        page.click("main button")
        page.wait_for_url(f"{scene.url}/")
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def pictures() -> Path | None:
    """Where to keep pictures of the views, for the manual; nowhere unless `PICTURES` says so."""
    return Path(os.environ["PICTURES"]) if "PICTURES" in os.environ else None
