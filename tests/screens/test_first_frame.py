"""The unlock screen is drawn before anything heavy is imported; what the day needs is imported behind it."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

from itinerant.tui import app, pauses
from tests.screens.stage import stage

ROOT = Path(__file__).resolve().parents[2]


def loaded(program: str) -> set[str]:
    """Names in `sys.modules` after a fresh process ran `program`."""
    program += "; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_first_frame_imports_neither_the_domain_nor_the_store() -> None:
    names = loaded("import itinerant.tui.app")
    for late in ("itinerant.domain", "itinerant.store", "itinerant.sync", "itinerant.card", "sqlalchemy", "httpx"):
        assert not {name for name in names if name == late or name.startswith(f"{late}.")}, late


def test_what_a_day_needs_is_imported_behind_the_unlock_screen() -> None:
    names = loaded("from itinerant.tui.app import ItinerantApp; ItinerantApp.import_screens()")
    assert {f"itinerant.tui.screens.{name}" for name in app._LATE} <= names
    assert "itinerant.domain.session" in names


def test_the_settings_that_textual_reads_at_import_are_made_before_it() -> None:
    names = loaded("import itinerant.tui.start")
    assert not {name for name in names if name.startswith("textual")}


async def test_the_collector_is_back_once_the_first_screen_is_drawn() -> None:
    pauses.start_without_collecting()
    try:
        async with stage(locked=True):
            assert gc.isenabled()
    finally:
        gc.enable()


async def test_what_was_imported_is_left_out_of_the_collector_s_rounds_once_a_laptop_is_open() -> None:
    async with stage():
        assert gc.get_freeze_count() > 10_000
        assert sys.getswitchinterval() < 0.002
