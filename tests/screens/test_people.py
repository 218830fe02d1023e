"""People and accesses: who opens the laptop, and how somebody comes in, goes, or changes their passphrase."""

from __future__ import annotations

import threading

from textual.widgets import Input

from itinerant.errors import StoreProblem
from tests.screens.fake import PASSPHRASE, FakeLaptop, busy_day
from tests.screens.stage import Stage, stage

NEW = "una frase que nadie olvida"


def fill(on: Stage, **words: str) -> None:
    """Put words into the fields at once: thirty keys take seconds."""
    for name, text in words.items():
        on.app.screen.query_one(f"#{name}", Input).value = text


async def test_the_list_says_who_is_who_and_who_left() -> None:
    def departed(laptop: FakeLaptop) -> None:
        busy_day(laptop)
        laptop.accesses.departed.add("P015")

    async with stage(departed) as on:
        await on.press("r", "f")
        assert "Personas y accesos" in on.text
        assert "P014 Rosa Quispe Orientador ✓ usted" in on.prose
        assert "P015 Julio Mamani Orientador ! ya no figura" in on.prose
        assert "! P015 ya no figura en el personal: señálelo y pulse X" in on.prose


async def test_a_new_person_types_their_own_passphrase() -> None:
    async with stage() as on:
        await on.press("r", "f", "a")
        fill(on, person="p0", fresh="corta", again="corta")
        await on.press("ctrl+s")
        assert "15 caracteres" in on.prose
        fill(on, fresh=NEW, again=NEW + "x")
        await on.press("ctrl+s")
        assert "no son iguales" in on.prose
        fill(on, person="p016", again=NEW)
        await on.press("ctrl+s")
        assert on.laptop.accesses.kept["P016"] == NEW
        assert on.where == "PeopleScreen"
        assert "P016" in on.text
        assert NEW not in on.text


async def test_enter_goes_through_the_fields_and_a_code_is_asked_for() -> None:
    async with stage() as on:
        await on.press("r", "f", "a", "enter", "enter", "enter")
        assert "Escriba el código." in on.prose
        await on.press("escape")
        assert on.where == "PeopleScreen"
        assert list(on.laptop.accesses.kept) == ["P014", "P015"]


async def test_a_removal_asks_first_and_says_that_it_works() -> None:
    async with stage() as on:
        await on.press("r", "f", "down", "x")
        assert "¿Quitar el acceso a P015 Julio Mamani?" in on.prose
        await on.press("1")
        assert "P015" in on.laptop.accesses.kept
        gate = threading.Event()
        on.laptop.accesses.step = lambda: gate.wait(10)
        await on.press("x")
        await on.pilot.press("2")
        await on.until(lambda: "Volviendo a cifrar" in on.text)
        await on.pilot.press("escape")
        on.clock.pass_seconds(3_600)
        on.app.lock_when_idle()
        assert on.where == "Working", "neither Esc nor the idle lock leaves it"
        await on.pilot.press("down")  # somebody is there
        gate.set()
        await on.settle()
        assert (on.where, list(on.laptop.accesses.kept)) == ("PeopleScreen", ["P014"])
        assert "✓ P015 ya no abre esta laptop." in on.prose


async def test_a_removal_that_fails_is_told() -> None:
    async with stage() as on:
        on.laptop.accesses.fails = StoreProblem("El disco está lleno.", next_step="Libere espacio.")
        await on.press("r", "f", "down", "x", "2")
        assert "El disco está lleno." in on.prose
        await on.press("enter")
        assert "P015" in on.text


async def test_who_removes_themselves_is_out() -> None:
    async with stage() as on:
        await on.press("r", "f", "x")
        assert "Es su propio acceso" in on.prose
        await on.press("2")
        assert on.where == "UnlockScreen"


async def test_one_s_own_passphrase_needs_the_present_one() -> None:
    async with stage() as on:
        await on.press("r", "f", "f")
        fill(on, fresh=NEW, again=NEW)
        await on.press("ctrl+s")
        assert "Escriba su frase de ahora." in on.prose
        fill(on, current="no es esta")
        await on.press("ctrl+s")
        assert "La frase de acceso no corresponde." in on.prose
        await on.press("enter", "f")
        fill(on, current=PASSPHRASE, fresh=NEW, again=NEW)
        await on.press("ctrl+s")
        assert on.laptop.accesses.kept["P014"] == NEW


async def test_a_shift_changes_at_the_same_laptop() -> None:
    async with stage() as on:
        seen = [row.record for row in on.laptop.list("session", limit=3)]
        await on.press("ctrl+b", "down")
        await on.unlock()
        assert on.laptop.person == "P015"
        assert [row.record for row in on.laptop.list("session", limit=3)] == seen
        assert "Nauta" in on.text
