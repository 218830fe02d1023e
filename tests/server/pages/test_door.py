"""Entering, leaving, and what no stranger gets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from server.access import accounts, guesses, sessions
from server.access.permissions import RIGHTS, Right, may
from server.office import Office
from tests.server.conftest import Clock
from tests.server.pages.conftest import PHRASE

Browser = Callable[[], TestClient]
Entered = Callable[[str], TestClient]


def enter(client: TestClient, phrase: str, code: str = "reviewer", after: str = "/") -> int:
    return client.post("/entrar", data={"cuenta": code, "frase": phrase, "a": after}).status_code


def test_a_stranger_is_sent_to_the_door_and_then_where_they_wanted(browser: Browser, entered: Entered) -> None:
    entered("reviewer")
    client = browser()
    shown = client.get("/?x=1")
    assert "Frase de acceso" in shown.text
    answer = client.post("/entrar", data={"cuenta": "reviewer", "frase": PHRASE, "a": "/?x=1"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
    assert "Quién no ha sincronizado" in client.get("/").text


def test_the_link_of_init_serves_once(office: Office, browser: Browser) -> None:
    token = accounts.invite_first(office, "http://oficina.test").partition("#")[2]
    form = {"codigo": token, "frase": PHRASE, "otra": PHRASE}
    assert browser().post("/activar", data={**form, "frase": "corta", "otra": "corta"}).status_code == 400
    assert browser().post("/activar", data={**form, "otra": PHRASE + "x"}).status_code == 400
    assert "Hoy" in browser().post("/activar", data=form).text
    assert browser().post("/activar", data=form).status_code == 403


def test_an_old_link_opens_nothing(office: Office, browser: Browser, clock: Clock) -> None:
    token = accounts.invite_first(office, "http://oficina.test").partition("#")[2]
    clock.ms += accounts.LINK_DAYS * 86_400_000
    assert browser().post("/activar", data={"codigo": token, "frase": PHRASE, "otra": PHRASE}).status_code == 403


def test_the_wrong_phrase_and_the_unknown_account_get_the_same_answer(browser: Browser, entered: Entered) -> None:
    entered("reviewer")
    answers = [
        browser().post("/entrar", data={"cuenta": code, "frase": "otra frase que no es"}) for code in ("reviewer", "x")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].text.replace('value="reviewer"', "") == answers[1].text.replace('value="x"', "")


def test_guessing_is_slowed_and_shuts_nobody_else_out(
    office: Office, browser: Browser, entered: Entered, clock: Clock
) -> None:
    entered("reviewer")
    client = browser()
    statuses = [enter(client, "otra frase que no es") for _try in range(guesses.FREE + 1)]
    assert statuses == [403] * guesses.FREE + [429]
    assert enter(client, PHRASE) == 429
    assert accounts.check(office, "reviewer", PHRASE, "10.0.0.9").code == "reviewer"
    clock.ms += 3_000
    assert enter(client, PHRASE) == 200


def test_leaving_ends_the_session_on_both_sides(office: Office, entered: Entered) -> None:
    client = entered("reviewer")
    token = client.cookies["itinerant"]
    client.post("/salir")
    assert sessions.find_session(office, token) is None
    assert "Frase de acceso" in client.get("/").text


@pytest.mark.parametrize("after_ms", [sessions.IDLE_MS, sessions.WHOLE_MS])
def test_a_session_ends_by_itself(entered: Entered, clock: Clock, after_ms: int) -> None:
    client = entered("reviewer")
    for _step in range(after_ms // (20 * 60_000)):  # somebody who goes on working every 20 minutes
        clock.ms += 20 * 60_000 if after_ms == sessions.WHOLE_MS else 0
        client.get("/")
    clock.ms += sessions.IDLE_MS if after_ms == sessions.IDLE_MS else 0
    assert "Frase de acceso" in client.get("/").text


def test_a_closed_account_is_out_at_once(office: Office, entered: Entered) -> None:
    client = entered("reviewer")
    accounts.disable(office, "reviewer", "dejó la oficina", by="admin")
    assert "Frase de acceso" in client.get("/").text
    assert enter(client, PHRASE) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "", "origin": "http://otro.test"},
    ],
)
def test_a_form_of_another_site_does_nothing(entered: Entered, headers: dict[str, str]) -> None:
    client = entered("reviewer")
    assert client.post("/salir", headers=headers, follow_redirects=False).status_code == 403
    assert "Quién no ha sincronizado" in client.get("/").text


def test_a_browser_without_fetch_metadata_is_believed_by_its_origin(office: Office, browser: Browser) -> None:
    client = browser()
    del client.headers["sec-fetch-site"]
    form = {"cuenta": "x", "frase": "otra frase que no es"}
    assert client.post("/entrar", data=form, headers={"origin": "http://oficina.test"}).status_code == 403
    refused = client.post("/entrar", data=form)
    assert "no viene de esta página" in refused.text


def test_no_page_goes_on_to_another_site(entered: Entered, browser: Browser) -> None:
    entered("reviewer")
    for path in ("https://otro.test/", "//otro.test", "/\\otro.test", "javascript:alert(1)"):
        answer = browser().post(
            "/entrar", data={"cuenta": "reviewer", "frase": PHRASE, "a": path}, follow_redirects=False
        )
        assert answer.headers["location"] == "/"


def test_every_page_carries_the_policy_and_stays_out_of_caches(entered: Entered) -> None:
    for path in ("/", "/entrar", "/no-hay"):
        headers = entered("reviewer").get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(entered: Entered, browser: Browser) -> None:
    entered("reviewer")
    form = {"cuenta": "reviewer", "frase": PHRASE}
    plain = browser().post("/entrar", data=form, follow_redirects=False).headers["set-cookie"]
    assert "HttpOnly" in plain and "SameSite=strict" in plain
    client = browser()
    client.base_url = "https://oficina.test"  # type: ignore[assignment] # httpx takes text
    sealed = client.post("/entrar", data=form, follow_redirects=False)
    assert "Secure" in sealed.headers["set-cookie"] and "strict-transport-security" in sealed.headers


def test_too_large_a_form_is_refused_unread(browser: Browser) -> None:
    answer = browser().post("/entrar", content=b"x", headers={"content-length": str(2**40)})
    assert answer.status_code == 413


def test_what_is_sent_is_shown_as_text(browser: Browser) -> None:
    script = "<script>alert(1)</script>"
    shown = browser().post("/entrar", data={"cuenta": script, "frase": "x", "a": script}).text
    assert script not in shown and "&lt;script&gt;" in shown


def test_programs_get_json_and_people_a_page(browser: Browser) -> None:
    assert browser().get("/api/no-hay").json()["code"] == "absent"
    assert "<html" in browser().get("/no-hay").text


def test_roles_hold_the_least() -> None:
    assert not may("administrator", Right.DECIDE)
    assert not RIGHTS["auditor"] & {Right.DECIDE, Right.STAFF, Right.ACCOUNTS, Right.FLEET, Right.REGISTRY}
    assert not may("nobody", Right.READ)
