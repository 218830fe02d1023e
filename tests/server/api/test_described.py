"""The API keeps to its own description, whatever it is asked (Schemathesis makes up the requests)."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from sqlalchemy import select
from starlette.testclient import TestClient

from server.access import accounts, tokens
from server.app import create_app
from server.office import Office
from server.tables import AccessRow, table
from tests.server.laptop import FakeLaptop

EXAMPLES = 6
"""Requests of each operation and way; two hundred were asked while this was written."""
ELSEWHERE = [ignored_auth, positive_data_acceptance]
"""Without a token: the test below. And what has the right form may still mean nothing (an unknown record)."""


@pytest.fixture
def bearer(office: Office) -> dict[str, str]:
    accounts.invite(office, "jefe", "manager", "http://oficina.test", by="admin")
    token = tokens.add(office, "jefe", "tablero", ["read", "decide", "staff"], 1, by="admin")
    return {"authorization": f"Bearer {token}"}


def test_the_description_is_for_who_has_a_token_and_of_the_api_only(office: Office, bearer: dict[str, str]) -> None:
    client = TestClient(create_app(office))
    assert client.get("/api/v1/openapi.json").status_code == 401
    document = client.get("/api/v1/openapi.json", headers=bearer).json()
    assert document["paths"] and all(path.startswith("/api/v1/") for path in document["paths"])
    assert client.get("/openapi.json").status_code == 404


@pytest.mark.parametrize(
    "operation",
    [
        "GET /api/v1/records/{kind}", "GET /api/v1/records/{kind}/{ref}", "GET /api/v1/devices",
        "GET /api/v1/quarantine", "GET /api/v1/conflicts", "GET /api/v1/conflicts/decided",
        "POST /api/v1/conflicts/{record}/{field}", "POST /api/v1/conflicts/{record}/{field}/undo",
        "GET /api/v1/duplicates", "POST /api/v1/duplicates/confirm", "POST /api/v1/duplicates/dismiss",
        "GET /api/v1/reports", "GET /api/v1/reports/{name}", "GET /api/v1/openapi.json",
    ],
)  # fmt: skip
def test_each_operation_answers_as_described(
    office: Office, laptop: FakeLaptop, bearer: dict[str, str], operation: str
) -> None:
    laptop.write(values={"note": "DNI 45678912"})
    laptop.sync()  # something in quarantine
    app = create_app(office)
    document = TestClient(app).get("/api/v1/openapi.json", headers=bearer).json()
    assert operation in {f"{verb.upper()} {path}" for path, verbs in document["paths"].items() for verb in verbs}
    verb, _space, path = operation.partition(" ")
    assert TestClient(app).request(verb, path).status_code == 401
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(data=st.data())
    def ask(data: Any) -> None:
        for mode in schemathesis.GenerationMode:
            case = data.draw(schema[path][verb].as_strategy(generation_mode=mode))
            case.call_and_validate(headers=bearer, excluded_checks=ELSEWHERE)

    ask()


def test_a_token_sees_records_page_by_page_and_one_with_its_history(
    office: Office, laptop: FakeLaptop, bearer: dict[str, str]
) -> None:
    made = [laptop.write().ref for _number in range(51)]
    laptop.write(values={"duration_s": 7}, record=made[0], base=[made[0]], why="reloj")
    laptop.sync()
    client = TestClient(create_app(office), headers=bearer)
    first = client.get("/api/v1/records/session").json()
    rest = client.get(first["next"]).json()
    assert [one["record"] for one in first["value"] + rest["value"]] == made[::-1] and not rest["next"]
    one = client.get(f"/api/v1/records/session/{made[0]}").json()
    assert one["values"]["duration_s"] == 7
    assert [(each["change"], each["why"]) for each in one["history"]] == [(made[0], ""), ("LOR07-52", "reloj")]
    assert client.get(f"/api/v1/records/visit/{made[0]}").status_code == 404
    assert [each["device"] for each in client.get("/api/v1/devices").json()["value"]] == ["LOR07"]


def test_staff_is_for_tokens_that_may_and_each_reading_is_noted(office: Office, bearer: dict[str, str]) -> None:
    plain = tokens.add(office, "jefe", "otro", ["read"], 1, by="admin")
    client = TestClient(create_app(office))
    assert client.get("/api/v1/records/staff", headers={"authorization": f"Bearer {plain}"}).status_code == 403
    (one,) = client.get("/api/v1/records/staff", headers=bearer).json()["value"]
    assert one["code"] == "P014" and "Tapullima" not in str(one)
    access = table(AccessRow)
    with office.database.reader() as connection:
        read = connection.execute(select(access.c.account).where(access.c.action == "staff.read")).scalars().all()
    assert read == ["jefe"]


def test_what_waits_is_told_without_its_content(office: Office, laptop: FakeLaptop, bearer: dict[str, str]) -> None:
    laptop.write(values={"note": "DNI 45678912"})
    laptop.sync()
    answer = TestClient(create_app(office), headers=bearer).get("/api/v1/quarantine")
    assert [one["change"] for one in answer.json()["value"]] == ["LOR07-1"] and "45678912" not in answer.text


def test_a_path_that_is_no_reference_is_no_record(office: Office, bearer: dict[str, str]) -> None:
    client = TestClient(create_app(office), headers=bearer)
    for path in ("x", "LOR07-", "LOR07-١", "LOR07-1-", "-", "%00"):
        assert client.get(f"/api/v1/records/session/{path}").status_code == 404
