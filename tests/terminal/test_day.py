"""A brigade's first day in a real terminal: a newcomer's keys, a power cut in the middle, and the office at the end."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from itinerant.demo.scene import FIRST, PASSPHRASE
from itinerant.demo.stage import Stage, standing
from tests.terminal.terminal import Terminal


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An office that answers, with an enrolled laptop that has not opened a visit yet."""
    with standing(tmp_path_factory.mktemp("demo"), lambda _words: None) as stage:
        yield stage


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def open_screen(terminal: Terminal, home: Path) -> None:
    """Start the program and unlock."""
    terminal.run([sys.executable, "-m", "itinerant.entry", "--home", str(home)])
    terminal.until("Frase de acceso", "✓ ")
    terminal.type(PASSPHRASE)
    terminal.press("Enter")


def sessions(home: Path, passphrase_file: Path) -> list[dict[str, object]]:
    """What the laptop holds, as another program sees it."""
    command = [sys.executable, "-m", "itinerant.entry", "--home", str(home)]
    command += ["--passphrase-file", str(passphrase_file), "--json", "session", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def stopwatch(terminal: Terminal) -> int:
    """Seconds on the form's stopwatch."""
    found = re.search(r"Tiempo +(\d+):(\d+)", terminal.screen)
    return int(found[1]) * 60 + int(found[2]) if found else 0


def two_seconds(terminal: Terminal) -> None:
    """Let the stopwatch go on by two seconds."""
    end = stopwatch(terminal) + 2
    while stopwatch(terminal) < end:
        assert not terminal.ended(), terminal.screen


def test_a_day_with_a_power_cut_in_the_middle(office: Stage, terminal: Terminal, tmp_path: Path) -> None:
    home = office.home(FIRST)
    with office.unlock(FIRST) as laptop:  # else it may send by itself before the day comes to that
        laptop.tries.settings = replace(laptop.tries.settings, automatic=False)
    open_screen(terminal, home)

    terminal.until("Buen día", "Abrir la jornada")
    terminal.press("Enter")
    terminal.until("¿Dónde atiende hoy la brigada?", "› 1 ")
    terminal.type("1")
    terminal.press("C-s")
    terminal.until("Verificación antes de abrir", "F4 muestra más datos")
    terminal.press("C-s")
    terminal.until("Todavía no hay atenciones.")

    terminal.type("n")
    terminal.until("Elija con un número")
    terminal.type("2")
    terminal.until("▌ Resultado")
    terminal.press("C-s")
    terminal.until("✓ Guardado LOR07-3", "· por enviar")

    terminal.type("n")
    terminal.until("Elija con un número")
    terminal.type("3")
    terminal.until("▌ Resultado")
    terminal.press("Enter")
    terminal.until("▌ Grupo de edad")
    terminal.type("4")
    terminal.until("✓ 45 a 59")
    two_seconds(terminal)  # a draft is in the store one second after the key
    terminal.pull_the_plug()

    open_screen(terminal, home)
    terminal.until("Quedó una atención sin terminar", "1  Continuar la atención empezada a las")
    terminal.type("1")
    terminal.until("✓ 45 a 59", "Continúa la atención")
    terminal.press("C-s")
    terminal.until("✓ Guardado LOR07-4")

    terminal.type("s")
    terminal.until("4 cambios esperan en esta laptop, cifrados.")
    terminal.press("Enter")
    terminal.until("✓ Al día con la oficina: 4 cambios enviados", "✓ todo enviado")
    terminal.press("Escape")
    terminal.until("✓ recibida")
    terminal.press("C-q")
    terminal.wait_for_the_end()

    passphrase_file = tmp_path / "frase.txt"
    passphrase_file.write_text(PASSPHRASE + "\n", encoding="utf-8")
    kept = sessions(home, passphrase_file)
    assert len(kept) == 2
    assert {one["age_band"] for one in kept} == {None, "45-59"}
