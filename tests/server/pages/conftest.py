"""The page asked by a browser that behaves: cookies, same-origin forms. Stretching a passphrase is eased."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from server.access import accounts
from server.app import create_app
from server.office import Office

PHRASE = "lancha remo quilla proa"


@pytest.fixture(autouse=True)
def eased(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 64)


@pytest.fixture
def browser(office: Office) -> Iterator[Callable[[], TestClient]]:
    """Makes browsers of people who have not entered."""
    app = create_app(office)

    def make() -> TestClient:
        return TestClient(
            app, base_url="http://oficina.test", headers={"sec-fetch-site": "same-origin"}, follow_redirects=True
        )

    return make


@pytest.fixture
def entered(office: Office, browser: Callable[[], TestClient]) -> Callable[[str], TestClient]:
    """Makes the browser of somebody with a role who has entered; the account is called as the role."""

    def make(role: str) -> TestClient:
        link = accounts.invite(office, role, role, "http://oficina.test", by="admin")
        client = browser()
        answer = client.post(
            "/activar", data={"codigo": link.partition("#")[2], "frase": PHRASE, "otra": PHRASE}, follow_redirects=False
        )
        assert answer.status_code == 303
        return client

    return make
