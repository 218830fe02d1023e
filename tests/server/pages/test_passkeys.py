"""Passkeys as the second step, with an authenticator made of thirty lines; a browser's own: `tests/browser`."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient
from webauthn.helpers import bytes_to_base64url as b64

from server.access import accounts
from server.office import Office
from tests.server.pages.conftest import PHRASE

Browser = Callable[[], TestClient]
Entered = Callable[[str], TestClient]


@dataclass
class Authenticator:
    """A passkey for one site; counts its uses, as a token does."""

    origin: str = "http://oficina.test"
    name: str = "oficina.test"
    ident: bytes = b"k" * 16
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    uses: int = 0

    def create(self, options: dict[str, str]) -> str:
        public = self.key.public_key().public_bytes_raw()
        cose = cbor2.dumps({1: 1, 3: -8, -1: 6, -2: public})
        made = self._data(0x41) + bytes(16) + len(self.ident).to_bytes(2, "big") + self.ident + cose
        answer = {
            "clientDataJSON": b64(self._client("webauthn.create", options)),
            "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": made})),
        }
        return self._answer(answer)

    def get(self, options: dict[str, str]) -> str:
        self.uses += 1
        data, client = self._data(0x01), self._client("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(client).digest())
        answer = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        return self._answer(answer)

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.name.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, str]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        ident = b64(self.ident)
        return json.dumps(
            {"id": ident, "rawId": ident, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )


def asked(page: str) -> dict[str, str]:
    found = re.search(r'data-opciones="([^"]+)"', page)
    assert found is not None, page
    options: dict[str, str] = json.loads(html.unescape(found[1]))
    return options


def registered(client: TestClient, key: Authenticator) -> str:
    form = {"respuesta": key.create(asked(client.get("/cuenta/llaves").text)), "nombre": "Teléfono"}
    return client.post("/cuenta/llaves", data=form).text


def at_the_second_step(browser: Browser, code: str = "reviewer") -> tuple[TestClient, dict[str, str]]:
    client = browser()
    return client, asked(client.post("/entrar", data={"cuenta": code, "frase": PHRASE}).text)


def test_a_passkey_is_the_second_step(browser: Browser, entered: Entered) -> None:
    key = Authenticator()
    assert "quedó registrada" in registered(entered("reviewer"), key)
    client, options = at_the_second_step(browser)
    assert "Entrar con una llave" in client.get("/registros").text
    options = asked(client.get("/segundo-paso").text)
    answer = client.post("/segundo-paso/llave", data={"respuesta": key.get(options), "a": "/cuenta"})
    assert "Su cuenta" in answer.text and "✓ activo" in answer.text


def test_what_was_signed_serves_once(browser: Browser, entered: Entered) -> None:
    key = Authenticator()
    registered(entered("reviewer"), key)
    client, options = at_the_second_step(browser)
    signed = key.get(options)
    assert client.post("/segundo-paso/llave", data={"respuesta": signed}).status_code == 200
    other, _fresh = at_the_second_step(browser)
    assert other.post("/segundo-paso/llave", data={"respuesta": signed}).status_code == 403
    assert other.get("/cuentas").url.path == "/segundo-paso"


def test_a_copied_key_that_fell_behind_a_page_of_another_name_and_noise_open_nothing(
    browser: Browser, entered: Entered
) -> None:
    key = Authenticator(uses=5)
    registered(entered("reviewer"), key)
    wrong = [
        Authenticator(key=key.key, uses=1),
        Authenticator(key=key.key, uses=9, origin="http://oflcina.test", name="oflcina.test"),
        Authenticator(key=key.key, uses=9, origin="http://oficina.test:81"),
        Authenticator(uses=9),
        Authenticator(key=key.key, uses=9, ident=b"x" * 16),
    ]
    client, options = at_the_second_step(browser)
    for each in wrong:
        shown = client.post("/segundo-paso/llave", data={"respuesta": each.get(options)})
        assert shown.status_code == 403
        options = asked(shown.text)
    for noise in ("{}", "x", "null", "[]", '{"id":1}'):
        assert client.post("/segundo-paso/llave", data={"respuesta": noise}).status_code == 403
    assert client.get("/").url.path == "/segundo-paso"


def test_a_key_opens_its_own_account_only(browser: Browser, entered: Entered) -> None:
    mine, theirs = Authenticator(), Authenticator(ident=b"z" * 16)
    registered(entered("reviewer"), mine)
    registered(entered("auditor"), theirs)
    client, options = at_the_second_step(browser, "auditor")
    assert client.post("/segundo-paso/llave", data={"respuesta": mine.get(options)}).status_code == 403
    assert "ya está registrada" in registered(entered("manager"), mine)


def test_a_new_key_must_answer_what_was_asked(entered: Entered) -> None:
    client = entered("reviewer")
    for answer in (Authenticator().create({"challenge": "AAAA"}), "{}", "x"):
        client.get("/cuenta/llaves")
        assert client.post("/cuenta/llaves", data={"respuesta": answer}).status_code == 400
    assert "Aún no tiene ninguna" in client.get("/cuenta/llaves").text


def test_a_key_is_removed_by_its_owner_and_gone_with_a_new_link(
    office: Office, browser: Browser, entered: Entered
) -> None:
    key, client = Authenticator(), entered("reviewer")
    registered(client, key)
    form = {"llave": b64(key.ident)}
    entered("auditor").post("/cuenta/llaves/quitar", data=form)
    assert "Teléfono" in client.get("/cuenta/llaves").text
    assert client.post("/cuenta/llaves/quitar", data={"llave": "a"}).status_code == 400
    assert "Aún no tiene ninguna" in client.post("/cuenta/llaves/quitar", data=form).text
    registered(client, key)
    accounts.invite(office, "reviewer", "reviewer", "http://oficina.test", by="admin")
    assert "quedó registrada" in registered(entered("auditor"), key)
