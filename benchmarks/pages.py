"""How long the office's pages and reports make a person wait: `python -m benchmarks.pages FOLDER` of an office.

`benchmarks.scale --keep FOLDER` leaves one of any size; accounts are added to it, so give a copy of what must stay.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from starlette.testclient import TestClient

from benchmarks import reports
from benchmarks.__main__ import HEADER, cells, machine, show
from benchmarks.row import Row
from server import folding
from server.access import accounts
from server.app import create_app
from server.office import Office

TIMES = 5
ADDRESS = "http://oficina.test"
PASSPHRASE = "lancha remo quilla proa"
YEARS = "desde=2024-11-01&hasta=2026-10-31"
VIEWS = {
    "manager": (
        "/",
        "/registros/visit",
        "/registros/session",
        "/registros/session?dia_desde=2024-11-01&dia_hasta=2026-10-31&language=spa",
        "/registros/incident",
        "/registros/service",
        "/catalogo",
        "/diferencias",
        "/duplicados",
        "/cuarentena",
        f"/informes/services?{YEARS}",
        f"/informes/times?{YEARS}",
        f"/informes/ongei?{YEARS}",
        f"/informes/districts?{YEARS}",
        f"/informes/terminals?{YEARS}",
        "/modelo",
        "/equipos",
        "/personal",
        "/exportar",
    ),
    "administrator": ("/cuentas",),
    "auditor": ("/accesos",),
}


def rows(office: Office, what: str) -> list[Row]:
    """The slowest page and the middle one, as a person with the right to see them gets them."""
    folding.fold_if_due(office)
    took = {
        path: _seconds(client, path)
        for role, paths in VIEWS.items()
        for client in [_in(office, role)]
        for path in paths
    }
    slowest = max(took, key=took.__getitem__)
    print(f"  … the slowest page is {slowest}", file=sys.stderr)
    return [
        Row(f"pages of {what}: the middle one of {len(took)}", statistics.median(took.values()) * 1e3, "ms"),
        Row(f"pages of {what}: the slowest", took[slowest] * 1e3, "ms", limit=300),
    ]


def _in(office: Office, role: str) -> TestClient:
    """The page's window of somebody of that role."""
    client = TestClient(create_app(office), base_url=ADDRESS, headers={"sec-fetch-site": "same-origin"})
    name = f"{role}{time.time_ns()}"
    code = accounts.invite(office, name, role, ADDRESS, by="admin").partition("#")[2]
    client.post("/activar", data={"codigo": code, "frase": PASSPHRASE, "otra": PASSPHRASE}).raise_for_status()
    return client


def _seconds(client: TestClient, path: str) -> float:
    took = []
    for _time in range(TIMES):
        started = time.perf_counter()
        client.get(path).raise_for_status()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def main() -> None:
    """Measure an office that is there."""
    office = Office.open(Path(sys.argv[1]))
    what = "the office there"
    print(machine())
    table = [*rows(office, what), *reports.rows(office, what)]
    for line in show([HEADER, *map(cells, table)], markdown=False):
        print(line)


if __name__ == "__main__":
    main()
