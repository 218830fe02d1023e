"""The language changes while the program runs: everything is drawn anew, and nothing that was being written is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.widgets import Input

from itinerant.texts import language, set_language
from tests.screens.stage import Stage, stage
from tests.screens.test_every_screen import keys_fit
from tests.screens.tour import STEPS, go


@pytest.fixture(autouse=True)
def _spanish_again() -> Iterator[None]:
    yield
    set_language("es")


async def _to(on: Stage, chosen: str) -> None:
    while language() != chosen:
        before = language()
        await on.pilot.press("ctrl+y")
        await on.until(lambda before=before: language() != before)  # type: ignore[misc]  # the loop's own value
        await on.settle()


async def test_the_unlock_screen_changes_its_language() -> None:
    async with stage(locked=True) as on:
        assert "Frase de acceso" in on.text
        await _to(on, "en")
        assert "Passphrase" in on.text
        assert "P014" in on.text, "who can enter is still to be seen"
        assert isinstance(on.app.focused, Input)
        await on.unlock()
        assert "sessions" in on.text


async def test_the_day_changes_its_language_and_the_draft_stays() -> None:
    async with stage() as on:
        await on.press("n", "2")
        await _to(on, "quz")
        assert on.where == "VisitScreen"
        assert on.laptop.drafts.kept, "what was being written is kept"
        assert on.desk.preferences.language == "quz"
        await _to(on, "es")
        assert "atenciones" in on.text


async def test_the_language_is_one_of_the_settings() -> None:
    async with stage() as on:
        await on.press("r", "x", "enter", "3", "ctrl+s")
        await on.until(lambda: language() == "en")
        await on.settle()
        assert on.where == "VisitScreen"
        assert on.desk.preferences.language == "en"
        assert "sessions" in on.text


@pytest.mark.parametrize("code", ["en", "quz"])
async def test_the_keys_of_the_main_path_fit_in_every_language(code: str) -> None:
    set_language(code)
    for name in ("jornada", "atencion", "registro", "sincronizar", "memoria", "acta", "ajustes"):
        step = next(step for step in STEPS if step.name == name)
        async with stage(step.fill) as on:
            await go(on, step)
            assert keys_fit(on), f"{code} {name}\n{on.text}"
