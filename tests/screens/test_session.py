"""A session from the visit's screen to «Guardado»."""

from __future__ import annotations

import threading

import pytest
from textual import events

from itinerant.domain.session import SESSION
from itinerant.errors import StoreProblem
from itinerant.tui import type_ahead
from itinerant.tui.screens.form_page import FormPage
from itinerant.tui.screens.session import ASKED, FOLDED
from itinerant.tui.widgets.field_row import FieldRow
from itinerant.tui.widgets.form import Form
from tests.screens.fake import MORNING, Row, busy_day, open_day
from tests.screens.stage import Stage, stage


def last_session(on: Stage) -> Row:
    rows = on.laptop.list("session")
    assert rows, "nothing was saved"
    return rows[0]


async def test_a_frequent_session_takes_at_most_eight_keys() -> None:
    keys = ["n", "2", "1", "4", "1", "ctrl+s"]
    async with stage(open_day) as on:
        await on.press(*keys)
        assert on.where == "VisitScreen"
        saved = last_session(on)
    assert len(keys) <= 8
    assert (saved.values["service"], saved.values["outcome"]) == ("RENIEC-02", "resolved")
    assert (saved.values["age_band"], saved.values["sex"]) == ("45-59", "f")


async def test_a_searched_session_takes_at_most_eight_keys() -> None:
    keys = ["n", *"pas", "enter", "enter", "3", "ctrl+s"]
    async with stage(open_day) as on:
        await on.press(*keys)
        saved = last_session(on)
    assert len(keys) <= 8
    assert (saved.values["service"], saved.values["age_band"]) == ("MIGR-01", "30-44")


async def test_what_nobody_chose_has_its_usual_value_or_none() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3", "ctrl+s")
        values = last_session(on).values
    assert values["mode"] == "assisted"
    assert values["segment"] == "citizen"
    assert values["language"] == "spa"
    assert values["access"] == "consultation", "the service's own access"
    assert "age_band" not in values
    assert "sex" not in values


async def test_the_search_ignores_accents_and_finds_by_entity_name_or_word() -> None:
    async with stage(open_day) as on:
        for query, code in (
            ("jubilacion", "ONP-01"),
            ("migra", "MIGR-01"),
            ("indice", "SUNARP-01"),
            ("brevete", "MTC-01"),
        ):
            await on.press("n")
            await on.type(query)
            await on.press("enter", "ctrl+s")
            assert last_session(on).values["service"] == code, query


async def test_a_code_that_the_catalogue_lacks_is_taken_as_it_is() -> None:
    async with stage(open_day) as on:
        await on.press("n")
        await on.type("reniec-99")
        assert "no está en el catálogo" in on.text
        await on.press("enter", "ctrl+s")
        values = last_session(on).values
    assert (values["service"], values["access"]) == ("RENIEC-99", "other")


async def test_an_unresolved_session_asks_for_its_cause() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1")
        assert "Causa" not in on.text
        await on.press("4")
        assert "Causa" in on.text
        await on.press("ctrl+s")
        assert on.where == "SessionScreen", "the cause is missing"
        assert "Diga la causa" in on.text
        await on.press("3", "ctrl+s")
        values = last_session(on).values
    assert (values["outcome"], values["cause"]) == ("not_possible", "missing_document")


async def test_a_cause_is_dropped_when_the_session_turns_out_resolved() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1", "2", "3", "shift+tab", "shift+tab", "1", "ctrl+s")
        values = last_session(on).values
    assert values["outcome"] == "resolved"
    assert "cause" not in values


async def test_guardado_is_said_after_the_commit_and_not_before() -> None:
    async with stage(open_day) as on:
        before = len(on.laptop.changes)
        await on.press("n", "1")
        on.laptop.gate.clear()
        await on.pilot.press("ctrl+s")
        await on.settle(but="work")
        assert len(on.laptop.changes) == before
        assert "Guardando…" in on.text
        assert "Guardado" not in on.text
        await on.pilot.press("ctrl+s")
        await on.pilot.press("escape")
        assert on.where == "SessionScreen", "it waits for the commit"
        on.laptop.gate.set()
        await on.settle()
        assert len(on.laptop.changes) == before + 1, "saved once"
        assert f"✓ Guardado LOR07-{on.laptop.head}" in on.text


async def test_the_store_is_never_asked_on_the_screens_own_thread() -> None:
    async with stage(open_day) as on:
        on.laptop.threads.clear()
        await on.press("n", "1", "ctrl+s")
        assert on.laptop.threads
        assert threading.current_thread().name not in on.laptop.threads


async def test_a_full_disk_is_told_and_the_form_stays() -> None:
    async with stage(open_day) as on:
        await on.press("n", "5")
        on.laptop.fails = StoreProblem(
            "El disco está lleno.", safe="Su borrador sigue aquí.", next_step="Libere espacio."
        )
        await on.press("ctrl+s")
        assert on.where == "ProblemScreen"
        for words in ("El disco está lleno.", "Su borrador sigue aquí.", "Libere espacio."):
            assert words in on.text
        await on.press("enter")
        assert on.where == "SessionScreen"
        assert "SUNAT · Inscripción en el RUC" in on.text
        on.laptop.fails = None
        await on.press("ctrl+s")
        assert last_session(on).values["service"] == "SUNAT-01"


async def test_the_guard_speaks_beside_the_field_while_one_types() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1")
        on.app.screen.form.rows["note"].take_focus()  # type: ignore[attr-defined]
        await on.type("tramo 4567891")
        assert "8 dígitos" not in on.text
        await on.type("2")
        assert "! Parece un número de DNI (8 dígitos)." in on.text
        await on.press("ctrl+s")
        assert on.where == "SessionScreen"
        assert not on.laptop.list("session")
        await on.press(*["backspace"] * 8)
        assert "Parece" not in on.text
        await on.press("ctrl+s")
        assert last_session(on).values["note"] == "tramo"


async def test_the_stopwatch_gives_the_duration() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1")
        on.clock.pass_seconds(385)
        await on.press("ctrl+s")
        values = last_session(on).values
    assert (values["started_at"], values["duration_s"]) == (MORNING, 385)


async def test_a_clock_that_jumps_changes_no_duration() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1")
        on.clock.pass_seconds(60)
        on.clock.ms -= 20 * 365 * 86_400_000
        await on.press("ctrl+s")
        assert last_session(on).values["duration_s"] == 60


async def test_a_duration_that_one_writes_replaces_the_stopwatchs() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1", "f4")
        on.app.screen.form.rows["duration_s"].take_focus()  # type: ignore[attr-defined]
        await on.type("7:30")
        await on.press("ctrl+s")
        assert last_session(on).values["duration_s"] == 450


async def test_a_number_that_cannot_be_read_says_how_to_write_it() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1", "f4")
        on.app.screen.form.rows["fee_cents"].take_focus()  # type: ignore[attr-defined]
        await on.type("doce")
        assert "Escriba el monto así: 12.50." in on.text
        await on.press("ctrl+s")
        assert not on.laptop.list("session")


async def test_the_next_session_takes_over_what_seldom_changes() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1")
        on.app.screen.form.rows["language"].take_focus()  # type: ignore[attr-defined]
        await on.type("cusco")
        await on.press("enter")
        await on.type("volvió")
        await on.press("ctrl+s", "n", "2", "ctrl+s")
        values = last_session(on).values
    assert (values["service"], values["language"]) == ("RENIEC-02", "quz")
    assert "note" not in values


async def test_every_field_of_a_session_is_asked_or_known_by_the_screen() -> None:
    known = {"started_at", "visit", "duplicate_of", "distinct_from"}
    assert {*ASKED, *FOLDED} | known == set(SESSION.by_name)
    assert len(FOLDED) <= 12, "a form of more than twelve fields takes too long to appear"


async def test_a_click_chooses() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1")
        lines = on.text.splitlines()
        row = next(i for i, line in enumerate(lines) if "3 30 a 44" in line)
        await on.pilot.click(offset=(lines[row].index("30 a 44"), row))
        await on.settle()
        assert "✓ 30 a 44" in on.text


async def test_a_field_is_reached_by_its_name_even_when_it_is_folded() -> None:
    async with stage(open_day) as on:
        await on.press("n", "1", "f3")
        assert on.where == "JumpDialog"
        await on.type("satis")
        await on.press("enter")
        assert on.where == "SessionScreen"
        focused = on.app.screen.focused
        assert focused is not None
        assert "field-satisfaction" in (focused.id, focused.parent.id if focused.parent else "")


async def test_keys_that_are_faster_than_the_form_go_into_its_first_field() -> None:
    async with stage() as on:
        on.app.post_message(events.Key("n", "n"))
        await on.moment(lambda: on.where == "SessionScreen")
        assert on.app.focused is None
        for key in "dni":
            on.app.post_message(events.Key(key, key))
        await on.until(lambda: "dni" in on.text)
        assert on.where == "SessionScreen"


async def test_a_save_counts_what_was_chosen_the_moment_before() -> None:
    """Enter and Ctrl+S that are both there before the first has had its effect, as on a busy machine."""
    async with stage(open_day) as on:
        known = len(on.laptop.list("session"))
        await on.press("n", "f3")
        await on.type("resul")
        await on.press("enter", "1", "f3")
        await on.type("serv")
        await on.press("enter")
        await on.type("antec pen")
        for key in ("enter", "ctrl+s"):
            on.app.post_message(events.Key(key, None))
        await on.until(lambda: len(on.laptop.list("session")) > known)
        assert last_session(on).values["service"] == "PJ-01"


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        (["tab"], "outcome"),
        (["tab", "tab"], "cause"),
        (["tab", "tab", "tab"], "age_band"),
        (["tab", "tab", "shift+tab"], "outcome"),
    ],
)
@pytest.mark.parametrize("early", [False, True], ids=["field", "nothing"])
async def test_keys_go_from_field_to_field_though_their_rows_are_not_there_yet(
    keys: list[str], field: str, early: bool
) -> None:
    """`early`: the keys are there before the cursor is in any field."""
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        await on.press("enter")
        on.app.post_message(events.Key("m", "m"))
        await on.moment(lambda: on.where == "AmendScreen" and bool(early or on.app.focused))
        for key in keys:
            on.app.post_message(events.Key(key, None))
        await on.settle()
        assert name_of_field(on) == field


async def test_what_is_typed_while_the_cursor_is_on_its_way_goes_where_it_goes() -> None:
    async with stage(lambda laptop: busy_day(laptop, 3)) as on:
        await on.press("enter")
        on.app.post_message(events.Key("m", "m"))
        await on.moment(lambda: on.where == "AmendScreen" and on.app.focused is not None)
        form = on.app.screen.query_one(Form)
        before = form.values()
        for key in ("tab", "3"):
            on.app.post_message(events.Key(key, key if key == "3" else None))
        await on.settle()
        after = form.values()
        assert {name for name in after if after[name] != before.get(name)} <= {"outcome", "cause"}
        assert after["outcome"] == "referred"


async def test_keys_that_are_all_there_at_once_go_each_where_it_was_meant() -> None:
    """As when a laptop is busy for a moment and its person is not: two sessions, without a look at the screen."""
    async with stage(open_day) as on:
        known = len(on.laptop.list("session"))
        for key in ("n", "3", "4", "1", "3", "2", "ctrl+s", "n", "2", "ctrl+s"):
            on.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await on.until(lambda: len(on.laptop.list("session")) == known + 2)
        second, first = on.laptop.list("session", limit=2)
        assert {name: first.values[name] for name in ("outcome", "cause", "age_band", "sex")} == {
            "outcome": "not_possible",
            "cause": "no_connectivity",
            "age_band": "30-44",
            "sex": "m",
        }
        assert second.values["outcome"] == "resolved"
        assert second.values["service"] != first.values["service"]
        assert on.where == "VisitScreen"


async def test_what_was_typed_ahead_of_a_save_that_is_refused_is_dropped() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3", "3")  # another outcome asks for its cause
        for key in ("ctrl+s", "n", "2", "ctrl+s"):
            on.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await on.settle()
        assert on.where == "SessionScreen"
        assert "Diga la causa" in on.prose
        assert name_of_field(on) == "cause"


async def test_no_key_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a screen never say that it is ready, keys go on all the same."""
    monkeypatch.setattr(FormPage, "waits", lambda _page: True)
    monkeypatch.setattr(type_ahead, "PATIENCE_S", 0.0)
    async with stage(open_day) as on:
        known = len(on.laptop.list("session"))
        await on.press("n", "2", "ctrl+s")
        await on.until(lambda: len(on.laptop.list("session")) > known)


def name_of_field(on: Stage) -> str:
    """The field with the cursor."""
    focused = on.app.focused
    assert focused is not None
    return next(row.declared.name for row in focused.ancestors_with_self if isinstance(row, FieldRow))


async def test_opening_a_form_reads_no_styles() -> None:
    async with stage() as on:
        await on.press("n")
        assert all(on.app.stylesheet.has_source(str(path)) for path in on.app.screen.css_path)
        loaded = set(on.app.stylesheet.source)
        await on.press("escape", "r")
        assert set(on.app.stylesheet.source) == loaded
