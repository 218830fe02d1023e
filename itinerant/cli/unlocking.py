"""The home that a command works on, and how it is unlocked.

* A passphrase comes from a file or from a prompt, never from the arguments or the environment.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.cli import output
from itinerant.errors import Locked, UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.domain.condition import Condition
    from itinerant.paths import Home
    from itinerant.store.laptop import Laptop

FILE_VARIABLE = "ITINERANT_PASSPHRASE_FILE"
"""The variable that names the file, never what is in it."""
_MAX_FILE = 4_096


def home_of(asked: argparse.Namespace) -> Home:
    """The folder that the command line, the environment or the platform says."""
    from itinerant.paths import Home  # 30 ms

    return Home.find(Path(asked.home) if asked.home else None)


def unlock(asked: argparse.Namespace) -> Laptop:
    """The laptop of the home, unlocked; close it. Raises `Locked`, `UserError` when there is no laptop there.

    What is the matter with it is told in a line; `status` tells the rest.
    """
    laptop_home(asked)
    laptop = open_with(asked, passphrase_of(asked))
    matter = condition_of(laptop)
    if matter is not None:
        output.say(f"! {matter.title}. " + _("«itinerant status» dice qué hacer."))
    return laptop


def condition_of(laptop: Laptop) -> Condition | None:
    """What is the matter with an unlocked laptop; None when all is well."""
    from itinerant.domain.condition import condition

    standing, alarm = laptop.standing, laptop.witness.alarm
    history = alarm.sentence if alarm else ""
    return condition(standing.state if standing else "", laptop.past.value, laptop.device, history)


def open_with(
    asked: argparse.Namespace, passphrase: str, *, person: str | None = None, reading_only: bool = False
) -> Laptop:
    """The laptop of the home, unlocked with a passphrase that is known already."""
    from itinerant.store.laptop import Laptop  # half a second, most of it SQLAlchemy

    return Laptop.unlock(home_of(asked).root, passphrase, person, reading_only=reading_only)


def laptop_home(asked: argparse.Namespace) -> Home:
    """The folder, once it is seen that a laptop was enrolled there."""
    home = home_of(asked)
    if not home.slots.exists() and not home.database.exists():
        raise UserError(
            _("En {folder} no hay una laptop inscrita.").format(folder=home.root),
            next_step=_("Inscríbala con «itinerant enrol», o elija otra carpeta con --home."),
            code="no_laptop",
        )
    return home


def passphrase_of(asked: argparse.Namespace, prompt: str = "") -> str:
    """The passphrase, from the file that was named or from the person at the terminal."""
    named = asked.passphrase_file or os.environ.get(FILE_VARIABLE, "")
    return read_passphrase(Path(named)) if named else ask(prompt or _("Frase de acceso: "))


def read_passphrase(path: Path) -> str:
    """The first line of a passphrase file."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_FILE).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(_("No se puede leer el archivo de la frase de acceso."), place=str(path)) from error
    return text.removeprefix("\ufeff").partition("\n")[0].rstrip("\r")


def ask(prompt: str) -> str:
    """What the person types, unseen. Raises `Locked` where nobody can type."""
    if not _has_terminal():
        raise Locked(
            _("Hace falta la frase de acceso."),
            next_step=_("Use --passphrase-file, o ejecute la orden en una terminal."),
            code="no_passphrase",
        )
    try:
        return getpass.getpass(prompt)
    except EOFError as error:
        raise Locked(_("Hace falta la frase de acceso."), code="no_passphrase") from error


def _has_terminal() -> bool:
    """Whether `getpass` can reach a person; its fallback would read the data on standard input."""
    if os.name != "posix":
        return sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def new_passphrase(asked: argparse.Namespace, *, fresh: bool) -> str:
    """The passphrase of a home: typed twice where it is `fresh`, as nobody could correct a slip later."""
    if asked.passphrase_file or os.environ.get(FILE_VARIABLE) or not fresh:
        return passphrase_of(asked)
    output.say(_("Elija una frase de acceso: cuatro palabras, o 15 caracteres. Sin ella no se abre el cuaderno."))
    return ask_twice(_("Frase de acceso nueva: "))


def ask_twice(prompt: str) -> str:
    """A new passphrase, typed twice alike."""
    first = ask(prompt)
    if first != ask(_("Otra vez: ")):
        raise UserError(_("Las dos frases no son iguales."), place="passphrase", code="mismatch")
    return first
