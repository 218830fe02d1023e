"""The rules of PINs, whatever holds the key: never kept, never repeated by the program, never spent to the last try.

* The reader's pad (PC/SC part 10, FEATURE_VERIFY_PIN_DIRECT) is used when there is one: then the PIN never enters the
  laptop.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from itinerant.card.apdu import Answer
from itinerant.errors import CardProblem, UserError
from itinerant.texts import _, ngettext

FEW = 2
"""With this many tries left or fewer, a person has to insist: one more mistake leaves less than two."""

_FEATURES = 3400
_VERIFY_DIRECT = 0x06


def tries_in(said: Answer) -> int | None:
    """The tries that a status word tells of."""
    if said.sw >> 4 == 0x63C:
        return said.sw & 0x0F
    return 0 if said.sw in (0x6983, 0x6984) else None


def allow(tries: int | None, *, insist: bool) -> None:
    """Raise `CardProblem` when the card is blocked, or when few tries are left and nobody insisted."""
    if tries == 0:
        raise blocked()
    if tries is not None and tries <= FEW and not insist:
        raise CardProblem(
            left(tries),
            next_step=_("Otro error puede bloquear la tarjeta. Continúe solo si está seguro del PIN."),
            code="few_tries",
        )


def check_form(pin: str, least: int = 4, most: int = 8) -> None:
    """Raise `UserError` for what cannot be a PIN; it is not shown to the card, so it costs no try."""
    if not (pin.isascii() and pin.isalnum() and least <= len(pin) <= most):
        raise UserError(
            _("El PIN tiene de {least} a {most} cifras.").format(least=least, most=most), place="pin", code="pin_form"
        )


def refused(said: Answer) -> CardProblem:
    """The words for a PIN that the card did not take."""
    tries = tries_in(said)
    if tries == 0:
        return blocked()
    if tries is None:
        return CardProblem(_("La tarjeta no aceptó el PIN ({code}).").format(code=said.code), code=said.code)
    return CardProblem(
        _("El PIN no es correcto.") + " " + left(tries),
        next_step=_("Escríbalo de nuevo con calma; el programa no lo repite solo."),
        code="wrong_pin",
    )


def blocked() -> CardProblem:
    """For a card whose PIN was wrong too often."""
    return CardProblem(
        _("El PIN de la tarjeta está bloqueado."),
        next_step=_("Solo quien emitió la tarjeta la desbloquea. Mientras tanto entre con su frase de acceso."),
        code="blocked",
    )


def left(tries: int) -> str:
    """How many tries are left, in words."""
    return ngettext("Queda {n} intento.", "Quedan {n} intentos.", tries).format(n=tries)


def pad(pc: Any, handle: Any, command: bytes, *, least: int, most: int) -> Callable[[], Answer] | None:
    """What has a PIN of `least` to `most` digits typed on the reader's pad for `command` (a VERIFY of eight bytes,
    padded with FF); None when the reader has no pad. `pc` and `handle` are PC/SC's."""
    result, features = pc.SCardControl(handle, pc.SCARD_CTL_CODE(_FEATURES), [])
    if result != pc.SCARD_S_SUCCESS:
        return None
    code = feature(bytes(byte & 0xFF for byte in features), _VERIFY_DIRECT)
    if code is None:
        return None
    asked = verify_structure(command, least=least, most=most)

    def typed() -> Answer:
        result, said = pc.SCardControl(handle, code, list(asked))
        raw = bytes(byte & 0xFF for byte in said)
        if result != pc.SCARD_S_SUCCESS or len(raw) < 2:
            raise CardProblem(_("El teclado del lector no respondió."), code="pad")
        answer = Answer(raw[:-2], int.from_bytes(raw[-2:], "big"))
        if answer.sw in (0x6400, 0x6401):
            raise CardProblem(_("No se escribió el PIN en el lector."), next_step=_("Repita."), code="pad_left")
        return answer

    return typed


def feature(listed: bytes, wanted: int) -> int | None:
    """The control code of a feature in a reader's list of them (tag, length 4, code)."""
    for at in range(0, len(listed) - 5, 6):
        if listed[at] == wanted and listed[at + 1] == 4:
            return int.from_bytes(listed[at + 2 : at + 6], "big")
    return None


def verify_structure(command: bytes, *, least: int, most: int) -> bytes:
    """PIN_VERIFY_STRUCTURE (PC/SC part 10, 2.5.2): ASCII digits, left, padded to 8 bytes; ends by the key OK."""
    apdu = command + b"\x08" + b"\xff" * 8
    return (
        struct.pack("<BBBBBHBBHB", 30, 60, 0x82, 0x08, 0x00, least << 8 | most, 0x02, 0x01, 0x0C0A, 0)
        + bytes(3)
        + struct.pack("<I", len(apdu))
        + apdu
    )
