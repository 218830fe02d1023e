"""The unlock screen is drawn before anything heavy is imported; what the day needs is imported behind it."""

from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import time
import weakref
from pathlib import Path

import pytest

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


async def test_closed_screens_are_let_go_of_in_a_quiet_moment_and_not_under_a_key() -> None:
    before = gc.get_threshold()
    async with stage() as on:
        assert gc.get_threshold()[2] > 100, "Python would look at everything after 10"
        closed = []
        for _time in range(8):
            await on.press("n")
            closed.append(weakref.ref(on.app.screen))
            await on.press("escape")
        assert any(ref() for ref in closed)
        on.app.tidy_when_quiet()
        assert any(ref() for ref in closed), "a key was pressed a moment ago"
        on.clock.pass_seconds(2)
        on.app.tidy_when_quiet()
        assert not any(ref() for ref in closed[:-1]), "the last one may be on its way out still"
    assert gc.get_threshold() == before


def test_others_take_short_turns_while_the_screen_waits_and_none_while_it_works() -> None:
    def turns_are_short() -> bool:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:  # until the loop waits for this thread
            if sys.getswitchinterval() == pytest.approx(pauses.TURN_S):
                return True
        return False

    async def seen() -> tuple[float, bool, bool]:
        here, there = socket.socketpair()
        told = asyncio.Event()
        with here, there:
            asyncio.get_running_loop().add_reader(here, told.set)
            there.send(b"x")
            deadline = time.monotonic() + 10
            while not told.is_set() and time.monotonic() < deadline:
                await asyncio.sleep(0)  # the loop has work all the time
            asyncio.get_running_loop().remove_reader(here)
        return sys.getswitchinterval(), told.is_set(), await asyncio.to_thread(turns_are_short)

    before = sys.getswitchinterval()
    with asyncio.Runner(loop_factory=pauses.loop) as runner:
        assert runner.run(seen()) == (pytest.approx(pauses.WORK_S), True, True)
    assert sys.getswitchinterval() == pytest.approx(before)
