"""Entering with an identity provider of another site, in a real browser: cookies that are strict come along."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from server.access import accounts, oidc
from server.access.oidc import Provider
from tests.browser.conftest import Scene
from tests.server.pages.test_provider import CLIENT, EMAIL, Handler, IdentityProvider

pytestmark = pytest.mark.xdist_group("browser")


class Asking(Handler):
    """Shows a page of its own, on which a person presses a link."""

    def do_GET(self) -> None:  # noqa: N802 - as the library calls it
        if urlsplit(self.path).path != "/authorize":
            super().do_GET()
            return
        query, back = self.server.code(self.path)
        link = f"{query['redirect_uri']}?{urlencode(back)}".replace("&", "&amp;")
        self.answer(f'<!doctype html><title>Entidad</title><a href="{link}">Soy Ana</a>'.encode())


@pytest.fixture
def provider(scene: Scene) -> Iterator[IdentityProvider]:
    """On another address of this machine: another site, as browsers see it."""
    oidc._providers.clear()
    with IdentityProvider("127.0.0.2", Asking) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        oidc.write(scene.office.folder, Provider(server.url, CLIENT, scene.url))
        accounts.invite(scene.office, "ana", "reviewer", scene.url, by="admin")
        accounts.link(scene.office, "ana", EMAIL, by="admin")
        yield server
        oidc.write(scene.office.folder, None)
        server.shutdown()


def test_one_enters_and_is_where_one_wanted_to_be(
    scene: Scene, provider: IdentityProvider, entered: Callable[..., Page], pictures: Path | None
) -> None:
    page = entered("auditor")
    page.context.clear_cookies()
    page.goto(scene.url + "/registros/session")
    if pictures:
        page.screenshot(path=pictures / "oficina-entidad.png")
    page.get_by_role("link", name="Entrar con la cuenta de la entidad").click()
    expect(page).to_have_title("Entidad")
    assert page.url.startswith(provider.url)
    page.get_by_role("link", name="Soy Ana").click()
    expect(page.locator("nav.who")).to_contain_text("ana")
    assert page.url == scene.url + "/registros/session"
