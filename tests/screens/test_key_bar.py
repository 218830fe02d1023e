"""The keys at the foot: they follow where one is, and the mouse presses them."""

from __future__ import annotations

from textual.geometry import Offset

from itinerant.tui.screens.help import HelpScreen
from itinerant.tui.widgets.key_bar import KeyBar
from tests.screens.stage import Stage, stage


def place_of(on: Stage, words: str) -> Offset:
    """Where in the key bar these words are."""
    bar = on.app.screen.query_one(KeyBar)
    line = on.text.splitlines()[bar.region.y]
    return Offset(line.index(words) - bar.region.x, 0)


async def test_a_click_on_a_key_presses_it() -> None:
    async with stage() as on:
        await on.pilot.click(KeyBar, offset=place_of(on, "Sincronizar"))
        await on.settle()
        assert on.where == "SyncScreen"


async def test_a_click_beside_the_keys_does_nothing() -> None:
    async with stage(size=(120, 40)) as on:
        await on.pilot.click(KeyBar, offset=Offset(118, 0))
        await on.settle()
        assert on.where == "VisitScreen"


async def test_the_mouse_on_a_key_says_what_it_does() -> None:
    async with stage() as on:
        bar = on.app.screen.query_one(KeyBar)
        await on.pilot.hover(KeyBar, offset=place_of(on, "Sincronizar"))
        assert bar.under == "s"
        assert bar.tooltip == "Envía lo pendiente a la oficina y trae lo nuevo."
        await on.pilot.hover("#total")
        assert not bar.under


async def test_the_keys_follow_what_can_be_done_now() -> None:
    async with stage() as on:
        assert "Esc Volver" not in on.text.splitlines()[-1]
        await on.press("b")
        assert "Esc Volver" in on.text.splitlines()[-1]


async def test_keys_that_change_while_their_screen_closes_are_no_fault() -> None:
    async with stage() as on:
        await on.press("b")
        bar = on.app.screen.query_one(KeyBar)
        on.app.push_screen(HelpScreen([], form=False))
        await on.settle()
        behind = on.app.screen.query_one(KeyBar)
        await on.press("escape")
        behind.look()
        bar.look()
        assert "Esc Volver" in on.text.splitlines()[-1]
