"""The first screen, the lock and the way out."""

from __future__ import annotations

from itinerant.config import Config
from itinerant.errors import Damaged
from itinerant.tui.day import DRAFT
from tests.screens.fake import PASSPHRASE, FakeLaptop, FakeOpener, open_day
from tests.screens.stage import stage


async def test_the_passphrase_opens_the_day_and_is_never_shown() -> None:
    async with stage(open_day, locked=True) as on:
        await on.type(PASSPHRASE)
        assert PASSPHRASE not in on.text
        assert "•" * len(PASSPHRASE) in on.text
        await on.press("enter")
        assert on.where == "VisitScreen"
        assert "Rosa Quispe" in on.text


async def test_a_wrong_passphrase_says_so_beside_the_field() -> None:
    async with stage(open_day, locked=True) as on:
        await on.type("otra")
        await on.press("enter")
        assert on.where == "UnlockScreen"
        assert "! La frase de acceso no corresponde. Vuelva a escribirla." in on.prose
        await on.unlock()
        assert on.where == "VisitScreen"


async def test_an_empty_passphrase_is_not_tried() -> None:
    async with stage(open_day, locked=True) as on:
        await on.press("enter")
        assert "Escriba su frase de acceso." in on.text
        assert not on.opener.laptops


async def test_a_person_of_several_is_chosen_with_the_arrows() -> None:
    async with stage(open_day, locked=True) as on:
        assert "✓ P014" in on.text
        await on.press("down")
        assert "✓ P015" in on.text
        await on.unlock()
        assert "Julio Mamani" in on.text
        assert on.laptop.person == "P015"


async def test_a_demonstration_shows_its_passphrase() -> None:
    async with stage(open_day, locked=True, hint="uno dos tres") as on:
        assert "Demostración. La frase de acceso es: uno dos tres" in on.prose


async def test_damage_is_told_whole() -> None:
    class Broken(FakeOpener):
        def unlock(self, passphrase: str, person: str) -> FakeLaptop:
            raise Damaged("La página 7 está dañada.", safe="Lo demás se puede leer.", next_step="Avise a TI.")

    async with stage(locked=True) as on:
        on.app.opener = Broken(on.clock)
        await on.unlock()
        for words in ("La página 7 está dañada.", "Lo demás se puede leer.", "Avise a TI."):
            assert words in on.text


async def test_a_fault_of_the_program_never_shows_a_trace_and_the_work_goes_on() -> None:
    class Faulty(FakeOpener):
        def unlock(self, passphrase: str, person: str) -> FakeLaptop:
            raise ZeroDivisionError(f"secret {passphrase}")

    async with stage(open_day, locked=True) as on:
        working = on.app.opener
        on.app.opener = Faulty(on.clock)
        await on.unlock()
        assert "El programa encontró una falla" in on.text
        assert "ZeroDivisionError" in on.text, "the code that TI asks for"
        assert "Traceback" not in on.text
        assert PASSPHRASE not in on.text
        on.app.opener = working
        await on.press("enter")
        await on.unlock()
        assert on.where == "VisitScreen"


async def test_it_locks_by_itself_after_five_idle_minutes_with_the_draft_safe() -> None:
    assert Config().idle_lock_s == 300
    async with stage(open_day) as on:
        await on.press("n", "3")
        on.clock.pass_seconds(299)
        on.app.lock_when_idle()
        await on.settle()
        assert on.where == "SessionScreen"
        on.clock.pass_seconds(1)
        on.app.lock_when_idle()
        await on.settle()
        assert on.where == "UnlockScreen"
        assert "Bloqueado por inactividad. Su borrador está a salvo." in on.prose
        first = on.laptop
        assert first.closed
        assert first.drafts.kept[DRAFT].values["values"]["service"] == "SIS-01"
        await on.unlock()
        assert "Continuar la atención empezada a las 08:22" in on.text


async def test_a_key_or_a_click_puts_the_lock_off() -> None:
    async with stage(open_day) as on:
        for touch in (lambda: on.pilot.press("down"), lambda: on.pilot.click("#total")):
            on.clock.pass_seconds(90)
            await touch()
            on.clock.pass_seconds(209)
            on.app.lock_when_idle()
            await on.settle()
            assert on.where == "VisitScreen"


async def test_ctrl_b_locks_and_another_person_goes_on() -> None:
    async with stage(open_day) as on:
        await on.press("ctrl+b")
        assert on.where == "UnlockScreen"
        assert on.laptop.closed
        await on.press("down")
        await on.unlock()
        assert "Julio Mamani" in on.text


async def test_leaving_keeps_the_draft_and_closes_the_vault() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3", "ctrl+q")
        await on.until(lambda: on.laptop.closed)
        assert on.laptop.drafts.kept[DRAFT].values["values"]["service"] == "SIS-01"
    assert on.app.return_code == 0


async def test_escape_on_the_first_screen_leaves() -> None:
    async with stage(locked=True) as on:
        await on.press("escape")
        assert not on.app.is_running or on.app._exit
