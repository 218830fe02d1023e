"""What a person sees when the program itself fails, and what stays from one start to the next."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from itinerant.config import Config
from tests.screens.fake import PASSPHRASE
from tests.terminal.terminal import Terminal

FAULTY = """
from itinerant.config import Config
from itinerant.tui import start
class Opener:
    def people(self):
        return [("P014", "")]
    def unlock(self, passphrase, person):
        raise AssertionError
import itinerant.tui.app as app
def fail(self):
    secret = "frase muy secreta"
    raise ZeroDivisionError(secret)
app.ItinerantApp.action_next_theme = fail
class Cards:
    def watch(self, hear):
        return lambda: None
class Desk:
    preferences = Config()
    cards = Cards()
    def keep(self, preferences):
        print("colores:", preferences.theme)
raise SystemExit(start.run(Opener(), None, Desk()))
"""
WRITING = """
from pathlib import Path
from itinerant.config import Config
from itinerant.tui import start
import itinerant.tui.app as app
from tests.screens.fake import Clock, FakeOpener, FakeSync, busy_day
from tests.screens.fake_desk import FakeDesk
def fail(self):
    secret = self.screen.form.values()["note"]
    raise ZeroDivisionError(secret)
app.ItinerantApp.action_next_theme = fail
opener, desk = FakeOpener(Clock(), busy_day), FakeDesk()
code = start.run(opener, FakeSync(), desk)
draft = opener.laptops[-1].drafts.load("session")
print("borrador:", "note" in draft.values["values"], "informes:", len(desk.reports), *desk.written)
raise SystemExit(code)
"""
REMEMBERING = FAULTY.replace("app.ItinerantApp.action_next_theme = fail", "")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def test_a_fault_of_the_screen_ends_in_words_without_a_trace_or_values(terminal: Terminal) -> None:
    terminal.run([sys.executable, "-c", FAULTY])
    terminal.until("Frase de acceso")
    terminal.press("C-t")
    terminal.wait_for_the_end()
    seen = terminal.until("El programa encontró una falla", "Guardado", "código para el área de TI")  # none is cut off
    assert "ZeroDivisionError" in seen
    assert "Traceback" not in seen
    assert "secreta" not in seen


def test_a_fault_while_one_writes_keeps_the_draft_and_leaves_a_report(terminal: Terminal) -> None:
    terminal.run([sys.executable, "-c", WRITING])
    terminal.until("Frase de acceso", "✓ P014")  # the fake does not find out whose passphrase it is
    terminal.type(PASSPHRASE)
    terminal.press("Enter")
    terminal.until("N Nueva")
    terminal.press("n")
    terminal.until("Elija con un número")
    terminal.press("F3")
    terminal.until("¿A qué campo?", "6 Nota")
    terminal.type("6")
    terminal.until("Sin nombres")
    terminal.type("secreta")
    terminal.press("C-t")  # at once: the draft's timer has not ended
    terminal.wait_for_the_end()
    seen = terminal.until("borrador: True informes: 1 /home/brigada/Documentos/falla-LOR07-")
    prose = " ".join(seen.split())
    assert "✓ Lo que escribía quedó en borrador." in prose
    assert "✓ Informe sellado para el área de TI: /home/brigada/Documentos/falla-LOR07-" in prose
    assert "› Abra el programa de nuevo" in prose
    assert "Traceback" not in seen
    assert "secreta" not in seen


def test_the_colours_that_one_chose_are_remembered(terminal: Terminal) -> None:
    assert Config().theme == "claro"
    terminal.run([sys.executable, "-c", REMEMBERING])
    terminal.until("Frase de acceso")
    terminal.press("C-t")
    terminal.until("Colores: oscuro")
    terminal.press("Escape")
    terminal.wait_for_the_end()
    terminal.until("colores: oscuro")
