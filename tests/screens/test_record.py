"""One session: seeing it, correcting it, annulling it, its history."""

from __future__ import annotations

from tests.screens.fake import busy_day
from tests.screens.stage import stage


async def test_enter_shows_the_marked_session_with_its_history() -> None:
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        await on.press("down", "enter")
        assert "Atención LOR07-3" in on.text
        assert "Registró la atención" in on.text
        assert "Quechua Cusco-Collao" in on.text
        await on.press("escape")
        assert on.where == "VisitScreen"


async def test_a_correction_writes_only_what_was_altered_with_its_reason() -> None:
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        await on.press("enter", "m")
        assert "Modificar LOR07-4" in on.text
        await on.press("tab", "tab", "tab", "tab")
        await on.pilot.press("shift+tab", "shift+tab", "shift+tab", "shift+tab")
        on.app.screen.form.rows["age_band"].take_focus()  # type: ignore[attr-defined]
        await on.press("2", "ctrl+s")
        assert "Cambia: Grupo de edad." in on.text
        await on.press("enter")
        assert "Escriba el motivo." in on.text
        await on.type("me equivoqué")
        await on.press("enter")
        change = on.laptop.changes[-1]
        assert dict(change.set) == {"age_band": "18-29"}
        assert (change.record, change.why) == ("LOR07-4", "me equivoqué")
        assert f"✓ Guardado {change.ref}" in on.text
        assert "Motivo: me equivoqué" in on.text
        assert "Grupo de edad: 18 a 29" in on.text


async def test_a_correction_to_resolved_takes_the_cause_away() -> None:
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        await on.press("enter", "m")
        on.app.screen.form.rows["outcome"].take_focus()  # type: ignore[attr-defined]
        await on.press("1", "ctrl+s")
        await on.type("sí se pudo")
        await on.press("enter")
        assert dict(on.laptop.changes[-1].set) == {"outcome": "resolved", "cause": None}


async def test_a_correction_of_nothing_is_not_written() -> None:
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        before = len(on.laptop.changes)
        await on.press("enter", "m", "ctrl+s")
        assert "No hay nada que cambiar." in on.text
        await on.press("enter", "escape")
        assert len(on.laptop.changes) == before


async def test_annulling_asks_why_and_erases_nothing() -> None:
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        await on.press("enter", "x")
        assert "La atención deja de contar. No se borra" in on.prose
        await on.type("duplicada")
        await on.press("enter")
        row = on.laptop.get("LOR07-4")
        assert row is not None
        assert row.void
        assert "! Anulada" in on.text
        assert "Motivo: duplicada" in on.text
        await on.press("escape")
        assert "Anulada" in on.text
        assert on.laptop.counters("LOR07-1").total == 2


async def test_a_reason_with_personal_data_is_not_taken() -> None:
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        await on.press("enter", "x")
        await on.type("dni 45678912")
        await on.press("enter")
        assert "Parece un número de DNI" in on.prose
        row = on.laptop.get("LOR07-4")
        assert row is not None
        assert not row.void
