"""The day: opening a visit, its counters, its list, closing it."""

from __future__ import annotations

from itinerant.tui.screens.doctor import DoctorScreen
from tests.screens.fake import MORNING, busy_day, catalogue, open_day
from tests.screens.stage import stage


async def test_without_a_visit_there_is_one_thing_to_do() -> None:
    async with stage(catalogue) as on:
        assert "Buen día, Rosa Quispe" in on.text
        assert "primero abra la jornada" in on.prose
        await on.press("enter")
        assert on.where == "OpenVisitScreen"


async def test_a_stop_of_the_campaign_is_chosen_with_a_digit() -> None:
    async with stage(catalogue) as on:
        await on.press("a")
        assert "1 Nauta · Nauta, Loreto" in on.prose
        assert "23/11/2026" in on.text
        await on.press("1", "ctrl+s", "ctrl+s")
        visit = on.laptop.current_visit()
        assert visit is not None
        assert on.where == "VisitScreen"
    values = visit.values
    stop = values["stop"]
    assert isinstance(stop, str)
    assert stop.startswith("CENTRAL-")
    assert (values["place"], values["ubigeo"], values["capacity"]) == ("Nauta", "160301", 120)
    assert (values["brigade"], values["present"], values["opened_at"]) == ("B01", ["P014"], MORNING)


async def test_another_place_is_found_by_its_district() -> None:
    async with stage(catalogue) as on:
        await on.press("a", "3")
        await on.type("ocongate")
        assert "Ocongate, Quispicanchi, Cusco" in on.text
        await on.press("enter")
        await on.type("Tinke")
        await on.press("ctrl+s", "ctrl+s")
        visit = on.laptop.current_visit()
    assert visit is not None
    assert (visit.values["place"], visit.values["ubigeo"]) == ("Tinke", "081210")
    assert "stop" not in visit.values


async def test_a_place_is_asked_when_it_is_missing() -> None:
    async with stage(catalogue) as on:
        await on.press("a", "3", "ctrl+s")
        assert on.where == "OpenVisitScreen"
        assert "Elija un punto de la campaña, o un distrito y una localidad." in on.prose
        assert on.laptop.current_visit() is None


async def test_the_counters_and_the_bars_follow_each_session() -> None:
    async with stage(open_day) as on:
        assert "Todavía no hay atenciones." in on.text
        await on.press("n", "1")
        on.clock.pass_seconds(480)
        await on.press("ctrl+s")
        assert "08:22 RENIEC · Duplicado de DNI" in on.text
        assert "atención         resuelta" in on.text
        await on.press("n", "1", "3", "3", "ctrl+s")
        assert "RENIEC · Duplicado de … " in on.text or "RENIEC · Duplicado de DNI" in on.text
        counters = on.laptop.counters("LOR07-1")
        assert (counters.total, counters.by_outcome) == (2, {"resolved": 1, "referred": 1})
        assert "Derivada" in on.text
        assert "atenciones" in on.text


async def test_only_what_a_receipt_covers_counts_as_received() -> None:
    async with stage(lambda laptop: busy_day(laptop, 7)) as on:
        assert on.text.count("· por enviar") == 5
        assert on.text.count("✓ recibida") == 2


async def test_the_list_is_filtered_by_any_word() -> None:
    async with stage(lambda laptop: busy_day(laptop, 8)) as on:
        await on.press("b")
        await on.type("sis-01")
        assert "SUNAT" not in on.text.split("Envío")[1]
        await on.press("escape")
        assert "SUNAT" in on.text.split("Envío")[1]


async def test_closing_asks_and_stamps_the_time() -> None:
    async with stage(open_day) as on:
        await on.press("c")
        assert "¿Cerrar la jornada?" in on.text
        await on.press("escape")
        assert on.laptop.current_visit() is not None
        await on.press("c", "2")
        assert on.laptop.current_visit() is None
        assert on.laptop.list("visit")[0].values["closed_at"] == on.clock.now_ms()
        assert on.where == "ActaScreen"
        await on.press("escape")
        assert "Abrir la jornada" in on.text


async def test_letters_work_with_caps_lock_too() -> None:
    async with stage(open_day) as on:
        await on.press("N")
        assert on.where == "SessionScreen"


async def test_the_mouse_does_it_too() -> None:
    async with stage(open_day) as on:
        await on.pilot.click("#new")
        await on.settle()
        assert on.where == "SessionScreen"
        await on.pilot.click("#save")
        await on.settle()
        assert "Falta «Servicio»." in on.text


async def test_how_the_sync_stands_may_be_known_before_the_screen_that_shows_it_is_drawn() -> None:
    async with stage() as on:
        on.app.push_screen(DoctorScreen())
        on.app.show_status(on.laptop.status(), {})
        await on.settle()
        assert on.where == "DoctorScreen"
        assert "LOR07" in on.text
