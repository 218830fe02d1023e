"""Laptops, staff, quarantine and the access log on the page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from starlette.testclient import TestClient

from itinerant.sync.enrolment import Invitation
from server.office import Office
from tests.server import looking
from tests.server.conftest import Clock
from tests.server.laptop import SESSION, FakeLaptop, enrolled

Entered = Callable[[str], TestClient]


def test_the_laptop_that_was_silent_longest_comes_first(
    office: Office, entered: Entered, laptop: FakeLaptop, clock: Clock
) -> None:
    enrolled(office, "LOR08")
    laptop.write()
    clock.ms += 60_000
    laptop.sync()
    for path in ("/", "/equipos"):
        page = entered("reviewer").get(path).text
        assert page.index("LOR08") < page.index("LOR07")
    assert "LOR07" not in entered("reviewer").get("/equipos?brigada=B02").text


def test_a_laptop_is_invited_with_a_code_that_is_shown_once(entered: Entered) -> None:
    form = {"equipo": "lor09", "brigada": "B01", "direccion": "http://127.0.0.1:8440"}
    page = entered("ti").post("/equipos", data=form).text
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert text is not None and "<svg" in page
    invitation = Invitation.from_json(html.unescape(text[1]))
    assert (invitation.device, invitation.brigade) == ("LOR09", "B01")
    assert entered("reviewer").post("/equipos", data=form).status_code == 403


def test_a_lost_laptop_is_believed_no_more(entered: Entered, laptop: FakeLaptop) -> None:
    laptop.write()
    laptop.sync()
    client = entered("ti")
    page = client.post("/equipos/LOR07/revocar", data={"why": "cayó al río", "perdido": "1"}).text
    assert "Perdido" in page and "se le cree hasta su cambio" in page
    assert client.post("/equipos/LOR07/revocar", data={"why": " "}).status_code == 400
    assert client.get("/equipos/LOR77").status_code == 400


def test_quarantine_is_decided_with_a_reason_and_reading_it_is_noted(
    office: Office, entered: Entered, laptop: FakeLaptop
) -> None:
    laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.sync()
    (item,) = looking.quarantine(office)
    client = entered("reviewer")
    assert "45678912" not in client.get("/cuarentena").text
    assert "45678912" in client.get(f"/cuarentena/{item['item']}").text
    assert entered("auditor").get(f"/cuarentena/{item['item']}").status_code == 403
    assert client.post(f"/cuarentena/{item['item']}", data={"decision": "x", "why": "y"}).status_code == 400
    done = client.post(f"/cuarentena/{item['item']}", data={"decision": "discard", "why": "dato personal"}).text
    assert "Nada espera" in done
    log = entered("auditor").get("/accesos").text
    assert "quarantine.read" in log and "quarantine.discard" in log and "dato personal" in log


def test_names_are_for_who_needs_them_and_each_reading_is_noted(entered: Entered) -> None:
    assert entered("reviewer").get("/personal").status_code == 403
    client = entered("manager")
    assert "Rosa Tapullima" in client.get("/personal").text
    form = {"codigo": "P015", "nombre": "Élmer Ahuanari", "rol": "orientador", "brigada": "B01"}
    assert "Élmer Ahuanari" in client.post("/personal", data=form).text
    assert client.post("/personal", data={**form, "rol": "rey"}).status_code == 400
    log = client.get("/accesos?cuenta=manager").text
    assert "roster.read" in log and "roster.write" in log and "Ahuanari" not in log
