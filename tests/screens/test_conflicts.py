"""Differences are shown with both values, and settled only by a person, with a reason."""

from __future__ import annotations

from tests.screens.fake import disputed
from tests.screens.stage import stage


async def test_each_ones_value_is_shown_with_who_and_when() -> None:
    async with stage(disputed) as on:
        assert "! 2 por revisar" in on.text
        await on.press("d")
        assert "2 diferencias por decidir" in on.text
        await on.press("down")
        assert "Resultado · LOR07-3" in on.text
        assert "Antes decía Resuelta" in on.prose
        assert "1 suyo" in on.text
        assert "Resuelta en parte" in on.text
        assert "2 Julio Mamani" in on.text
        assert "Derivada" in on.text
        assert "✓ Derivada" in on.text


async def test_a_digit_takes_one_with_a_reason() -> None:
    async with stage(disputed) as on:
        await on.press("d", "down", "2")
        assert "«Resultado» queda en: Derivada." in on.text
        await on.press("escape")
        assert len(on.laptop.conflicts()) == 2, "without a reason nothing is settled"
        await on.press("2")
        await on.type("hablé con Julio")
        await on.press("enter")
        assert [one.field for one in on.laptop.conflicts()] == ["cause"]
        row = on.laptop.get("LOR07-3")
        assert row is not None
        assert row.values["outcome"] == "referred"
        assert on.laptop.changes[-1].why == "hablé con Julio"


async def test_a_third_value_can_be_written() -> None:
    async with stage(disputed) as on:
        await on.press("d", "down", "o", "4")
        await on.type("ninguno de los dos")
        await on.press("enter")
        row = on.laptop.get("LOR07-3")
        assert row is not None
        assert row.values["outcome"] == "not_possible"


async def test_nothing_to_decide_says_so() -> None:
    async with stage() as on:
        await on.press("d")
        assert "✓ No hay nada que decidir." in on.text
        await on.press("1", "o")
        assert on.where == "ConflictsScreen"
