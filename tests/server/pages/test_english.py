"""The page in English: no sentence of ours is left in Spanish, on any view."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from starlette.testclient import TestClient

from itinerant.domain.kinds import KINDS
from server import central
from server.office import Office
from server.pages import site
from server.reports import kinds as reports
from tests.server.laptop import FakeLaptop, enrolled
from tests.server.pages.test_roles import ASKED, DOOR, OWN

ENGLISH = Path(__file__).parents[3] / "itinerant" / "locales" / "en" / "LC_MESSAGES" / "itinerant.po"
_TEXT = re.compile(r">([^<>]+)<|(?:aria-label|title|placeholder|alt|value)=\"([^\"]+)\"")
_ACCENTS = re.compile("[áéíóúñ¿¡ÁÉÍÓÚÑ]")
_SPANISH = re.compile(r"\b(el|la|los|las|de|del|que|una|con|para|por|se|su|sus|no hay|esta|este)\b", re.IGNORECASE)
_DATA = ("Brigada del Napo", "Brigada de Ocongate", "Oficina de prueba", "Español", "Nauta", "acta", "Modelo CAP EGOB")


@pytest.fixture(scope="module")
def spanish() -> frozenset[str]:
    """The source texts whose English is another text, as they stand on a page."""
    with ENGLISH.open("rb") as file:
        catalogue = read_po(file)
    found: set[str] = set()
    for message in catalogue:
        singular = message.id[0] if isinstance(message.id, tuple) else message.id
        translated = message.string[0] if isinstance(message.string, tuple) else message.string
        if singular and translated and singular.casefold() != translated.casefold() and "{" not in singular:
            found.add(" ".join(singular.split()))
    english = {" ".join(str(one.string).split()) for one in catalogue if isinstance(one.string, str)}
    return frozenset(found - english)


def shown(html: str) -> list[str]:
    """Every text of a page, as a reader meets it; scripts and styles of drawings aside."""
    html = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return [" ".join(unescape(a or b).split()) for a, b in _TEXT.findall(html) if (a or b).strip()]


def test_no_view_is_left_in_spanish(
    office: Office, laptop: FakeLaptop, entered: Callable[[str], TestClient], spanish: frozenset[str]
) -> None:
    made = laptop.write(
        "visit", {"brigade": "B01", "ubigeo": "160301", "place": "Nauta", "opened_at": 1_763_900_000_000}
    )
    session = laptop.write()
    laptop.sync()
    peer = enrolled(office, "LOR08")
    for one, seconds in ((laptop, 1), (peer, 2)):
        one.write(values={"duration_s": seconds}, record=session.ref, base=[session.ref], why="acta")
        one.sync()
    with office.database.writer() as connection:
        cost = {"nature": "fixed", "category": "salary", "amount_cents": 1, "spent_on": "2025-11-01"}
        (ref,) = central.create(connection, office, "cost", [cost], by="admin")
    clients = {role: entered(role) for role in ("manager", "administrator")}
    for client in clients.values():
        client.cookies.set("idioma", "en")
        client.headers["accept-language"] = "en"
    left: dict[str, list[str]] = {}
    for path in sorted(addresses(made.ref, session.ref, ref)):
        answers = (client.get(path) for client in clients.values())
        page = next((answer for answer in answers if answer.status_code == 200), None)
        if page is None or not page.headers["content-type"].startswith("text/html"):
            continue
        assert '<html lang="en">' in page.text, path
        wrong = [text for text in shown(page.text) if is_spanish(text, spanish)]
        if wrong:
            left[path] = wrong[:8]
    assert not left


def is_spanish(text: str, spanish: frozenset[str]) -> bool:
    """A source text of ours, or words that look like one; what people wrote is theirs."""
    if text in spanish:
        return True
    if any(data in text for data in _DATA) or len(text) < 12:
        return False
    return bool(_ACCENTS.search(text)) and len(_SPANISH.findall(text)) > 1


def addresses(visit: str, session: str, cost: str) -> set[str]:
    """Every address that shows something, with each gap filled in."""
    paths = {each.removeprefix("GET ") for each in DOOR | OWN | set().union(*ASKED.values()) if each.startswith("GET ")}
    fill = {"kind": sorted(KINDS), "ref": [visit, session, cost], "name": [*reports.REPORTS, "duration_s"],
            "item": ["1"], "code": ["LOR07"]}  # fmt: skip
    found: set[str] = set()
    for path in paths:
        filled = {path}
        for gap, values in fill.items():
            filled = {one.replace(f"{{{gap}}}", value) for one in filled for value in values}
        found |= filled
    return found - {"/informes/duration_s"}


def test_the_walk_visits_every_view(office: Office) -> None:
    views = {route.path for router in site.ROUTERS for route in router.routes if "GET" in route.methods}
    assert len(views) > 30
    assert len(addresses("LOR07-1", "LOR07-2", "CENTRAL-9")) > 100


def test_what_is_spanish_is_recognised(spanish: frozenset[str]) -> None:
    assert is_spanish("Posibles duplicados", spanish)
    assert is_spanish("Faltan los cambios de la última jornada", spanish)
    assert not is_spanish("Possible duplicates", spanish)
