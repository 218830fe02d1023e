"""The sync's screen: what waits, how it goes, how it stops, what it says when it cannot."""

from __future__ import annotations

import threading

from itinerant.errors import NoConnection
from itinerant.tui.screens.sync import skew
from tests.screens.fake import FakeLaptop, Quarantined, Standing, busy_day, open_day
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
        assert "! 1 dato apartado por la oficina" in on.text
        assert "LOR07-3 Parece un número de DNI." in on.prose
        assert "La oficina tiene esta laptop en observación" in on.prose
        assert "! El servidor no respondió" in on.text
        assert "23/11/2026 08:40" in on.text


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


def test_the_clocks_skew_in_words() -> None:
    assert skew(None) == "sin comparar todavía"
    assert skew(-20_000) == "✓ coincide con la oficina"
    assert skew(180_000) == "! adelantado 3 min (no altera sus datos)"
    assert skew(-20 * 365 * 86_400_000) == "! atrasado 7300 días (no altera sus datos)"
