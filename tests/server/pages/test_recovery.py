"""Recovery and loss on the page: two people, one laptop, and what a notice needs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from itinerant.sync import recovery
from server.keys import holders
from server.office import Office
from tests.server.laptop import SESSION, START_MS, FakeLaptop
from tests.server.test_recovery import ANSWER, KEY, asked, quick  # noqa: F401 - the fixture eases Argon2id

Entered = Callable[[str], TestClient]


@pytest.fixture
def kept(office: Office, laptop: FakeLaptop, entered: Entered) -> dict[str, TestClient]:
    """The browsers of two holders."""
    people = {role: entered(role) for role in ("administrator", "manager")}
    for who in people:
        holders.add(office.folder, who, f"la frase larga de {who}")
    return people


def test_two_people_approve_and_the_answer_opens_the_laptop(office: Office, kept: dict[str, TestClient]) -> None:
    request = asked(office)
    admin, manager = kept["administrator"], kept["manager"]
    page = admin.post("/recuperaciones", files={"archivo": ("LOR07.ITQ", request.to_bytes())})
    path = page.url.path
    assert "P014" in page.text and request.code not in page.text, "the code comes by voice"
    assert admin.get(f"{path}/respuesta").status_code == 400
    form = {"codigo": request.code, "frase": "la frase larga de administrator"}
    assert admin.post(path, data={**form, "codigo": "AAAA-BBBB-CCCC"}).status_code == 400
    assert admin.post(path, data=form).status_code == 200
    assert admin.post(path, data=form).status_code == 400, "one person is one"
    manager.post(path, data={**form, "frase": "la frase larga de manager"})
    answer = manager.get(f"{path}/respuesta")
    assert recovery.open_answer(answer.content, request, ANSWER) == [KEY]
    assert "administrator, manager" in manager.get("/recuperaciones").text


def test_who_may_not_recover_sees_nothing_of_it(office: Office, kept: dict[str, TestClient], entered: Entered) -> None:
    for role in ("reviewer", "auditor"):
        client = entered(role)
        assert client.get("/recuperaciones").status_code == 403
        assert client.post("/recuperaciones", files={"archivo": ("x.ITQ", b"x")}).status_code == 403
    assert kept["manager"].post("/recuperaciones", files={"archivo": ("x.ITQ", b"x")}).status_code == 400
    assert kept["manager"].post("/recuperaciones", data={}).status_code in (400, 422)


def test_what_a_lost_laptop_could_hold_is_counted_and_not_shown(entered: Entered, laptop: FakeLaptop) -> None:
    visit = laptop.write("visit", {"brigade": "B01", "opened_at": START_MS, "ubigeo": "160105", "place": "Mazán"})
    laptop.write(values={**SESSION, "visit": visit.ref, "note": "vino dos veces"})
    laptop.sync()
    page = entered("ti").get("/equipos/LOR07/perdida").text
    assert "48 horas" in page and "1 atenciones sin datos personales y 1 nombres" in page
    assert "vino dos veces" not in page and "Tapullima" not in page
    assert entered("auditor").get("/equipos/LOR07/perdida").status_code == 403
