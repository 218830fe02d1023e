"""What holds on every screen: it looks as it did, in Spanish, with all its keys in sight, readable in every theme.

The pictures are text (`snapshots/*.txt`), readable in a diff; `UPDATE_SNAPSHOTS=1` writes them anew.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import Color
from textual.screen import ModalScreen
from textual.strip import Strip

from itinerant import tui
from itinerant.tui.actions import ACTIONS
from itinerant.tui.routes import PLACES
from itinerant.tui.textual_es import ENGLISH
from itinerant.tui.themes import THEMES
from itinerant.tui.widgets.key_bar import KeyBar
from tests.screens.stage import Stage, stage
from tests.screens.tour import STEPS, Step, go

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = ((80, 24), (120, 40))
NAMES = [step.name for step in STEPS]
LEAST_CONTRAST = {"claro": 4.5, "oscuro": 4.5, "contraste": 7.0}
"""WCAG 2.2, 1.4.3; for the sun, 1.4.6."""
PASSING = {"Working"}
"""Screens that are there only while something runs: their own tests hold them."""


GRAPHICS = " ▁▂▃▄▅▆▇█▌░│╭╮╰╯─"
"""Bars and frames: no words, and the state that they show is written beside them."""


def compare(name: str, seen: str) -> None:
    """Compare with the stored picture, or store it when asked to."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(seen + "\n", encoding="utf-8")
    assert path.exists(), f"{path.name} is missing: UPDATE_SNAPSHOTS=1 writes it"
    assert seen == path.read_text(encoding="utf-8").removesuffix("\n")


def keys_fit(on: Stage) -> bool:
    """Whether the key bar shows all its keys."""
    return all(bar.whole for bar in on.app.screen.query(KeyBar))


def english(text: str) -> list[str]:
    """Words of Textual's own that are seen."""
    return [word for word in ENGLISH if re.search(rf"\b{re.escape(word)}\b", text)]


def luminance(color: Color) -> float:
    """Relative luminance of WCAG 2.2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in color.get_truecolor())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: Color, ground: Color) -> float:
    """From 1 (none) to 21."""
    low, high = sorted((luminance(ink), luminance(ground)))
    return (high + 0.05) / (low + 0.05)


def in_front(on: Stage) -> Iterator[Strip]:
    """What is drawn, without what a window dims behind itself."""
    screen = on.app.screen
    strips = screen._compositor.render_strips()
    if not isinstance(screen, ModalScreen):
        yield from strips
    for widget in screen.query(".window, #--container, KeyBar") if isinstance(screen, ModalScreen) else ():
        region = widget.region
        for strip in strips[region.y : region.bottom]:
            yield strip.crop(region.x, region.right)


def contrasts(on: Stage) -> dict[tuple[str, str], tuple[float, str]]:
    """The contrast of each pair of text and ground that is drawn, with a piece of what is written so."""
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for strip in in_front(on):
        for text, style, _control in strip:
            if not text.strip(GRAPHICS) or style is None or style.color is None or style.bgcolor is None:
                continue
            ink, ground = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
            found.setdefault((ink.name, ground.name), (contrast(ink, ground), text.strip()[:30]))
    return found


async def test_each_theme_draws_with_the_colours_that_it_did() -> None:
    """The pictures are without colours: this holds which pairs of text and ground each theme draws, in two screens."""
    async with stage() as on:
        for name, keys in (("jornada", ()), ("atencion", ("n", "2", "3"))):
            await on.press(*keys)
            lines = []
            for theme in THEMES:
                on.app.theme = theme.name
                await on.settle()
                lines += [f"{theme.name}: {ink} / {ground}" for ink, ground in sorted(contrasts(on))]
            compare(f"colores-{name}", "\n".join(lines))


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
async def test_it_looks_as_it_did_and_every_word_can_be_read(step: Step) -> None:
    async with stage(step.fill, theme=THEMES[-1].name, locked=step.locked, hint="cuatro palabras de ejemplo") as on:
        await go(on, step)
        assert on.where == step.screen
        for theme in reversed(THEMES):
            on.app.theme = theme.name
            await on.settle()
            for (ink, ground), (ratio, text) in contrasts(on).items():
                least = LEAST_CONTRAST[theme.name]
                assert ratio >= least, f"{theme.name}: {ink} on {ground} is {ratio:.2f}: {text!r}"
        for width, height in SIZES:
            await on.pilot.resize_terminal(width, height)
            await on.settle()
            assert keys_fit(on), on.text.splitlines()[-1]
            assert not english(on.text)
            compare(f"{step.name}-{width}x{height}", on.text)


def screens_in(source: str) -> set[str]:
    """The classes of screens that a module has, those with a name that it keeps to itself left out."""
    names = {"Screen", "Page", "Dialog", "FormPage", "ComparedPage", "PinDialog"}
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            bases = {part.id for base in node.bases for part in ast.walk(base) if isinstance(part, ast.Name)}
            if bases & names:
                found.add(node.name)
    return found


def test_every_class_of_screen_and_every_place_has_its_picture() -> None:
    sources = (Path(tui.__file__).parent / "screens").rglob("*.py")
    found = set().union(*(screens_in(path.read_text(encoding="utf-8")) for path in sources))
    assert len(found) > 30
    shapes = {"Page", "Dialog", "FormPage", "ComparedPage"}
    assert found - shapes - PASSING == {step.screen for step in STEPS} - {"Palette"}
    assert {place.key for place in PLACES} <= {
        step.keys[step.keys.index("r") + 1] for step in STEPS if "r" in step.keys[:-1]
    }


def test_every_picture_belongs_to_a_step() -> None:
    names = {f"{name}-{width}x{height}" for name in NAMES for width, height in SIZES}
    left = {path.stem for path in SNAPSHOTS.glob("*.txt")} - names
    assert not [name for name in left if not re.match(r"colores-|agente-\w+-(es|quz)-", name)]


FREE_OF_CTRL = set("abdefgklnoprstuwxy") | {"q", "c", "v", "z"}
"""Ctrl with h, i, j, m are Backspace, Tab, line feed and Enter to a terminal."""


def test_every_key_can_be_pressed_on_a_spanish_keyboard_without_altgr_or_a_dead_key() -> None:
    names = {"escape", "enter", "tab", "space", "up", "down", "left", "right", "home", "end", "pageup", "pagedown"}
    names |= {"backspace", "delete", *(f"f{n}" for n in range(1, 13)), *"abcdefghijklmnopqrstuvwxyz0123456789"}
    for action in ACTIONS.values():
        for key in action.keys:
            *held, bare = key.split("+")
            assert bare in names, f"{action.id}: {key}"
            assert held in ([], ["shift"], ["ctrl"]), f"{action.id}: {key}"
            assert held != ["shift"] or len(bare) > 1, f"{action.id}: {key}"
            assert held != ["ctrl"] or bare in FREE_OF_CTRL, f"{action.id}: {key}"
    for place in PLACES:
        assert place.key in names


async def test_without_colour_the_state_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage() as on:
        assert on.app.no_color
        assert "› 08:15" in on.text or "›08:15" in on.text, "the marked line"
        assert "✓ recibida" in on.text
        await on.press("n", "2")
        assert "✓ Resuelta" in on.text, "what is chosen"
        assert "▌ Resultado" in on.text, "where the cursor is"


async def test_the_palette_finds_an_action_by_its_name_and_runs_it() -> None:
    async with stage() as on:
        await on.press("ctrl+p")
        await on.type("sincr")
        await on.until(lambda: "Envía lo pendiente" in on.text)
        await on.press("down", "enter")
        await on.until(lambda: on.where == "SyncScreen")


async def test_the_help_names_every_key_of_the_screen_it_was_called_on() -> None:
    async with stage(size=(120, 50)) as on:
        bound = {each.binding.id for each in on.app.screen.active_bindings.values() if each.binding.id}
        await on.press("f1")
        for words in (
            "Nueva. Empieza una atención",
            "Cerrar. Cierra la jornada",
            "Buscar. Filtra",
            "F1, Ctrl+G",
            "Ctrl+P, F10",
        ):
            assert words in on.prose, words
        assert {"new_session", "help", "menu", "lock"} <= bound
        await on.press("escape")
        assert on.where == "VisitScreen"


async def test_the_twins_of_f1_and_f10_work() -> None:
    async with stage() as on:
        await on.press("ctrl+g")
        assert on.where == "HelpScreen"
        await on.press("escape", "f10")
        assert on.where == "Palette"


async def test_colours_change_without_a_restart() -> None:
    async with stage() as on:
        names = [on.app.theme]
        for _turn in THEMES:
            await on.press("ctrl+t")
            names.append(on.app.theme)
        assert names == ["claro", "oscuro", "contraste", "claro"]


async def test_ctrl_c_says_how_to_leave() -> None:
    async with stage() as on:
        await on.press("ctrl+c")
        assert "Para salir use Ctrl+Q." in on.text
