"""A passkey from registration to the second step, with Chromium's own authenticator. It needs a name: `localhost`."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHRASE, Scene

pytestmark = pytest.mark.xdist_group("browser")

AUTHENTICATOR = {"protocol": "ctap2", "transport": "internal", "isUserVerified": True, "hasUserVerification": True}


def test_a_passkey_is_registered_and_opens(chromium: Browser, scene: Scene) -> None:
    context = chromium.new_context(locale="es-PE")
    try:
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        here = scene.url.replace("127.0.0.1", "localhost")
        page.goto(scene.link("auditor").replace("127.0.0.1", "localhost"))
        page.fill("[name=frase]", PHRASE)
        page.fill("[name=otra]", PHRASE)
        page.click("main button")
        page.goto(f"{here}/cuenta/llaves")
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert not [each["id"] for each in found]
        page.fill("[name=nombre]", "Teléfono")
        page.click("main form[data-llave] button")
        expect(page.locator(".said")).to_contain_text("quedó registrada")
        page.click("header .plain >> text=Salir")
        page.fill("[name=cuenta]", "auditor")
        page.fill("[name=frase]", PHRASE)
        page.click("main button")
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert not [each["id"] for each in found]
        page.click("text=Entrar con una llave de acceso")
        page.wait_for_url(f"{here}/")
        ident = made["authenticatorId"]
        devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": ident})
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})  # somebody else's telephone
        page.click("header .plain >> text=Salir")
        page.fill("[name=cuenta]", "auditor")
        page.fill("[name=frase]", PHRASE)
        page.click("main button")
        page.click("text=Entrar con una llave de acceso")
        expect(page.locator("form[data-llave] [role=alert]")).to_be_visible()
    finally:
        context.close()
