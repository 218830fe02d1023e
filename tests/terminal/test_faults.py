"""What a person sees when the program itself fails, and what stays from one start to the next."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from itinerant.config import Config
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


def test_the_colours_that_one_chose_are_remembered(terminal: Terminal) -> None:
    assert Config().theme == "claro"
    terminal.run([sys.executable, "-c", REMEMBERING])
    terminal.until("Frase de acceso")
    terminal.press("C-t")
    terminal.until("Colores: oscuro")
    terminal.press("Escape")
    terminal.wait_for_the_end()
    terminal.until("colores: oscuro")
