"""Forms are made from the declarations: every kind of record has one, and what is put into it comes out again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from itinerant.domain.fields import Choice, Field, Kind, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.tui.themes import THEMES
from itinerant.tui.widgets.choice_field import ChoiceField
from itinerant.tui.widgets.field_row import RowInput
from itinerant.tui.widgets.form import Form
from itinerant.tui.widgets.search_field import Option, Options
from tests.screens.stage import stage

COLOURS = tuple(Choice(name, name.capitalize()) for name in ("rojo", "verde", "azul"))
SAMPLE = Kind(
    "sample",
    "Muestra",
    "Muestras",
    (
        Field("colour", Type.CHOICE, "Color", required=True, choices=COLOURS),
        Field("shade", Type.CHOICE, "Tono", choices=COLOURS),
        Field("sure", Type.BOOLEAN, "Seguro"),
        Field("amount", Type.INTEGER, "Monto", unit="cents", maximum=1_000),
        Field("note", Type.TEXT, "Nota", length=20),
        Field("hidden", Type.TEXT, "Oculto", length=20),
    ),
)


class Host(App[None]):
    """A form alone on a screen."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form
        self.heard: list[str] = []
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        yield self.form

    def on_form_changed(self, event: Form.Changed) -> None:
        self.heard.append(event.name)

    def on_form_finished(self) -> None:
        self.heard.append("finished")


@asynccontextmanager
async def shown(form: Form) -> AsyncIterator[tuple[Form, Pilot[None], Host]]:
    host = Host(form)
    async with host.run_test() as pilot:
        await pilot.pause()
        form.focus_first()
        await pilot.pause()
        yield form, pilot, host


def value_for(field: Field) -> Value:
    """A value that the field accepts."""
    if field.choices:
        return field.choices[0].value
    samples: dict[Type, Value] = {
        Type.INTEGER: max(field.minimum, 1),
        Type.INSTANT: 1_795_460_700_000,
        Type.DATE: "2026-11-23",
        Type.BOOLEAN: True,
        Type.REFERENCE: "LOR07-1",
        Type.KEY: "A" * 43,
        Type.TEXT: "texto",
        Type.CODE: "160301" if field.pattern == "[0-9]{6}" else "LOR07",
    }
    return samples[field.type]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_every_kind_has_a_form_that_gives_back_what_was_put(kind: Kind) -> None:
    fields = [field for field in kind.fields if field.type is not Type.CODES]
    values = {field.name: value_for(field) for field in fields}
    async with shown(Form(kind, [field.name for field in fields])) as (form, pilot, _host):
        form.put(values)
        await pilot.pause()
        assert form.values() == values
        assert not form.unfinished()


async def test_a_digit_chooses_and_goes_on_and_the_last_field_finishes() -> None:
    async with shown(Form(SAMPLE, ["colour", "shade", "sure"])) as (form, pilot, host):
        await pilot.press("2", "enter", "1")
        assert form.values() == {"colour": "verde", "sure": True}
        assert host.heard == ["colour", "sure", "finished"]


async def test_arrows_move_and_backspace_empties_only_what_may_be_empty() -> None:
    async with shown(Form(SAMPLE, ["colour", "shade"])) as (form, pilot, _host):
        await pilot.press("right", "right", "right", "right")
        assert form.values() == {"colour": "azul"}
        await pilot.press("left", "backspace")
        assert form.values() == {"colour": "verde"}
        await pilot.press("down", "left", "backspace")
        assert form.values() == {"colour": "verde"}
        await pilot.press("1", "up")
        assert form.values() == {"colour": "verde", "shade": "rojo"}


async def test_a_digit_beyond_the_options_does_nothing() -> None:
    async with shown(Form(SAMPLE, ["colour"])) as (form, pilot, host):
        await pilot.press("4", "0", "x")
        assert form.values() == {}
        assert host.heard == []


async def test_a_value_that_is_not_among_the_options_is_kept() -> None:
    async with shown(Form(SAMPLE, ["colour"])) as (form, pilot, _host):
        form.put({"colour": "morado"})
        await pilot.pause()
        assert form.values() == {"colour": "morado"}
        await pilot.press("1")
        assert form.values() == {"colour": "rojo"}


async def test_folded_fields_keep_their_values() -> None:
    async with shown(Form(SAMPLE, ["colour"], details=["hidden"])) as (form, pilot, _host):
        form.put({"colour": "rojo", "hidden": "algo"})
        assert form.has_details
        assert "hidden" not in form.rows
        assert form.values() == {"colour": "rojo", "hidden": "algo"}
        form.unfold(True)
        await pilot.pause()
        assert form.rows["hidden"].display


async def test_a_field_that_makes_no_sense_is_hidden_and_counts_as_empty() -> None:
    relevant = {"note": lambda values: values.get("colour") == "rojo"}
    async with shown(Form(SAMPLE, ["colour", "note"], relevant=relevant)) as (form, pilot, _host):
        form.put({"colour": "rojo", "note": "algo"})
        assert form.values() == {"colour": "rojo", "note": "algo"}
        await pilot.press("2")
        await pilot.pause()
        assert not form.rows["note"].display
        assert form.values() == {"colour": "verde"}


async def test_what_is_wrong_by_itself_is_told_and_takes_the_cursor() -> None:
    async with shown(Form(SAMPLE, ["colour", "amount"], details=["hidden"])) as (form, pilot, _host):
        form.rows["amount"].take_focus()
        await pilot.press(*"999")
        assert "va de 0 a 1000" in form.rows["amount"].problem
        assert form.unfinished()
        await pilot.press("backspace", "backspace")
        assert form.rows["amount"].problem == ""
        assert not form.unfinished()


async def test_a_problem_in_the_folded_part_unfolds_it() -> None:
    async with shown(Form(SAMPLE, ["colour"], details=["hidden"])) as (form, pilot, _host):
        form.put({"hidden": "dni 45678912"})
        assert form.unfinished()
        await pilot.pause()
        assert not form.folded
        assert "DNI" in form.rows["hidden"].problem


async def test_composed_letters_are_kept_in_one_form() -> None:
    async with shown(Form(SAMPLE, ["note"])) as (form, pilot, _host):
        form.rows["note"].take_focus()
        form.rows["note"].query_one(Input).post_message(events.Paste("nin\u0303o"))
        await pilot.pause()
        assert form.values() == {"note": "niño"}


FRUIT = [Option(code, label) for code, label in (("a", "Aguaje"), ("c", "Camu camu"), ("n", "Naranja"))]


def fruit() -> Options:
    return Options(
        find=lambda query, limit: [one for one in FRUIT if query.lower() in one.label.lower()][:limit],
        named=lambda code: next((one for one in FRUIT if one.value == code), None),
        usual=FRUIT[:2],
    )


async def test_leaving_a_search_halfway_brings_the_choice_back() -> None:
    async with shown(Form(SAMPLE, ["note", "colour"], options={"note": fruit()})) as (form, pilot, _host):
        form.rows["note"].take_focus()
        await pilot.press("2")
        assert form.values() == {"note": "c"}
        form.rows["note"].take_focus()
        await pilot.press(*"zz", "tab")
        assert form.values() == {"note": "c"}


async def test_an_emptied_search_field_is_empty() -> None:
    async with shown(Form(SAMPLE, ["note", "colour"], options={"note": fruit()})) as (form, pilot, _host):
        form.rows["note"].take_focus()
        await pilot.press(*"nar", "enter")
        assert form.values() == {"note": "n"}
        form.rows["note"].take_focus()
        await pilot.pause()
        await pilot.press("backspace", "tab")
        assert form.values() == {}


async def test_a_required_choice_is_left_alone_until_one_types() -> None:
    async with shown(Form(SAMPLE, ["colour", "shade"], options={"colour": fruit()})) as (form, pilot, _host):
        form.put({"colour": "a"})
        form.rows["colour"].take_focus()
        await pilot.pause()
        await pilot.press("enter")
        assert form.values() == {"colour": "a"}
        assert isinstance(form.rows["shade"], ChoiceField)
        assert form.rows["shade"].has_focus


async def test_a_form_that_is_gone_takes_the_cursor_no_more() -> None:
    """Who saves at once may be gone before the form was drawn: what was to come after the drawing still comes."""
    async with shown(Form(SAMPLE, ["colour"], details=["shade"])) as (form, _pilot, _host):
        await form.remove()
        form.focus_first()
        form.focus_details()


async def test_a_row_s_input_looks_the_same_with_the_cursor_and_without() -> None:
    async with stage() as on:
        await on.press("n", "2", "1", "f4")
        grounds = set()
        for each in on.app.screen.query(RowInput):
            on.app.screen.set_focus(each)
            on.app.stylesheet.update(each)  # as a change of colours does
            await on.settle()
            grounds.add((each.styles.background, str(each.styles.border), each.styles.background_tint.a))
            on.app.screen.set_focus(None)
            on.app.stylesheet.update(each)
            grounds.add((each.styles.background, str(each.styles.border), each.styles.background_tint.a))
        assert len(grounds) == 1, grounds
