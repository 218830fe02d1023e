"""The CAP model, the quality of service and the auditor's file, from the page."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from starlette.testclient import TestClient

from server import central
from server.office import Office
from tests.server.laptop import SESSION, START_MS, FakeLaptop

Entered = Callable[[str], TestClient]
YEAR = "desde=2025-01-01&hasta=2025-12-31"


def day(laptop: FakeLaptop) -> None:
    """A visit of two hours with a session, half an hour down, and a check that found no signature software."""
    place = {"brigade": "B01", "ubigeo": "160105", "place": "Mazán", "capacity": 130, "terminals": 1}
    visit = laptop.write("visit", {**place, "opened_at": START_MS, "closed_at": START_MS + 7_200_000})
    laptop.write(values={**SESSION, "visit": visit.ref})
    laptop.write("incident", {"found_at": START_MS, "category": "connectivity", "severity": "low", "state": "open",
                              "description": "sin señal", "downtime_min": 30})  # fmt: skip
    laptop.write("readiness", {"visit": visit.ref, "checked_at": START_MS, "signing": "no", "readers": "yes",
                               "verdict": "with_gaps"})  # fmt: skip
    laptop.sync()


def test_the_canvas_is_filled_from_the_data(office: Office, entered: Entered, laptop: FakeLaptop) -> None:
    day(laptop)
    with office.database.writer() as connection:
        cost = {"nature": "fixed", "category": "salary", "amount_cents": 150_000, "spent_on": "2025-11-01"}
        central.create(connection, office, "cost", [cost], by="admin")
    page = entered("auditor").get(f"/modelo?{YEAR}").text
    assert "Ciudadanos: 1 (100 %)" in page or "Ciudadano: 1 (100 %)" in page
    assert "Sueldo del orientador: S/ 1,500.00" in page
    for part in ("C.1", "C.2", "C.3", "C.4", "C.5", "C.6", "C.7", "C.8", "C.9"):
        assert f'class="quiet">{part}<' in page


def test_quality_and_compliance_are_what_was_measured(entered: Entered, laptop: FakeLaptop) -> None:
    day(laptop)
    page = entered("auditor").get(f"/modelo?{YEAR}").text
    assert "75,0 %" in page, "half an hour of two was lost"
    assert "1 jornadas con menos terminales" in page, "130 people ask for three terminals"
    row = page[page.index("Software de firma digital") :]
    assert row.index(">0<") < row.index(">1<")
    assert "Sin datos todavía" in entered("auditor").get("/modelo?desde=2020-01-01&hasta=2020-01-31").text


def test_the_auditor_takes_a_file_home(entered: Entered, laptop: FakeLaptop) -> None:
    day(laptop)
    client = entered("auditor")
    assert "+" in client.get("/exportar").text
    answer = client.post("/exportar", data={})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert "verify.py" in {name.rpartition("/")[2] for name in file.namelist()}
    assert entered("reviewer").post("/exportar", data={}).status_code == 403
    assert "export" in client.get("/accesos").text
