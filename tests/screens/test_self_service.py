"""The automated agent: the public reads and chooses; no key leads out, nothing of a visitor stays but an attention."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from textual.widgets import Input, OptionList

from itinerant.domain.session import SESSION
from itinerant.texts import language, set_language
from itinerant.tui.outlets import Outlets
from itinerant.tui.screens.self_service import guide
from itinerant.tui.screens.self_service.agent import PATIENCE_S, AgentScreen
from tests.screens.fake import PASSPHRASE
from tests.screens.fake_desk import DOCUMENTS
from tests.screens.fake_outlets import FakeOutlets
from tests.screens.stage import Stage, stage
from tests.screens.test_every_screen import compare, keys_fit


@pytest.fixture(autouse=True)
def _spanish_again() -> Iterator[None]:
    yield
    set_language("es")


@asynccontextmanager
async def agent(size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Stage, FakeOutlets]]:
    """The agent, as the staff leaves it to the public."""
    async with stage(size=size) as on:
        outlets = on.app.outlets
        assert isinstance(outlets, FakeOutlets)
        on.app.routes.self_service()
        await on.settle()
        assert on.where == "AgentScreen"
        yield on, outlets


def attentions(on: Stage) -> int:
    return len(on.laptop.list("session", limit=1000))


async def test_a_visitor_chooses_reads_and_leaves_an_anonymous_attention() -> None:
    async with agent() as (on, _outlets):
        before = attentions(on)
        await on.press("enter", "enter", "enter")
        assert "1. " in on.text
        assert "Ya está" in on.text
        on.clock.pass_seconds(40)
        await on.press("enter")
        assert "Gracias" in on.text
        (row, *_rest) = on.laptop.list("session", limit=1)
        assert attentions(on) == before + 1
        assert row.values["mode"] == "self_service"
        assert row.values["channel"] == "automated_agent"
        assert row.values["duration_s"] == 40
        assert row.values["outcome"] == "resolved"
        assert not {"note", "age_band", "sex"} & {name for name, value in row.values.items() if value is not None}
        assert not SESSION.problems(row.values)
        await on.press("enter")
        assert "Bienvenido" in on.text


async def test_in_quechua_the_guidance_is_in_quechua_and_the_attention_says_so() -> None:
    async with agent() as (on, _outlets):
        await on.press("down", "enter")
        assert language() == "quz"
        assert "entidad" not in on.app.screen.query_one("#heading").content.split()
        await on.press("enter", "enter")
        spoken = " ".join(on.text.split())
        assert "Aquí no se guarda" not in spoken
        await on.press("enter")
        (row, *_rest) = on.laptop.list("session", limit=1)
        assert row.values["language"] == "quz"
        await on.press("r")
        assert "Gracias" in on.text, "R goes to the other language"


@pytest.mark.parametrize(
    "key",
    ["ctrl+p", "f10", "ctrl+q", "ctrl+b", "ctrl+t", "ctrl+y", "f1", "ctrl+g", "ctrl+c", "n", "s", "u", "escape", "tab"],
)
async def test_no_key_leads_out(key: str) -> None:
    async with agent() as (on, _outlets):
        theme = on.app.theme
        await on.press(key)
        assert on.where == "AgentScreen"
        assert on.app.is_running
        assert on.app.unlocked
        assert on.app.theme == theme
        assert language() == "es"


async def test_every_key_of_the_app_is_shut_while_the_public_is_there() -> None:
    async with agent() as (on, _outlets):
        for binding in on.app._bindings.key_to_bindings.values():
            for each in binding:
                assert on.app.check_action(each.action.removeprefix("app."), ()) is False, each.action


async def test_only_a_passphrase_of_the_staff_ends_it() -> None:
    async with agent() as (on, _outlets):
        await on.press("f12")
        await on.type("adivino")
        await on.press("enter")
        assert "no corresponde" in on.text
        await on.press("escape")
        assert on.where == "AgentScreen"
        await on.press("f12")
        on.app.screen.query_one(Input).value = PASSPHRASE
        await on.press("enter")
        assert on.where == "VisitScreen"
        await on.press("ctrl+p")
        assert on.where == "Palette", "the app's keys are back"


async def test_somebody_elses_passphrase_ends_it_and_locks() -> None:
    async with agent() as (on, _outlets):
        on.laptop.accesses.kept = {"P014": "otra frase", "P015": PASSPHRASE}
        await on.press("f12")
        on.app.screen.query_one(Input).value = PASSPHRASE
        await on.press("enter")
        await on.until(lambda: on.where == "UnlockScreen")
        assert "El agente automatizado terminó" in on.prose


async def test_whoever_walks_away_is_forgotten_and_noted_as_gone() -> None:
    async with agent() as (on, outlets):
        before = attentions(on)
        await on.press("down", "enter", "enter", "enter")
        on.clock.pass_seconds(PATIENCE_S - 10)
        screen = on.app.screen
        assert isinstance(screen, AgentScreen)
        screen.tick()
        await on.settle()
        assert attentions(on) == before
        on.clock.pass_seconds(11)
        screen.tick()
        await on.settle()
        assert "Bienvenido" in on.text
        assert language() == "es"
        assert outlets.hushed
        (row, *_rest) = on.laptop.list("session", limit=1)
        assert (row.values["outcome"], row.values["cause"]) == ("not_possible", "left")
        on.clock.pass_seconds(on.desk.preferences.idle_lock_s * 2)
        on.app.lock_when_idle()
        await on.settle()
        assert on.where == "AgentScreen", "it waits for the next visitor"


async def test_help_is_called_for_all_to_see_and_taken_back() -> None:
    async with agent() as (on, _outlets):
        await on.press("a")
        assert "UNA PERSONA PIDE AYUDA" in on.text
        await on.press("a")
        assert "UNA PERSONA PIDE AYUDA" not in on.text


async def test_the_voice_reads_what_is_there_and_falls_silent() -> None:
    async with agent() as (on, outlets):
        await on.press("enter", "v")
        assert outlets.said[-1] == ("¿Con qué entidad es su trámite?.\n", "es")
        await on.press("v")
        assert outlets.hushed == 1


async def test_the_leaflet_is_printed_or_left_with_the_staff() -> None:
    async with agent() as (on, outlets):
        await on.press("enter", "enter", "enter", "end", "enter")
        (name, paper), *_rest = on.desk.written.items()
        assert name.parent == DOCUMENTS
        assert paper.startswith(b"%PDF-1.4")
        outlets.printer = True
        await on.press("end", "enter")
        assert outlets.printed == [paper]
        assert "imprimiendo" in on.text


async def test_without_an_open_visit_it_does_not_start() -> None:
    async with stage(lambda laptop: None) as on:
        on.app.routes.self_service()
        await on.settle()
        assert "No hay una jornada abierta." in on.prose
        assert not on.app.public


@pytest.mark.parametrize("code", ["es", "quz"])
async def test_it_looks_as_it_did(code: str) -> None:
    async with agent() as (on, _outlets):
        for name in ("lengua", "entidades", "servicios", "pasos"):
            assert keys_fit(on), on.text
            compare(f"agente-{name}-{code}-80x24", on.text)
            await on.press(*(("down",) if name == "lengua" and code == "quz" else ()), "enter")
        assert isinstance(on.app.screen.query_one(OptionList), OptionList)


def test_the_steps_of_a_service_stand_between_guidance_and_a_warning() -> None:
    steps = guide.steps({"access": "payment", "steps": "Entrar | Pagar"})
    assert steps[1:3] == ["Entrar", "Pagar"]
    assert "no se guarda" in steps[-1]


def test_a_voice_that_is_not_there_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    outlets = Outlets()
    outlets.say("hola", "es")
    outlets.hush()
    assert not outlets.has_voice
    assert not outlets.print_out(b"%PDF")
