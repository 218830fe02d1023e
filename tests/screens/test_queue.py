"""Decisions undone, duplicates settled, notices told once and found again: on the brigade's screen."""

from __future__ import annotations

import time

from itinerant.log.change import Draft
from tests.screens.fake import FakeLaptop, Quarantined, Standing, busy_day, disputed, logged_twice
from tests.screens.stage import stage
from tests.screens.tour import informed


async def test_a_decision_is_seen_with_its_reason_and_undone() -> None:
    async with stage(disputed) as on:
        await on.press("d", "down", "1")
        await on.type("revisé el acta")
        await on.press("enter", "h")
        assert "1 diferencia decidida" in on.text
        assert "Decidió Rosa Quispe: Resuelta en parte" in on.prose
        assert "Motivo: revisé el acta" in on.prose
        await on.press("1", "o")
        assert on.where == "ConflictsScreen", "what is decided is undone, not decided again"
        await on.press("z")
        assert "«Resultado» vuelve a: Derivada." in on.text
        await on.type("era otra acta")
        await on.press("enter")
        row = on.laptop.get("LOR07-3")
        assert row is not None
        assert row.values["outcome"] == "referred"
        assert "✓ No hay nada que decidir." in on.text
        await on.press("h")
        assert "1 diferencia por decidir" in on.text


async def test_the_visit_of_a_difference_is_named() -> None:
    async with stage(disputed) as on:
        await on.press("d")
        visit = on.laptop.current_visit()
        assert visit is not None
        assert f"jornada {visit.record}" in on.text


async def test_five_hundred_differences_are_shown_at_once() -> None:
    def many(laptop: FakeLaptop) -> None:
        busy_day(laptop, 500)
        for row in laptop.list("session", limit=500):
            for device, seconds in (("LOR08", 11), ("LOR09", 12)):
                laptop.receive(device, Draft("session", {"duration_s": seconds}, row.record, (row.record,), "otro"))

    async with stage(many) as on:
        found = on.laptop.conflicts()
        on.laptop.conflicts = lambda ref="": found  # type: ignore[method-assign]  # the fake merges at each question
        on.laptop.disputes.visit_of = lambda ref: "LOR07-1"  # type: ignore[method-assign]
        await on.press("d")
        assert "500 diferencias por decidir" in on.text
        start = time.perf_counter()
        await on.press("end", "home", "pagedown")
        assert time.perf_counter() - start < 5, "moving among them does not depend on how many they are"
        assert "Duración" in on.text


async def test_the_same_attention_on_two_laptops_is_settled_by_a_person() -> None:
    async with stage(logged_twice) as on:
        on.app.routes.duplicates()
        await on.settle()
        assert "1 posible duplicada" in on.text
        assert "1 LOR07-3" in on.text
        assert "2 LOR08-1" in on.text
        await on.press("1")
        assert "Queda LOR07-3; LOR08-1 se anula por repetirla." in on.prose
        await on.type("la anotamos los dos")
        await on.press("enter")
        gone = on.laptop.get("LOR08-1")
        assert gone is not None
        assert (gone.void, gone.values["duplicate_of"]) == (True, "LOR07-3")
        assert "✓ No hay posibles duplicadas." in on.text
        await on.press("1", "s")
        assert on.where == "DuplicatesScreen"


async def test_two_that_look_alike_can_be_two() -> None:
    async with stage(logged_twice) as on:
        on.app.routes.duplicates()
        await on.settle()
        await on.press("s")
        await on.type("eran hermanas")
        await on.press("enter")
        assert "✓ No hay posibles duplicadas." in on.text
        other = on.laptop.get("LOR08-1")
        assert other is not None
        assert (other.void, other.values["distinct_from"]) == (False, ["LOR07-3"])


async def test_news_are_told_once_and_found_again() -> None:
    async with stage(informed) as on:
        assert on.where == "News"
        assert "2 avisos sobre lo que usted registró" in on.text
        await on.press("enter", "d", "escape")
        assert on.where == "VisitScreen", "once"
        on.app.routes.notices()
        await on.settle()
        assert "«Resultado» de LOR07-3" in on.text
        await on.press("down", "enter")
        assert on.where == "RecordScreen"


async def test_a_sync_that_brings_news_tells_them() -> None:
    async with stage() as on:
        on.sync.step = lambda done: on.laptop.notices.bring("LOR07-3", f"Aviso {done}.") if done == 1 else None
        await on.press("s", "e")
        await on.until(lambda: on.where == "News")
        assert "Aviso 1." in on.text
        await on.press("escape")
        assert on.where == "SyncScreen"


def rejected(laptop: FakeLaptop) -> None:
    busy_day(laptop)
    laptop.standing = Standing("enrolled", [Quarantined("LOR07-18", "Parece un número de DNI.")])
    laptop.notices.discarded.append("LOR07-19")


async def test_what_the_office_does_not_count_is_marked_and_stays_mine() -> None:
    async with stage(rejected) as on:
        assert "! apartada" in on.text
        assert "✗ no cuenta" in on.text
        assert len(on.laptop.list("session", limit=100)) == 18
