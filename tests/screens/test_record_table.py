"""The list draws what is in sight, asks for more near the end, and stays quick however long it is."""

from __future__ import annotations

import time

from textual.app import App, ComposeResult

from itinerant.tui.themes import THEMES
from itinerant.tui.widgets.record_table import AHEAD, Column, RecordTable

PAGE = 100


class Host(App[None]):
    """A table alone, fed page by page from a source of `total` rows."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total = total
        self.pages = 0
        self.table: RecordTable[int] = RecordTable([Column("N", 8, str), Column("Texto", 0, lambda n: f"fila {n}")])
        self.register_theme(THEMES[0])
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.feed()
        self.table.focus()

    def feed(self) -> None:
        self.pages += 1
        have = len(self.table.rows)
        rows = range(have, min(have + PAGE, self.total))
        more = have + PAGE < self.total
        self.table.append(list(rows), more=more) if have else self.table.show(list(rows), more=more)

    def on_record_table_more_wanted(self) -> None:
        self.feed()


async def test_pages_are_asked_for_one_at_a_time_as_the_mark_nears_their_end() -> None:
    host = Host(250)
    async with host.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert host.pages == 1
        await pilot.press(*["down"] * (PAGE - AHEAD - 1))
        assert host.pages == 1
        await pilot.press("down")
        await pilot.pause()
        assert host.pages == 2
        for _turn in range(5):
            await pilot.press("end")
            await pilot.pause()
        assert (host.pages, len(host.table.rows), host.table.marked) == (3, 250, 249)
        await pilot.press("home")
        assert host.table.marked == 0


async def test_the_mark_stays_on_its_row_when_the_list_is_read_again() -> None:
    host = Host(50)
    async with host.run_test(size=(40, 12)) as pilot:
        await pilot.press("down", "down")
        assert host.table.marked == 2
        host.table.show([99, *range(50)], more=False, keep=lambda row: row)
        assert host.table.marked == 2
        host.table.show([7, 8], more=False, keep=lambda row: row)
        assert host.table.marked == 7, "its row is gone: the first one"


async def test_a_key_costs_the_same_in_a_list_of_a_hundred_thousand() -> None:
    """A ratio between two lists in one run; the bound is far above the noise and far below 'draws everything'."""
    taken = []
    for total in (100, 100_000):
        host = Host(total)
        async with host.run_test(size=(80, 24)) as pilot:
            host.table.show(range(total), more=False)
            await pilot.pause()
            started = time.process_time()
            await pilot.press(*["pagedown"] * 20)
            taken.append(time.process_time() - started)
    assert taken[1] < taken[0] * 5


async def test_an_empty_list_says_so() -> None:
    host = Host(0)
    host.table._empty = "Nada todavía."
    async with host.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert host.table.marked is None
        await pilot.press("down", "end", "pageup")
        assert host.table.marked is None
        assert "Nada todavía." in host.table.render_line(1).text
