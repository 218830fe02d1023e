"""Records of every kind: the menu, the list, a new one, its history, correcting and annulling it."""

from __future__ import annotations

import pytest

from itinerant.domain.kinds import KINDS
from itinerant.tui import plan
from itinerant.tui.routes import PLACES
from tests.screens.fake import FakeLaptop, open_day
from tests.screens.stage import stage


def with_allies(laptop: FakeLaptop) -> None:
    """An open visit and what a brigade has written by then."""
    open_day(laptop)
    laptop.add("ally", {"name": "Municipalidad de Nauta", "sector": "public", "brigade": "B01", "place": "Nauta"})
    laptop.add("ally", {"name": "Radio Ucamara", "sector": "civil_society", "brigade": "B01"})
    laptop.add("cost", {"nature": "variable", "category": "transport", "amount_cents": 4550, "spent_on": "2026-11-22"})


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.office])
def test_no_form_asks_for_more_than_a_person_can_take_in(kind: str) -> None:
    shape = plan.plan(KINDS[kind])
    assert len(shape.asked) <= plan.MOST_ASKED
    assert not set(shape.asked) & set(shape.details)
    required = {item.name for item in KINDS[kind].fields if item.required and item.name not in ("brigade", "device")}
    assert required <= {*shape.asked, *shape.details} | {"code"}


def test_every_kind_that_a_brigade_writes_has_a_place_in_the_menu() -> None:
    placed = {place.kind for place in PLACES}
    assert {name for name, kind in KINDS.items() if not kind.office} - {"session"} <= placed
    keys = [place.key for place in PLACES]
    assert len(keys) == len(set(keys))


async def test_a_cost_is_written_with_what_the_laptop_knows_filled_in() -> None:
    async with stage(open_day) as on:
        await on.press("r", "k")
        assert "Todavía no hay registros." in on.text
        await on.press("n")
        assert on.where == "NewRecordScreen"
        await on.press("2", "8")
        await on.type("45.50")
        await on.press("ctrl+s")
        assert "✓ Guardado" in on.text
        (row,) = on.laptop.list("cost")
        assert "Transporte y combustible" in on.text
        assert "S/ 45.50" in on.text
        await on.press("enter")
        assert "Lo registró" in on.text
        assert "Nauta · 23/11/2026 08:00" in on.prose, "a reference reads as what it points to"
    assert dict(row.values) == {
        "nature": "variable",
        "category": "transport",
        "amount_cents": 4550,
        "spent_on": "2026-11-23",
        "brigade": "B01",
        "visit": "LOR07-1",
    }


async def test_a_reference_is_found_by_any_word() -> None:
    async with stage(with_allies) as on:
        await on.press("r", "o", "n")
        await on.type("ucama")
        await on.press("enter")
        await on.type("Avisos en quechua")
        await on.press("ctrl+s")
        (row,) = on.laptop.list("agreement")
        assert row.values["ally"] == "LOR07-3"
        assert "Radio Ucamara" in on.text, "the list shows the ally's name, not its number"


async def test_several_codes_are_put_in_and_taken_out_by_their_digits() -> None:
    async with stage(open_day) as on:
        await on.press("r", "l", "n")
        await on.type("Parroquia")
        await on.press("enter", "5")
        on.app.screen.form.rows["lends"].take_focus()  # type: ignore[attr-defined]
        await on.press("1", "2", "7", "2", "right", "space")
        assert on.app.screen.form.rows["lends"].value == ["premises", "security_staff", "licences"]  # type: ignore[attr-defined]
        await on.press("ctrl+s")
        (row,) = on.laptop.list("ally")
        assert row.values["lends"] == ["premises", "security_staff", "licences"]
        assert row.values["active"] is True


async def test_what_is_being_written_survives_escape() -> None:
    async with stage(open_day) as on:
        await on.press("r", "t", "n")
        await on.type("Firma digital")
        await on.press("escape")
        assert on.where == "RecordsScreen"
        await on.press("n")
        assert "Continúa lo escrito" in on.text
        assert "Firma digital" in on.text
        await on.press("ctrl+s")
        assert on.laptop.list("training")[0].values["subject"] == "Firma digital"
        await on.press("n")
        assert "Continúa lo escrito" not in on.text


async def test_the_list_is_filtered_and_opened() -> None:
    async with stage(with_allies) as on:
        await on.press("r", "l", "b")
        await on.type("radio")
        assert "Municipalidad" not in on.text
        await on.press("enter", "enter")
        assert on.where == "RecordScreen"
        assert "Aliado LOR07-3" in on.text
        await on.press("escape", "escape")
        assert "Municipalidad" in on.text


async def test_any_record_is_corrected_annulled_and_brought_back_with_a_reason() -> None:
    async with stage(with_allies) as on:
        await on.press("r", "k", "enter", "m")
        on.app.screen.form.rows["amount_cents"].put(5000)  # type: ignore[attr-defined]
        on.app.screen.form.rows["note"].take_focus()  # type: ignore[attr-defined]
        await on.type("combustible")
        await on.press("ctrl+s")
        await on.type("faltaba la nota")
        await on.press("enter")
        assert dict(on.laptop.changes[-1].set) == {"note": "combustible"}
        await on.press("x")
        await on.type("repetido")
        await on.press("enter")
        assert on.laptop.list("cost")[0].void
        await on.press("r")
        await on.type("no era repetido")
        await on.press("enter")
        assert not on.laptop.list("cost")[0].void
        assert "Quitó la anulación" in on.text


async def test_a_correction_that_was_left_is_taken_up_again() -> None:
    async with stage(with_allies) as on:
        await on.press("r", "k", "enter", "m")
        on.app.screen.form.rows["note"].take_focus()  # type: ignore[attr-defined]
        await on.type("combustible")
        await on.press("escape", "m")
        assert "Continúa la corrección" in on.text
        await on.press("ctrl+s")
        await on.type("faltaba")
        await on.press("enter")
        assert dict(on.laptop.changes[-1].set) == {"note": "combustible"}
        assert not on.laptop.drafts.kept


async def test_what_the_office_writes_is_read_only() -> None:
    async with stage(open_day) as on:
        await on.press("r", "p")
        assert "La oficina los escribe" in on.text
        assert "Nauta, Loreto, Lor" in on.text
        await on.press("n")
        assert on.where == "RecordsScreen"
        await on.press("enter", "m")
        assert on.where == "RecordScreen"


async def test_an_incident_is_one_key_away() -> None:
    async with stage(open_day) as on:
        await on.press("i", "2")
        on.app.screen.form.rows["description"].take_focus()  # type: ignore[attr-defined]
        await on.type("Se fue la luz a media mañana")
        await on.press("ctrl+s")
        (row,) = on.laptop.list("incident")
    assert (row.values["category"], row.values["visit"], row.values["device"]) == ("power", "LOR07-1", "LOR07")
    assert (row.values["state"], row.values["found_at"]) == ("open", on.clock.now_ms())
