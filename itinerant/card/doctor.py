"""What `itinerant doctor` says of cards: the library, the service, the drivers, the readers, the pinned roots.

* Cards are always optional: what is missing is said with the command that installs it, per platform, and fails nothing
  but what art. 53 asks for by name: readers with their drivers.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from itinerant.card import readers
from itinerant.errors import CardProblem
from itinerant.texts import N_, _, ngettext


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at. `ok` is None for what nobody needs to have."""

    code: str
    ok: bool | None
    sentence: str
    next_step: str = ""


_MANAGERS: Sequence[tuple[str, Mapping[str, str]]] = (
    (
        "apt-get",
        {
            "no_library": "sudo apt-get install libpcsclite-dev pkg-config gcc && pip install pyscard",
            "no_service": "sudo apt-get install pcscd libccid && sudo systemctl enable --now pcscd.socket",
        },
    ),
    (
        "dnf",
        {
            "no_library": "sudo dnf install pcsc-lite-devel gcc && pip install pyscard",
            "no_service": "sudo dnf install pcsc-lite pcsc-lite-ccid && sudo systemctl enable --now pcscd.socket",
        },
    ),
    (
        "pacman",
        {
            "no_library": "sudo pacman -S pcsclite gcc && pip install pyscard",
            "no_service": "sudo pacman -S pcsclite ccid && sudo systemctl enable --now pcscd.socket",
        },
    ),
)
_WINDOWS: Mapping[str, str] = {
    "no_library": "pip install pyscard",
    "no_service": N_(
        "Conecte el lector: Windows inicia su servicio («Tarjeta inteligente», SCardSvr) y baja el driver."
    ),
}
_MAC: Mapping[str, str] = {
    "no_library": "pip install pyscard",
    "no_service": N_("Conecte el lector: macOS trae el servicio y el driver CCID."),
}


def look(anchors: Path, module: str = "") -> list[Row]:
    """Everything about cards that this machine has or lacks. `anchors`: the folder of pinned roots."""
    found = readers.look()
    rows = [_library(found.problem), *_service(found), *_pkcs11(module)]
    pinned = sum(1 for path in anchors.glob("*") if path.suffix.lower() in (".pem", ".crt", ".cer", ".der"))
    words = ngettext("{n} archivo de raíces fijadas.", "{n} archivos de raíces fijadas.", pinned).format(n=pinned)
    rows.append(
        Row("card_roots", True, words)
        if pinned
        else Row(
            "card_roots",
            None,
            _("Sin raíces fijadas: no se comprueba quién emitió una tarjeta."),
            _("Copie los certificados raíz a {folder}.").format(folder=anchors),
        )
    )
    return rows


def how_to(problem: str, platform: str = sys.platform) -> str:
    """What installs or starts what is missing (`no_library`, `no_service`), on this platform."""
    if platform == "win32":
        return _(_WINDOWS[problem])
    if platform == "darwin":
        return _(_MAC[problem])
    for manager, commands in _MANAGERS:
        if shutil.which(manager):
            return commands[problem]
    return _("Instale pcscd (pcsc-lite), el driver CCID y pyscard con el gestor de paquetes del sistema.")


def _library(problem: str) -> Row:
    if problem == "no_library":
        return Row("card_library", None, _("Falta la biblioteca de lectores (pyscard)."), how_to("no_library"))
    return Row("card_library", True, _("La biblioteca de lectores está instalada."))


def _service(found: readers.Readers) -> list[Row]:
    if found.problem == "no_library":
        return []
    if found.problem:
        return [Row("card_service", None, _("El servicio de lectores no está en marcha."), how_to("no_service"))]
    rows = [Row("card_service", True, _("El servicio de lectores responde."))]
    if not found.readers:
        step = _("Conecte el lector. Si ya lo está, falta su driver: {command}").format(command=how_to("no_service"))
        return [*rows, Row("card_readers", None, _("No hay ningún lector conectado."), step)]
    for reader in found.readers:
        words = reader.card.words if reader.card else _("sin tarjeta")
        rows.append(Row("card_readers", True, f"{reader.name}: {words}."))
    return rows


def _pkcs11(module: str) -> list[Row]:
    if not module:
        return []
    from itinerant.card import tokens  # noqa: PLC0415 - only where a module is configured

    try:
        with tokens.token(module):
            return [Row("card_module", True, _("El módulo PKCS#11 ve una tarjeta o llavero."))]
    except CardProblem as error:
        return [Row("card_module", None if error.code == "no_card" else False, error.sentence, error.next_step)]
