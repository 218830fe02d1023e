"""The stick's screen: what is plugged in, what was written and read, how it stops, what it says when it cannot."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from textual.widgets import Input

from itinerant.errors import Damaged, StoreProblem
from itinerant.sync.courier import ForPeer, FromPeer, Read, Written
from tests.screens.fake_stick import KINGSTON, SMALL
from tests.screens.stage import stage

HERE = Path("/media/rosa/KINGSTON")


async def test_it_lists_the_drives_and_follows_them_as_they_come_and_go() -> None:
    async with stage() as on:
        on.sync.stick.connected = []
        await on.press("s", "u")
        assert on.where == "StickScreen"
        assert "Conecte una memoria" in on.text
        await on.press("e")
        assert on.where == "FolderDialog", "with no drive it asks for a folder"
        await on.press("escape")
        for drives in ([SMALL], [KINGSTON, SMALL], [replace(KINGSTON, free=4_000_000), SMALL], []):
            on.sync.stick.connected = drives
            on.app.screen.look()
            await on.settle()
            assert all(drive.words()[:36] in on.text for drive in drives)
            assert ("KINGSTON" in on.text) is (KINGSTON.path in [drive.path for drive in drives])


async def test_it_writes_to_the_marked_drive_and_says_for_whom() -> None:
    async with stage() as on:
        on.sync.stick.written = Written([HERE / "K3VQ7TZA.ITP"], 42, 9_000, [ForPeer("LOR08", 1)])
        await on.press("u", "e")
        assert on.sync.stick.asked == [("write", HERE)]
        for words in (
            "✓ Escrito. Expulse la memoria antes de retirarla.",
            "Para la oficina: 42 cambios.",
            "Para la laptop LOR08: 1 cambio.",
            "1 archivo en total.",
        ):
            assert words in on.prose, words
        on.sync.stick.written = Written([HERE / "K3VQ7TZA.ITP"], 0, 400)
        await on.press("e")
        assert "Para la oficina: nada pendiente; se le pide lo nuevo." in on.prose


async def test_it_reads_the_marked_drive_and_names_what_is_damaged() -> None:
    damaged = [Damaged("Está cortado.", place=f"/media/rosa/MEMORIA/{n:08}.ITR") for n in range(30)]
    peers = [FromPeer("LOR08", 12, 3, ahead=True)]
    async with stage(size=(120, 60)) as on:
        on.sync.stick.read_back = Read(1, 42, 5, peers, 2, damaged)
        await on.press("u", "down", "l")
        assert on.sync.stick.asked == [("read", SMALL.path)]
        for words in (
            "De la oficina: 42 cambios de aquí recibidos por ella, 5 traídos.",
            "De la laptop LOR08: 12 cambios nuevos.",
            "! 3 más no cuentan",
            "! Tiene de esta laptop más de lo que hay aquí",
            "2 archivos son para otros",
            "! 00000000.ITR: Está cortado.",
            "! … y 10 dañados más.",
        ):
            assert words in on.prose, words
        on.sync.stick.read_back = Read(foreign=1)
        await on.press("l")
        assert "En la memoria no hay nada para esta laptop." in on.prose
        assert "1 archivo es para otros: se deja como está." in on.prose


async def test_a_folder_may_be_typed() -> None:
    async with stage() as on:
        await on.press("u", "o")
        on.app.screen.query_one(Input).value = " /mnt/usb "
        await on.press("enter")
        assert "Carpeta escrita" in on.text
        await on.press("e")
        assert on.sync.stick.asked == [("write", Path("/mnt/usb"))]
        on.app.screen.look()
        await on.settle()
        assert "/mnt/usb" in on.text, "it stays when drives come and go"


async def test_progress_is_shown_and_escape_stops_it() -> None:
    reached, go_on = threading.Event(), threading.Event()

    def step(done: int) -> None:
        if done == 2:
            reached.set()
            go_on.wait(10)

    async with stage() as on:
        on.sync.stick.step = step
        await on.press("u")
        await on.pilot.press("e")
        await on.until(reached.is_set)
        await on.until(lambda: "Escribiendo: 2 de 3 cambios · Esc detiene" in on.text)
        await on.pilot.press("e")
        await on.pilot.press("escape")
        go_on.set()
        await on.settle()
        assert on.where == "StickScreen"
        assert on.sync.stick.asked == [("write", HERE)], "one at a time"
        assert "Detenido. Lo escrito entero vale" in on.prose
        await on.press("escape")
        assert on.where == "VisitScreen"


async def test_a_lock_waits_for_the_file_at_hand() -> None:
    reached, go_on = threading.Event(), threading.Event()

    def step(_done: int) -> None:
        reached.set()
        go_on.wait(10)

    async with stage() as on:
        on.sync.stick.step = step
        await on.press("u")
        await on.pilot.press("l")
        await on.until(reached.is_set)
        await on.pilot.press("ctrl+b")
        assert not on.laptop.closed
        go_on.set()
        await on.settle()
        assert on.where == "UnlockScreen"
        assert on.laptop.closed


async def test_a_full_stick_is_told_with_what_is_safe_and_what_to_do() -> None:
    async with stage() as on:
        on.sync.stick.fails = StoreProblem(
            "La memoria está llena.", safe="Lo anotado sigue a salvo.", next_step="Libere espacio.", place="/media/x"
        )
        await on.press("u", "e")
        for words in ("La memoria está llena.", "Lo anotado sigue a salvo.", "Libere espacio."):
            assert words in on.text
        await on.press("enter")
        assert on.where == "StickScreen"
        on.sync.stick.fails = None
        await on.press("e")
        assert "✓ Escrito." in on.text
