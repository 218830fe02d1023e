"""The sync's screen: what waits, how it goes, how it stops, what it says when it cannot."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from textual import events

from itinerant.errors import NoConnection
from itinerant.sync.outcomes import WrongClock
from itinerant.tui.screens.sync import skew
from tests.screens.fake import (
    MORNING,
    Chosen,
    Day,
    FakeLaptop,
    Quarantined,
    Report,
    Standing,
    Step,
    Tried,
    busy_day,
    open_day,
)
from tests.screens.stage import stage


async def test_it_shows_what_waits_and_sends_it() -> None:
    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        await on.press("s")
        assert "5 cambios esperan en esta laptop, cifrados." in on.prose
        assert "todavía ninguna" in on.text
        await on.press("enter")
        assert "✓ Al día con la oficina: 5 cambios enviados, 0 recibidos." in on.text
        assert "✓ coincide con la oficina" in on.text
        assert "23/11/2026 08:22" in on.text
        await on.press("escape")
        assert "✓ todo enviado" in on.text
        assert "· por enviar" not in on.text


async def test_progress_says_how_much_of_what_and_escape_stops_it_with_what_was_sent_sent() -> None:
    reached, go_on = threading.Event(), threading.Event()

    def step(done: int) -> None:
        if done == 2:
            reached.set()
            go_on.wait(10)

    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        on.sync.step = step
        await on.press("s")
        await on.pilot.press("e")
        await on.until(reached.is_set)
        await on.until(lambda: "Enviando 2 de 5 · Esc detiene; lo enviado queda enviado" in on.text)
        await on.pilot.press("escape")
        await on.until(lambda: "Deteniendo" in on.text)
        assert on.app.background.running
        go_on.set()
        await on.settle()
        assert on.where == "SyncScreen"
        assert "Detenido. Lo enviado queda enviado; lo demás sigue guardado aquí." in on.prose
        assert on.laptop.status()["pending"] == 3


async def test_keys_are_answered_while_it_runs() -> None:
    go_on = threading.Event()
    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        on.sync.step = lambda done: go_on.wait(10) and None
        await on.press("s")
        await on.pilot.press("e")
        await on.pilot.press("f1")
        await on.until(lambda: on.where == "HelpScreen")
        go_on.set()
        await on.settle()


async def test_no_connection_says_what_happened_what_is_safe_and_what_to_do() -> None:
    async with stage(open_day) as on:
        on.sync.fails = NoConnection(
            "La oficina no respondió.", safe="Sus cambios siguen aquí.", next_step="Busque señal y pulse E."
        )
        await on.press("s", "e")
        for words in ("Sin conexión", "La oficina no respondió.", "Sus cambios siguen aquí.", "Busque señal"):
            assert words in on.text
        await on.press("enter")
        on.sync.fails = None
        await on.press("e")
        assert "✓ Al día con la oficina" in on.text


async def test_what_the_office_keeps_aside_is_told_with_its_reason() -> None:
    def fill(laptop: FakeLaptop) -> None:
        busy_day(laptop, 2)
        laptop.standing = Standing("frozen", [Quarantined("LOR07-3", "Parece un número de DNI.")])
        laptop.state = {"last_error": "El servidor no respondió", "next_try_at": 1_795_441_200_000}

    async with stage(fill) as on:
        assert "! 1 por revisar" in on.text
        assert "! apartada" in on.text
        await on.press("s")
        assert "LOR07-3 Parece un número de DNI." in on.prose
        assert "La oficina tiene esta laptop en observación" in on.prose
        await on.press("tab", "end")
        assert "! El servidor no respondió" in on.text
        assert "! 1 dato apartado por la oficina" in on.text
        assert "23/11/2026 08:40" in on.text
        await on.press("q")
        assert on.where == "BoxScreen"
        assert "LOR07-3 Parece un número de DNI." in on.prose
        assert "Corrija el registro si el motivo lo pide" in on.prose


async def test_a_lock_stops_a_sync_first() -> None:
    reached, go_on = threading.Event(), threading.Event()

    def step(_done: int) -> None:
        reached.set()
        go_on.wait(10)

    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        on.sync.step = step
        await on.press("s")
        await on.pilot.press("e")
        await on.until(reached.is_set)
        on.clock.pass_seconds(10_000)
        on.app.lock_when_idle()
        assert on.app.unlocked, "a sync is somebody at work"
        await on.pilot.press("ctrl+b")
        assert not on.laptop.closed
        go_on.set()
        await on.settle()
        assert on.where == "UnlockScreen"
        assert on.laptop.closed
        assert on.laptop.status()["pending"] == 4, "it stopped after the one that travelled"


async def test_a_wrong_clock_is_told_with_its_offset_and_the_office_s_time_is_offered() -> None:
    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        on.sync.fails = WrongClock("Está atrasado 20 años.", 0, 0, safe="Nada se pierde.", next_step="Corríjala.")
        await on.press("s", "e")
        assert "Está atrasado 20 años. Nada se pierde." in on.prose
        await on.press("1")
        assert on.laptop.status()["pending"] == 5
        await on.press("e", "2")
        assert on.sync.office_time
        assert "✓ Al día con la oficina: 5 cambios enviados" in on.text


# -- the centre


async def test_the_boxes_show_what_waits_what_came_and_what_each_try_came_to() -> None:
    def fill(laptop: FakeLaptop) -> None:
        busy_day(laptop, 6)
        tried = Tried(MORNING - 600_000, MORNING - 590_000, sent=12, received=3, bytes_up=2_000, bytes_down=300)
        lost = Tried(
            MORNING - 300_000,
            MORNING - 60_000,
            "no_network",
            "No hay red.",
            "Lo anotado sigue aquí.",
            "Busque señal.",
            bytes_up=900,
            automatic=True,
            times=14,
        )
        laptop.tries.entries = [lost, tried]
        laptop.tries.today = Day(3_200)

    async with stage(fill, size=(120, 40)) as on:
        await on.press("s")
        assert "5 atenciones · P" in on.text
        assert "5 atenciones, 400 B, unos 4 s a la última velocidad" in on.text
        assert "3.2 KB de 5.0 MB" in on.text
        assert "08:12 · ✓ Al día: 12 enviados, 3 recibidos · 2.3 KB · 10 s" in on.text
        assert "08:17 a 08:21 · ! No hay red · 900 B · 14 veces · automática" in on.text
        await on.press("l")
        assert "Lo anotado sigue aquí. Busque señal." in on.prose
        await on.press("escape", "p")
        assert on.text.count("LOR07-") >= 5
        assert "Salen con el próximo envío." in on.text
        await on.press("escape", "r")
        assert "CENTRAL-" in on.text
        assert "LOR07-3" not in on.text


async def test_the_off_switch_and_the_cap_are_kept_at_once() -> None:
    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        await on.press("s", "a")
        assert on.laptop.tries.settings == Chosen(automatic=False)
        assert "cuando usted lo pida" in on.text
        await on.press("t", "2")
        assert on.laptop.tries.settings == Chosen(automatic=False, daily_cap=1_000_000)
        assert "0 B de 1.0 MB" in on.text
        await on.press("a", "t", "1")
        assert on.laptop.tries.settings == Chosen(daily_cap=0)
        assert "0 B, sin tope" in on.text


async def test_a_sync_that_ends_while_the_centre_opens_draws_nothing_on_it_yet() -> None:
    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        on.app.post_message(events.Key("s", "s"))
        await on.moment(lambda: on.where == "SyncScreen")
        on.app.sync_changed(moved=True)
        await on.settle()
        assert "Sincronizar" in on.text


# -- by itself


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("online", "en línea"),
        ("offline", "sin red"),
        ("off", "envío apagado"),
        ("capped", "tope del día"),
        ("trouble", "vea Sincronizar"),
    ],
)
async def test_the_line_at_the_top_says_how_what_goes_by_itself_stands(link: str, told: str) -> None:
    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        on.sync.by_itself = lambda _laptop, _progress, _cancelled: Step(link, 60)
        on.app.background.tick()
        await on.settle()
        assert on.sync.looks == 0, "the day's screen comes first"
        on.clock.pass_seconds(5)
        on.app.background.tick()
        await on.settle()
        assert told in on.text.splitlines()[0]
        on.app.background.tick()
        await on.settle()
        assert on.sync.looks == 1, "it waits as long as the step said"


async def test_it_sends_by_itself_while_a_person_types() -> None:
    reached, go_on = threading.Event(), threading.Event()

    def by_itself(laptop: FakeLaptop, progress: Any, _cancelled: Any) -> Step:
        reached.set()
        go_on.wait(10)
        laptop.received_upto = laptop.head
        progress(5, 5)
        return Step("online", 60, Report(5, 0, False))

    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        on.sync.by_itself = by_itself
        on.clock.pass_seconds(5)
        on.app.background.tick()
        await on.until(reached.is_set)
        await on.pilot.press("n")
        await on.until(lambda: on.where == "SessionScreen")
        await on.pilot.press(*"dni")
        await on.until(lambda: "dni" in on.text)
        go_on.set()
        await on.settle()
        assert on.where == "SessionScreen"
        assert "dni" in on.text
        assert "✓ todo enviado · en línea" in on.text


def told_to_stop(cancelled: Any) -> threading.Event:
    """The event behind the question whether a sync was cancelled."""
    event = cancelled.__self__
    assert isinstance(event, threading.Event)
    return event


async def test_a_lock_waits_for_what_goes_by_itself_and_an_idle_person_is_locked_all_the_same() -> None:
    reached, stopped = threading.Event(), threading.Event()

    def by_itself(_laptop: FakeLaptop, _progress: Any, cancelled: Any) -> Step:
        reached.set()
        assert told_to_stop(cancelled).wait(30)
        stopped.set()
        return Step("online", 60)

    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        on.sync.by_itself = by_itself
        on.clock.pass_seconds(5)
        on.app.background.tick()
        await on.until(reached.is_set)
        on.clock.pass_seconds(10_000)
        on.app.lock_when_idle()
        await on.settle()
        assert stopped.is_set()
        assert on.where == "UnlockScreen"
        assert on.laptop.closed


async def test_who_asks_for_it_does_not_wait_for_what_goes_by_itself() -> None:
    reached = threading.Event()

    def by_itself(_laptop: FakeLaptop, _progress: Any, cancelled: Any) -> Step:
        reached.set()
        assert told_to_stop(cancelled).wait(30)
        return Step("offline", 60)

    async with stage(lambda laptop: busy_day(laptop, 6)) as on:
        on.sync.by_itself = by_itself
        on.clock.pass_seconds(5)
        on.app.background.tick()
        await on.until(reached.is_set)
        await on.pilot.press("s")
        await on.until(lambda: on.where == "SyncScreen")
        await on.press("e")
        assert "✓ Al día con la oficina: 5 cambios enviados" in on.text


def test_the_clocks_skew_in_words() -> None:
    assert skew(None) == "sin comparar todavía"
    assert skew(-20_000) == "✓ coincide con la oficina"
    assert skew(180_000) == "! adelantado 3 min (no altera sus datos)"
    assert skew(-20 * 365 * 86_400_000) == "! atrasado 7300 días (no altera sus datos)"
