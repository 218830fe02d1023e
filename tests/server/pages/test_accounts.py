"""People and what they may: second step, passphrase, links, and the review of privileges."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from starlette.testclient import TestClient

from server.access import accounts
from server.office import Office
from tests.server.conftest import Clock
from tests.server.pages.conftest import PHRASE

Browser = Callable[[], TestClient]
Entered = Callable[[str], TestClient]


def code_of(secret: str, clock: Clock) -> str:
    return TOTP(base64.b32decode(secret), 6, hashes.SHA1(), 30).generate(clock.ms // 1_000).decode()


def with_codes(client: TestClient, clock: Clock) -> str:
    """Set up the second step as a person does; answers with the secret."""
    page = client.get("/cuenta/segundo-paso").text
    secret = re.search(r'name="secreto" value="([A-Z2-7]+)"', page)
    assert secret is not None and "<svg" in page
    form = {"secreto": secret[1], "codigo": code_of(secret[1], clock)}
    assert "quedó activo" in client.post("/cuenta/segundo-paso", data=form).text
    return secret[1]


def test_with_a_second_step_the_phrase_alone_opens_nothing(browser: Browser, entered: Entered, clock: Clock) -> None:
    secret = with_codes(entered("reviewer"), clock)
    client = browser()
    shown = client.post("/entrar", data={"cuenta": "reviewer", "frase": PHRASE})
    assert "Código de la aplicación" in shown.text
    assert "Código de la aplicación" in client.get("/").text
    assert client.post("/segundo-paso", data={"codigo": "000000"}).status_code == 403
    clock.ms += 30_000
    assert "Quién no ha sincronizado" in client.post("/segundo-paso", data={"codigo": code_of(secret, clock)}).text


def test_a_code_serves_once(browser: Browser, entered: Entered, clock: Clock) -> None:
    secret = with_codes(entered("reviewer"), clock)
    code = code_of(secret, clock)
    statuses = []
    for _person in range(2):
        client = browser()
        client.post("/entrar", data={"cuenta": "reviewer", "frase": PHRASE})
        statuses.append(client.post("/segundo-paso", data={"codigo": code}).status_code)
    assert statuses == [200, 403]


def test_the_secret_is_nowhere_in_clear(office: Office, entered: Entered, clock: Clock) -> None:
    secret = with_codes(entered("reviewer"), clock)
    kept = b"".join(path.read_bytes() for path in office.folder.glob("office.db*"))
    assert secret.encode() not in kept and base64.b32decode(secret) not in kept


def test_changing_the_phrase_ends_the_other_sessions(browser: Browser, entered: Entered) -> None:
    client, other = entered("reviewer"), browser()
    other.post("/entrar", data={"cuenta": "reviewer", "frase": PHRASE})
    new = "otra frase muy distinta"
    form = {"frase": PHRASE, "nueva": new, "otra": new}
    assert client.post("/cuenta/frase", data={**form, "frase": "no es esa frase"}).status_code == 403
    assert client.post("/cuenta/frase", data={**form, "nueva": "corta", "otra": "corta"}).status_code == 400
    assert "las otras sesiones terminaron" in client.post("/cuenta/frase", data=form).text
    assert "Frase de acceso" in other.get("/").text
    assert "Su cuenta" in client.get("/cuenta").text


def test_only_who_administers_sees_the_accounts(entered: Entered) -> None:
    for role in ("reviewer", "manager", "ti", "auditor"):
        client = entered(role)
        assert client.get("/cuentas").status_code == 403
        assert client.post("/cuentas", data={"codigo": "yo2", "rol": "administrator"}).status_code == 403
    assert entered("administrator").get("/cuentas").status_code == 200


def test_a_link_is_made_and_an_account_closed_with_a_reason(office: Office, entered: Entered, browser: Browser) -> None:
    admin = entered("administrator")
    page = admin.post("/cuentas", data={"codigo": "rev2", "rol": "reviewer"}).text
    link = re.search(r"<code>http://oficina.test/activar#([\w-]+)</code>", page)
    assert link is not None and link[1] not in admin.get("/cuentas").text
    new = browser()
    new.post("/activar", data={"codigo": link[1], "frase": PHRASE, "otra": PHRASE})
    assert "Quién no ha sincronizado" in new.get("/").text
    assert admin.post("/cuentas/rev2/cerrar", data={"motivo": "dejó la oficina"}).status_code == 200
    assert "Frase de acceso" in new.get("/").text
    assert admin.post("/cuentas/administrator/cerrar", data={"motivo": "x"}).status_code == 400
    assert admin.post("/cuentas", data={"codigo": "x y", "rol": "reviewer"}).status_code == 400
    assert admin.post("/cuentas", data={"codigo": "rev3", "rol": "jefe"}).status_code == 400


def test_privileges_are_due_for_review_after_six_months(office: Office, entered: Entered, clock: Clock) -> None:
    entered("reviewer")
    clock.ms += accounts.REVIEW_DAYS * 86_400_000 + 1
    admin = entered("administrator")
    assert "toca revisar" in admin.get("/cuentas").text
    admin.post("/cuentas/reviewer/revisar", data={"motivo": "sigue en el equipo"})
    assert "toca revisar" not in admin.get("/cuentas").text
