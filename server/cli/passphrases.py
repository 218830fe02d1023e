"""Passphrases of the office's people: from a file or typed unseen, never in the arguments or the environment."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from itinerant.errors import Locked, UserError
from itinerant.texts import _

_MAX_FILE = 4_096


def read(file: str, prompt: str, *, twice: bool = False) -> str:
    """The first line of `file`, or what a person types at `prompt` (`twice` for a new one)."""
    if file:
        return _first_line(Path(file))
    if not sys.stdin.isatty():
        raise Locked(
            _("Hace falta la frase."),
            next_step=_("Use --passphrase-file, o ejecute la orden en una terminal."),
            code="no_passphrase",
        )
    typed = getpass.getpass(prompt)
    if twice and typed != getpass.getpass(_("Otra vez: ")):
        raise UserError(_("Las dos frases no son iguales."), place="passphrase", code="mismatch")
    return typed


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            text = opened.read(_MAX_FILE).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(_("No se puede leer el archivo de la frase."), place=str(path)) from error
    return text.removeprefix("\ufeff").partition("\n")[0].rstrip("\r")
