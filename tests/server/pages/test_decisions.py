"""Conflicts and duplicates decided on the page, by two people at once, and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from starlette.testclient import TestClient

from server import central
from server.office import Office
from tests.server import looking
from tests.server.laptop import SESSION, FakeLaptop, enrolled

Entered = Callable[[str], TestClient]


@pytest.fixture
def disputed(office: Office, laptop: FakeLaptop) -> str:
    """A session whose duration two laptops wrote differently."""
    peer = enrolled(office, "LOR08")
    made = laptop.write()
    laptop.sync()
    for one, seconds in ((laptop, 600), (peer, 900)):
        one.write(values={"duration_s": seconds}, record=made.ref, base=[made.ref], why="reloj")
        one.sync()
    return made.ref


def form_of(page: str) -> tuple[list[str], list[str]]:
    """The values that can be chosen, and the changes that were shown."""
    return [unescape(v) for v in re.findall(r'name="valor" value="([^"]*)"', page)], re.findall(
        r'name="visto" value="([^"]*)"', page
    )


def test_a_conflict_shows_both_values_and_is_decided_with_a_reason(
    office: Office, entered: Entered, disputed: str
) -> None:
    client = entered("reviewer")
    assert f"/diferencias/{disputed}/duration_s" in client.get("/diferencias").text
    assert disputed not in client.get("/diferencias?scope=B02").text
    page = client.get(f"/diferencias/{disputed}/duration_s").text
    assert "10 min" in page and "15 min" in page and "7 min" in page and "LOR08-1" in page
    values, seen = form_of(page)
    assert sorted(values) == ["600", "900", "otro"]
    path = f"/diferencias/{disputed}/duration_s"
    assert client.post(path, data={"valor": "900", "visto": seen, "why": " "}).status_code == 400
    done = client.post(path, data={"valor": "900", "visto": seen, "why": "según el acta"})
    assert "Nada por decidir" in done.text and "según el acta" in done.text
    with office.database.reader() as connection:
        assert central.read(connection, disputed).values["duration_s"] == 900


def test_a_third_value_is_written_as_people_do(office: Office, entered: Entered, disputed: str) -> None:
    client, path = entered("reviewer"), f"/diferencias/{disputed}/duration_s"
    _values, seen = form_of(client.get(path).text)
    wrong = client.post(path, data={"valor": "otro", "duration_s": "mucho", "visto": seen, "why": "acta"})
    assert wrong.status_code == 400 and "Escriba los minutos" in wrong.text
    client.post(path, data={"valor": "otro", "duration_s": "12:30", "visto": seen, "why": "acta"})
    with office.database.reader() as connection:
        assert central.read(connection, disputed).values["duration_s"] == 750


def test_the_second_of_two_reviewers_is_told(entered: Entered, disputed: str) -> None:
    path = f"/diferencias/{disputed}/duration_s"
    first, second = entered("reviewer"), entered("manager")
    _values, seen = form_of(second.get(path).text)
    first.post(path, data={"valor": "600", "visto": seen, "why": "primero"})
    late = second.post(path, data={"valor": "900", "visto": seen, "why": "después"})
    assert late.status_code == 409 and "ya lo decidió reviewer" in late.text


def test_a_decision_is_taken_back_and_the_value_before_it_holds_again(
    office: Office, entered: Entered, disputed: str
) -> None:
    with office.database.reader() as connection:
        provisional = central.read(connection, disputed).values["duration_s"]
    client, path = entered("reviewer"), f"/diferencias/{disputed}/duration_s"
    _values, seen = form_of(client.get(path).text)
    page = client.post(path, data={"valor": "120", "visto": seen, "why": "primero"}).text
    standing = re.search(r'/deshacer"[^>]*><input type="hidden" name="visto" value="([^"]+)"', page)
    assert standing is not None
    assert client.post(f"{path}/deshacer", data={"visto": "CENTRAL-1", "why": "x"}).status_code == 409
    client.post(f"{path}/deshacer", data={"visto": standing[1], "why": "me equivoqué"})
    with office.database.reader() as connection:
        assert central.read(connection, disputed).values["duration_s"] == provisional


def test_only_who_decides_may(entered: Entered, disputed: str) -> None:
    path = f"/diferencias/{disputed}/duration_s"
    for role in ("auditor", "ti", "administrator"):
        client = entered(role)
        assert client.get(path).status_code == 200
        _values, seen = form_of(client.get(path).text)
        assert client.post(path, data={"valor": "600", "visto": seen, "why": "x"}).status_code == 403
        assert (
            client.post("/duplicados", data={"una": "a", "otra": "b", "decision": "confirm", "why": "x"}).status_code
            == 403
        )


def test_the_same_attention_twice_is_proposed_and_one_is_annulled(
    office: Office, entered: Entered, laptop: FakeLaptop
) -> None:
    peer = enrolled(office, "LOR08")
    first = laptop.write(values={**SESSION, "terminal": "T1"})
    second = peer.write(values={**SESSION, "terminal": "T1", "started_at": int(str(SESSION["started_at"])) + 60_000})
    laptop.sync()
    peer.sync()
    client = entered("reviewer")
    page = client.get("/duplicados").text
    assert first.ref in page and second.ref in page
    form = {"una": second.ref, "otra": first.ref, "decision": "confirm", "why": "la misma persona"}
    assert "Nada que proponer" in client.post("/duplicados", data=form).text
    with office.database.reader() as connection:
        assert central.read(connection, second.ref).void
    assert client.post("/duplicados", data={**form, "decision": "x"}).status_code == 400
    looking.assert_sound(office)
