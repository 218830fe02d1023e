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


def open_screen(terminal: Terminal, home: Path, **variables: str) -> None:
    """Start the program and unlock."""
    terminal.run([sys.executable, "-m", "itinerant.entry", "--home", str(home)], **variables)
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


def mend_the_day(terminal: Terminal) -> None:
    """Void the latest, amend the other."""
    terminal.press("Enter")
    terminal.until("Atención LOR07-4", "Historia")
    terminal.type("x")
    terminal.until("Anular LOR07-4", "Motivo")
    terminal.type("se repite")
    terminal.press("Enter")
    terminal.until("! Anulada", "Motivo: se repite")
    terminal.press("Escape")
    terminal.until("Nueva atención", "Anulada")
    terminal.press("Down", "Enter")
    terminal.until("Atención LOR07-3", "Historia")
    terminal.type("m")
    terminal.until("Modificar LOR07-3", "▌ Servicio", "Lengua", "Nota", "F4 muestra")
    terminal.press("Tab")
    terminal.until("▌ Resultado")
    terminal.type("2")
    terminal.until("✓ Resuelta en parte", "▌ Causa")
    terminal.type("7")
    terminal.until("✓ Se retiró")
    terminal.press("C-s")
    terminal.until("¿Por qué se corrige?")
    terminal.type("no esperó el sello")
    terminal.press("Enter")
    terminal.until("Resuelta en parte", "Motivo: no esperó el sello")
    terminal.press("Escape")
    terminal.until("Nueva atención")


def end_the_day(terminal: Terminal, folder: Path) -> None:
    """Tell TI of a failure, look at the report, close and take the acta along."""
    terminal.type("i")
    terminal.until("Incidencia: registro nuevo", "▌ Tipo")
    terminal.type("2")
    terminal.until("✓ Energía")
    terminal.press("C-s")
    terminal.until("▌ Qué pasó", "! Falta «Qué pasó».")
    terminal.type("se fue la luz")
    terminal.press("C-s")
    terminal.until("✓ Guardado LOR07-7")
    terminal.type("g")
    terminal.until("Reportes · 1/3", "Resuelta en parte", "1 anulada")
    terminal.press("Escape")
    terminal.until("Nueva atención")
    terminal.type("c")
    terminal.until("¿Cerrar la jornada?")
    terminal.type("2")
    terminal.until("Acta de la jornada", "▀")
    terminal.press("C-s")
    terminal.until("¿Dónde guardar el acta?")
    terminal.type("1")
    terminal.until("✓ Acta escrita")
    terminal.press("C-q")
    terminal.wait_for_the_end()
    (paper,) = folder.rglob("acta-*.txt")
    assert "Resuelta en parte" in paper.read_text(encoding="utf-8")
    assert paper.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")


def test_a_day_with_a_power_cut_in_the_middle(office: Stage, terminal: Terminal, tmp_path: Path) -> None:
    home = office.home(FIRST)
    with office.unlock(FIRST) as laptop:  # else it may send by itself before the day comes to that
        laptop.tries.settings = replace(laptop.tries.settings, automatic=False)
    (tmp_path / "Documentos").mkdir()
    variables = {"HOME": str(tmp_path), "XDG_DOCUMENTS_DIR": str(tmp_path / "Documentos")}
    open_screen(terminal, home, **variables)

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

    open_screen(terminal, home, **variables)
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
    mend_the_day(terminal)
    end_the_day(terminal, tmp_path)

    passphrase_file = tmp_path / "frase.txt"
    passphrase_file.write_text(PASSPHRASE + "\n", encoding="utf-8")
    kept = sessions(home, passphrase_file)
    assert [(one["void"], one["age_band"], one["outcome"], one["cause"]) for one in kept] == [
        (True, "45-59", "resolved", None),
        (False, None, "partial", "left"),
    ]
