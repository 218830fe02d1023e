"""The check before opening, the acta at the end, reports, settings and the laptop's state."""

from __future__ import annotations

from tests.screens.fake import Check, busy_day, catalogue, open_day
from tests.screens.fake_desk import STICK
from tests.screens.stage import stage


async def test_the_check_opens_the_visit_and_keeps_what_was_measured_and_answered() -> None:
    async with stage(catalogue) as on:
        await on.press("a", "1", "ctrl+s")
        assert on.where == "ReadinessScreen"
        assert "Batería: 82 %" in on.prose
        assert "Atiende con faltas anotadas" in on.prose
        assert on.laptop.current_visit() is None, "nothing is written before the check"
        for name in ("infrastructure", "trained", "signing", "verifying"):
            on.app.screen.form.rows[name].take_focus()  # type: ignore[attr-defined]
            await on.press("1")
        on.app.screen.form.rows["terminals"].take_focus()  # type: ignore[attr-defined]
        await on.press("end", "backspace", "2")
        assert "✓ Lista para atender" in on.prose
        await on.press("ctrl+s")
        assert on.where == "VisitScreen"
        assert "Jornada sin verificar" not in on.prose
        visit = on.laptop.current_visit()
        (check,) = on.laptop.list("readiness")
    assert visit is not None
    assert check.values["visit"] == visit.record
    assert (check.values["verdict"], check.values["terminals"]) == ("ready", 2)
    assert (check.values["battery_pct"], check.values["clock_skew_s"], check.values["privacy"]) == (82, 4, "yes")


async def test_escape_from_the_check_opens_nothing_and_loses_nothing() -> None:
    async with stage(catalogue) as on:
        await on.press("a", "1", "ctrl+s")
        on.app.screen.form.rows["signing"].take_focus()  # type: ignore[attr-defined]
        await on.press("2", "escape")
        assert on.where == "OpenVisitScreen"
        await on.press("escape")
        assert on.where == "VisitScreen"
        assert not on.laptop.list("visit")
        await on.press("a", "1", "ctrl+s")
        assert on.app.screen.form.rows["signing"].value == "no", "an answer is not asked twice"  # type: ignore[attr-defined]
        await on.press("ctrl+s")
        assert on.laptop.list("readiness")[0].values["signing"] == "no"
        assert not on.laptop.drafts.kept


async def test_escape_from_where_one_works_keeps_what_was_answered() -> None:
    async with stage() as on:
        on.app.routes.open_visit()
        await on.settle()
        await on.press("1")
        stop = on.app.screen.form.values()["stop"]  # type: ignore[attr-defined]
        await on.press("escape")
        assert on.where == "VisitScreen"
        on.app.routes.open_visit()
        await on.settle()
        assert on.app.screen.form.values()["stop"] == stop  # type: ignore[attr-defined]


async def test_skipping_asks_why_and_the_reason_stays_in_sight() -> None:
    async with stage(catalogue) as on:
        await on.press("a", "1", "ctrl+s", "ctrl+x")
        assert "¿Por qué se omite?" in on.text
        await on.type("la lancha llega tarde")
        await on.press("enter")
        assert on.where == "VisitScreen"
        assert "! Atiende con faltas anotadas: la lancha llega tarde" in on.text
        (check,) = on.laptop.list("readiness")
    assert check.values["signing"] == "unknown"
    assert check.values["note"] == "la lancha llega tarde"


async def test_a_visit_that_was_opened_by_command_is_verified_later() -> None:
    def unchecked(laptop: object) -> None:
        open_day(laptop)  # type: ignore[arg-type]
        laptop.changes = [change for change in laptop.changes if change.kind != "readiness"]  # type: ignore[attr-defined]

    async with stage(unchecked) as on:
        assert "! Jornada sin verificar" in on.text
        await on.press("v", "ctrl+s")
        assert on.where == "VisitScreen"
        assert "sin verificar" not in on.text
        assert on.laptop.list("readiness")[0].values["visit"] == "LOR07-1"


async def test_closing_shows_the_acta_and_writes_it_where_one_says() -> None:
    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        await on.press("c", "2")
        assert on.where == "ActaScreen"
        assert "Acta de la jornada LOR07-1" in on.text
        assert "9F2C-8A11-04BD" in on.text
        assert "▀" in on.text, "the QR code"
        await on.press("ctrl+s")
        assert "KINGSTON" in on.text
        await on.press("2")
        assert "✓ Acta escrita" in on.text
        names = {path.name for path in on.desk.written}
        assert {path.parent for path in on.desk.written} == {STICK}
        assert {name.rsplit(".", 1)[1] for name in names} == {"txt", "pdf"}
        text = next(content.decode() for path, content in on.desk.written.items() if path.suffix == ".txt")
        assert "RENIEC · Copia certificada de acta de nacimiento" in text
        await on.press("escape", "r", "j", "enter", "t")
        assert on.where == "ActaScreen", "it is found again with the visit"


async def test_reports_go_from_the_visit_to_everything() -> None:
    async with stage(lambda laptop: busy_day(laptop, 9)) as on:
        await on.press("g")
        assert on.where == "ReportScreen"
        for words in ("Por servicio", "Por hora", "Por lengua", "Quechua", "07:00", "% resueltas"):
            assert words in on.text, words
        assert "1/2 · Nauta" in on.text
        await on.press("right")
        assert "2/2 · Toda la laptop" in on.text
        await on.press("left")
        assert "1/2 · Nauta" in on.text


async def test_settings_hold_at_once_and_are_kept() -> None:
    async with stage() as on:
        await on.press("r", "x", "2")
        on.app.screen.form.rows["idle_lock_s"].put(120)  # type: ignore[attr-defined]
        await on.press("ctrl+s")
        assert on.app.theme == "oscuro"
        assert (on.desk.preferences.theme, on.desk.preferences.idle_lock_s) == ("oscuro", 120)
        assert "✓ Ajustes guardados" in on.text
        on.clock.pass_seconds(119)
        on.app.lock_when_idle()
        await on.settle()
        assert on.app.unlocked
        on.clock.pass_seconds(130)
        on.app.lock_when_idle()
        await on.settle()
        assert not on.app.unlocked


async def test_escape_from_changed_settings_asks_whether_to_save_them() -> None:
    async with stage() as on:
        on.app.routes.settings()
        await on.settle()
        await on.press("escape")
        assert on.where == "VisitScreen", "nothing was changed: nothing is asked"
        on.app.routes.settings()
        await on.settle()
        await on.press("2", "escape")
        assert "¿Guardar los cambios?" in on.text
        await on.press("escape")
        assert on.where == "SettingsScreen"
        await on.press("escape", "1")
        assert on.where == "VisitScreen"
        assert on.desk.preferences.theme == "oscuro"


async def test_settings_that_were_chosen_and_not_saved_are_there_after_the_lock() -> None:
    async with stage() as on:
        await on.press("r", "x", "2", "ctrl+b")
        assert not on.app.unlocked
        assert on.desk.preferences.theme == "claro", "nobody saved them"
        await on.unlock()
        await on.press("r", "x")
        assert "Continúa lo elegido el" in on.text
        await on.press("ctrl+s")
        assert on.desk.preferences.theme == "oscuro"
        await on.press("r", "x")
        assert "Continúa lo elegido" not in on.text


async def test_settings_that_are_left_as_they_were_leave_no_draft() -> None:
    async with stage() as on:
        await on.press("r", "x", "2")
        on.app.screen.keeper.flush(lambda: None)  # type: ignore[attr-defined]
        await on.settle()
        assert on.laptop.drafts.load("settings") is not None
        await on.press("escape", "2")
        assert on.where != "SettingsScreen"
        assert on.laptop.drafts.load("settings") is None


async def test_settings_out_of_bounds_are_not_taken() -> None:
    async with stage() as on:
        await on.press("r", "x")
        on.app.screen.form.rows["idle_lock_s"].put(7200)  # type: ignore[attr-defined]
        await on.press("ctrl+s")
        assert on.where == "SettingsScreen"
        assert on.desk.preferences.idle_lock_s == 300


async def test_the_laptop_s_state_is_told_in_words() -> None:
    async with stage() as on:
        on.laptop.checks = [Check(False, "Están dañadas las páginas 3 y 4.", "Avise a la oficina.")]
        await on.press("r", "e")
        for words in ("por atender", "! Están dañadas las páginas 3 y 4.", "› Avise a la oficina.", "Batería: 82 %"):
            assert words in on.prose, words
        assert "Reglamento de la Ley 29904" in on.prose
        on.laptop.checks = [Check(True, "El archivo cifrado está completo.")]
        await on.press("n")
        assert "Están dañadas" not in on.text


async def test_the_last_save_is_undone_in_one_step() -> None:
    async with stage(open_day) as on:
        await on.press("z")
        assert "Nada que deshacer." in on.text
        await on.press("n", "1", "ctrl+s", "z")
        assert "¿Deshacer lo último?" in on.text
        await on.press("1")
        assert "✓ Deshecho: LOR07-2" in on.text
        assert on.laptop.counters("LOR07-1").total == 0
        assert on.laptop.changes[-1].why == "Deshecho al momento"


async def test_an_undone_correction_gives_back_what_was_there() -> None:
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        await on.press("enter", "m")
        on.app.screen.form.rows["age_band"].take_focus()  # type: ignore[attr-defined]
        await on.press("2", "ctrl+s")
        await on.type("me equivoqué")
        await on.press("enter", "z", "1")
        row = on.laptop.get("LOR07-4")
        assert row is not None
        assert row.values["age_band"] is None
        assert dict(on.laptop.changes[-1].set) == {"age_band": None}


async def test_what_was_altered_since_is_not_undone_blindly() -> None:
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        await on.press("n", "1", "ctrl+s")
        on.laptop.amend("LOR07-5", {"language": "quy"}, "otra")
        await on.press("z", "1")
        assert "ya no se deshace" in on.prose
        row = on.laptop.get("LOR07-5")
        assert row is not None
        assert not row.void


async def test_a_fault_can_be_put_into_a_sealed_file() -> None:
    async with stage() as on:
        whole = on.laptop.get

        def broken(_ref: str) -> object:
            on.laptop.get = whole  # type: ignore[method-assign]
            raise ZeroDivisionError("frase muy secreta")

        on.laptop.get = broken  # type: ignore[method-assign,assignment]
        await on.press("enter")
        assert "una falla que no esperaba" in on.prose
        await on.press("tab", "enter")
        assert "¿Dónde guardar el informe?" in on.text
        await on.press("1")
        assert "✓ Informe escrito" in on.text
        ((error, about),) = on.desk.reports
        assert isinstance(error, ZeroDivisionError)
        assert about["device"] == "LOR07"
        (content,) = on.desk.written.values()
        assert content == b"sealed"
