"""Every address of the page asked by every role, and by nobody: what one may not is refused whatever is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from itinerant.domain.fields import Value
from server import central
from server.access.permissions import RIGHTS, Right, may
from server.office import Office
from server.pages import site
from tests.server.laptop import FakeLaptop

Entered = Callable[[str], TestClient]

DOOR = {
    "GET /entrar", "POST /entrar", "GET /activar", "POST /activar", "POST /salir", "POST /idioma",
    "GET /segundo-paso", "POST /segundo-paso", "POST /segundo-paso/llave", "GET /entrar/proveedor",
    "GET /entrar/proveedor/vuelta",
}  # fmt: skip
"""Open before anybody is in; the second step asks for the first."""
OWN = {
    "GET /cuenta", "GET /cuenta/segundo-paso", "POST /cuenta/segundo-paso", "POST /cuenta/frase",
    "POST /cuenta/sesiones", "GET /cuenta/llaves", "POST /cuenta/llaves", "POST /cuenta/llaves/quitar",
}  # fmt: skip
"""Everybody's own account."""
ASKED = {
    Right.READ: {
        "GET /", "GET /registros", "GET /registros/{kind}", "GET /registro/{ref}", "GET /diferencias",
        "GET /diferencias/{ref}/{name}", "GET /duplicados", "GET /cuarentena", "GET /informes", "GET /informes/{name}",
        "GET /informes/{name}/publico", "GET /modelo", "GET /equipos", "GET /equipos/{code}", "GET /catalogo",
    },
    Right.DECIDE: {
        "POST /diferencias/{ref}/{name}", "POST /diferencias/{ref}/{name}/deshacer", "POST /duplicados",
        "GET /cuarentena/{item}", "POST /cuarentena/{item}",
    },
    Right.REGISTRY: {
        "GET /registros/{kind}/nuevo", "POST /registros/{kind}/nuevo", "GET /registro/{ref}/modificar",
        "POST /registro/{ref}/modificar", "POST /registro/{ref}/anular", "POST /catalogo",
    },
    Right.FLEET: {"POST /equipos", "GET /equipos/{code}/perdida", "POST /equipos/{code}/revocar"},
    Right.STAFF: {"GET /personal", "POST /personal"},
    Right.EXPORT: {"GET /accesos", "GET /exportar", "POST /exportar"},
    Right.RECOVER: {
        "GET /recuperaciones", "POST /recuperaciones", "GET /recuperaciones/{ref}", "POST /recuperaciones/{ref}",
        "GET /recuperaciones/{ref}/respuesta",
    },
    Right.ACCOUNTS: {
        "GET /cuentas", "POST /cuentas", "POST /cuentas/{code}/cerrar", "POST /cuentas/{code}/revisar",
    },
}  # fmt: skip
"""What each address asks for; records by hand are asked for a cost, which the registry keeps."""

FORM = {"why": "x", "motivo": "x", "decision": "release"}


def test_the_table_names_every_address() -> None:
    there = {f"{method} {route.path}" for router in site.ROUTERS for route in router.routes for method in route.methods}
    assert there == DOOR | OWN | set().union(*ASKED.values())


@pytest.mark.parametrize("role", RIGHTS)
def test_each_address_is_for_the_roles_that_have_its_right(
    office: Office, laptop: FakeLaptop, entered: Entered, role: str
) -> None:
    cost: dict[str, Value] = {"nature": "fixed", "category": "salary", "amount_cents": 1, "spent_on": "2025-11-01"}
    with office.database.writer() as connection:
        (ref,) = central.create(connection, office, "cost", [cost], by="admin")
    client = entered(role)
    for right, addresses in ASKED.items():
        for address in sorted(addresses):
            method, path = filled(address, ref)
            data = FORM if method == "POST" else None
            status = client.request(method, path, data=data, follow_redirects=False).status_code
            assert (status != 403) == may(role, right), (role, address, status)
            assert status < 500, address


def test_a_stranger_is_sent_to_the_door_from_everywhere_else(browser: Callable[[], TestClient]) -> None:
    client = browser()
    for address in OWN.union(*ASKED.values()):
        method, path = filled(address, "CENTRAL-1")
        answer = client.request(method, path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"][:7]) == (303, "/entrar"), address


def filled(address: str, ref: str) -> tuple[str, str]:
    """A method and a path with something that is there in each gap."""
    method, _space, path = address.partition(" ")
    gaps = {"kind": "cost", "ref": ref, "name": "services", "item": 1, "code": "LOR07"}
    return method, path.format(**gaps)
