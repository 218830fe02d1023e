"""Each view in a real browser, at a desk's size and a phone's: whole, quiet, open to everybody (WCAG 2.2 AA by axe)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, Scene

pytestmark = pytest.mark.xdist_group("browser")

Entered = Callable[..., Page]

VIEWS = {
    "manager": (
        "/", "/registros/visit", "/registros/session", "/registros/incident", "/registros/service", "/registros",
        "/catalogo", "/registros/cost/nuevo", "/diferencias", "/duplicados", "/cuarentena", "/informes",
        "/informes/services", "/informes/times", "/informes/ongei", "/informes/language", "/modelo",
        "/equipos", "/equipos/LOR07", "/registro/LOR07-2", "/personal", "/exportar",
        "/recuperaciones", "/accesos", "/cuenta", "/cuenta/segundo-paso", "/cuenta/llaves",
    ),
    "administrator": ("/cuentas", "/equipos", "/equipos/LOR07/perdida"),
}  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("role", VIEWS)
def test_every_view_is_whole_and_open_to_everybody(
    scene: Scene, entered: Entered, pictures: Path | None, role: str, size: str
) -> None:
    page = entered(role, size)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for path in VIEWS[role]:
        answer = page.goto(scene.url + path)
        assert answer is not None and answer.status == 200, path
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert not [(each["id"], each["nodes"][0]["html"][:200]) for each in found], (path, size)
        wider = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wider, f"{path} does not fit a {size}"
        if pictures:
            name = path.strip("/").replace("/", "-") or "hoy"
            page.screenshot(path=pictures / f"oficina-{name}-{size}.png")
    assert not complaints


@pytest.mark.parametrize("path", ["/entrar", "/activar", "/no-hay"])
def test_the_door_is_open_to_everybody_too(scene: Scene, entered: Entered, path: str) -> None:
    page = entered("auditor")
    page.context.clear_cookies()
    page.goto(scene.url + path)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not [each["id"] for each in found]


def test_the_dark_page_has_contrast_too(scene: Scene, entered: Entered) -> None:
    page = entered("auditor")
    page.emulate_media(color_scheme="dark")
    for path in ("/", "/informes/outcome", "/registros/session"):
        page.goto(scene.url + path)
        found = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
        assert not found, path


def test_a_keyboard_is_enough(scene: Scene, entered: Entered) -> None:
    page = entered("reviewer")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenido"


def test_a_month_with_too_little_is_not_published(scene: Scene, entered: Entered, pictures: Path | None) -> None:
    page = entered("manager")
    page.goto(f"{scene.url}/informes/districts")
    if pictures:
        page.screenshot(path=pictures / "oficina-publicar.png")
    month = page.locator("[name=mes] option").first.inner_text()
    page.click("text=Descargar sin celdas chicas")
    expect(page.locator("main")).to_contain_text(f"En {month} llegaron menos de 5 atenciones: no se publica nada.")


def test_a_conflict_appears_is_decided_and_the_laptop_is_told(
    scene: Scene, entered: Entered, pictures: Path | None
) -> None:
    """The whole story: two laptops differ, somebody decides here, the one who was overruled learns it."""
    page = entered("reviewer")
    ref = "LOR07-2"
    for laptop, seconds in ((scene.laptop, 600), (scene.peer, 900)):
        laptop.write(values={"duration_s": seconds}, record=ref, base=[ref], why="reloj")
        laptop.sync()
    scene.laptop.sync()
    told = scene.laptop.last.standing  # type: ignore[union-attr]
    assert told is not None and ref in {each.record for each in told.conflicts}
    page.goto(f"{scene.url}/diferencias")
    page.click(f"a[href='/diferencias/{ref}/duration_s']")
    expect(page.locator("main")).to_contain_text("10 min")
    expect(page.locator("main")).to_contain_text("15 min")
    if pictures:
        page.screenshot(path=pictures / "oficina-diferencia.png")
    page.check("input[name=valor][value='900']")
    page.fill("[name=why]", "según el acta")
    page.click("text=Decidir")
    expect(page.locator(".said")).to_contain_text("Decidido")
    expect(page.locator("main")).to_contain_text("según el acta")
    scene.laptop.sync()
    assert scene.laptop.seen[-1].set == {"duration_s": 900}
    assert scene.laptop.seen[-1].why == "según el acta"
    page.goto(f"{scene.url}/registro/{ref}")
    expect(page.locator("main")).to_contain_text("15 min")
