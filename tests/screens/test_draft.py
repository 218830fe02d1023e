"""What is being written survives Esc, a lock, a crash and a full disk."""

from __future__ import annotations

from itinerant.errors import StoreProblem
from itinerant.tui.day import DRAFT
from itinerant.tui.screens.form_page import FormPage
from itinerant.tui.screens.session import believable_s
from tests.screens.fake import MORNING, open_day
from tests.screens.stage import Stage, stage


def kept(on: Stage) -> dict[str, object]:
    draft = on.laptop.drafts.load(DRAFT)
    return dict(draft.values["values"]) if draft else {}


async def test_each_change_is_kept_soon_after_it_is_made() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3", "1", "4")
        await on.until(lambda: kept(on).get("age_band") == "45-59")
        draft = on.laptop.drafts.load(DRAFT)
        assert draft is not None
        assert draft.values["started_at"] == MORNING
        assert kept(on)["service"] == "SIS-01"


async def test_opening_the_form_already_keeps_its_start() -> None:
    async with stage(open_day) as on:
        await on.press("n")
        await on.until(lambda: on.laptop.drafts.load(DRAFT) is not None)


async def test_escape_keeps_the_draft_and_says_how_to_go_on() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3", "escape")
        assert on.where == "VisitScreen"
        assert kept(on)["service"] == "SIS-01"
        assert "! N continúa la atención de las 08:22 (SIS · Consulta de afiliación)" in on.text
        on.clock.pass_seconds(120)
        await on.press("n")
        assert "Continúa la atención empezada a las 08:22" in on.text
        await on.press("ctrl+s")
        row = on.laptop.list("session")[0]
        assert (row.values["started_at"], row.values["duration_s"]) == (MORNING, 120)
        assert on.laptop.drafts.load(DRAFT) is None


async def test_after_a_crash_the_session_goes_on_with_its_stopwatch() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3", "1", "2")
        on.clock.pass_seconds(95)
        await on.press("1")
        await on.until(lambda: kept(on).get("sex") == "f")
        opener, clock = on.opener, on.clock  # the program dies here: nothing is closed or flushed
    clock.pass_seconds(30)
    clock.s = 5.0  # a monotonic clock starts anew with the machine
    async with stage(opener=opener, clock=clock) as on:
        assert "Quedó una atención sin terminar" in on.text
        assert "1  Continuar la atención empezada a las 08:22" in on.text
        await on.press("1", "ctrl+s")
        values = on.laptop.list("session")[0].values
    assert (values["service"], values["age_band"], values["sex"]) == ("SIS-01", "18-29", "f")
    assert (values["started_at"], values["duration_s"]) == (MORNING, 125)


def test_a_pause_or_a_clock_that_is_off_adds_no_time() -> None:
    year = 365 * 86_400_000
    assert [believable_s(ms) for ms in (0, 30_999, 7_200_000)] == [0, 30, 7_200]
    assert [believable_s(ms) for ms in (-1, 3 * 3_600_000, 20 * year, -20 * year)] == [0, 0, 0, 0]


async def test_a_draft_whose_record_was_saved_just_before_the_crash_is_not_offered_again() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3")
        await on.until(lambda: kept(on).get("service") == "SIS-01")
        left = on.laptop.drafts.load(DRAFT)
        assert left is not None
        await on.press("ctrl+s")
        on.laptop.drafts.kept[DRAFT] = left  # the crash came before the draft was forgotten
        opener, clock = on.opener, on.clock
    async with stage(opener=opener, clock=clock) as on:
        assert on.where == "VisitScreen"
        assert "sin terminar" not in on.text
        assert on.laptop.drafts.load(DRAFT) is None
        assert len(on.laptop.list("session")) == 1


async def test_later_leaves_the_draft_where_it_is() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3", "escape")
        opener, clock = on.opener, on.clock
    async with stage(opener=opener, clock=clock) as on:
        await on.press("2")
        assert on.where == "VisitScreen"
        assert kept(on)["service"] == "SIS-01"


async def test_discarding_asks_first() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3", "ctrl+x")
        assert "¿Descartar esta atención?" in on.text
        await on.press("enter")
        assert on.where == "SessionScreen", "the first answer is the harmless one"
        await on.press("ctrl+x", "2")
        assert on.where == "VisitScreen"
        assert on.laptop.drafts.load(DRAFT) is None
        assert not on.laptop.list("session")


async def test_personal_data_is_not_even_kept_in_a_draft() -> None:
    async with stage(open_day) as on:
        await on.press("n", "3")
        assert isinstance(on.app.screen, FormPage)
        on.app.screen.form.rows["note"].take_focus()
        await on.type("dni 45678912")
        await on.press("escape")
        assert kept(on)["service"] == "SIS-01"
        assert "note" not in kept(on)
        assert "45678912" not in repr(on.laptop.drafts.kept)


async def test_a_draft_that_cannot_be_kept_is_told_once_and_hinders_nothing() -> None:
    async with stage(open_day) as on:
        on.laptop.drafts.fails = StoreProblem("El disco está lleno.")
        await on.press("n")
        await on.until(lambda: on.where == "ProblemScreen")
        await on.press("enter", "3", "1", "2")
        assert on.where == "SessionScreen"
        await on.press("ctrl+s")
        assert on.where == "VisitScreen"
        assert on.laptop.list("session")[0].values["age_band"] == "18-29"
