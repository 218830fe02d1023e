"""The catalogue from a file on the page, and codes in use that it lacks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from server.office import Office
from tests.server import looking
from tests.server.laptop import FakeLaptop

Entered = Callable[[str], TestClient]
GOOD = "code;entity;entity_name;name;access;check\nRENIEC-09;RENIEC;Registro;Trámite ñandú;payment;verificado\n"


def send(client: TestClient, data: bytes) -> tuple[int, str]:
    answer = client.post("/catalogo", files={"archivo": ("servicios.csv", data, "text/csv")})
    return answer.status_code, answer.text


def test_a_file_fills_the_catalogue_and_corrects_it(office: Office, entered: Entered) -> None:
    client = entered("manager")
    assert "Agregados: 2; corregidos: 0" in send(client, GOOD.encode())[1]
    assert "Agregados: 0; corregidos: 1" in send(client, GOOD.replace("ñandú", "cóndor").encode("cp1252"))[1]
    assert [one["name"] for one in looking.records(office, "service").values()] == ["Trámite cóndor"]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"code,entity,name,access\nA-1,A,x,payment\nA-2,A,x,hechizo\n", "línea 3, columna access"),
        (b"code,entity,name,access\nA-1,A,x,payment\nA-1,A,y,payment\n", "línea 3, columna code"),
        (b"code,entity,name,access\nA-1,A," + b"x" * 200_000 + b",payment\n", "línea 2"),
        (b"code,entity\nA-1,A\n", "servicios.csv"),
        (b"\x00\xff\xfe", "servicios.csv"),
        (b"", "archivo"),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_column_and_changes_nothing(
    office: Office, entered: Entered, data: bytes, where: str
) -> None:
    status, shown = send(entered("manager"), data)
    assert status == 400 and f"<b>{where}</b>" in shown
    assert not looking.records(office, "service")


def test_who_does_not_keep_the_registry_imports_nothing(entered: Entered) -> None:
    client = entered("auditor")
    assert "Importar de un archivo" not in client.get("/catalogo").text
    assert send(client, GOOD.encode())[0] == 403


def test_codes_that_the_catalogue_lacks_are_listed_with_their_sessions(entered: Entered, laptop: FakeLaptop) -> None:
    made = laptop.write()
    laptop.sync()
    shown = entered("auditor").get("/catalogo").text
    assert f'href="/registros/session?service={made.set["service"]}"' in shown
