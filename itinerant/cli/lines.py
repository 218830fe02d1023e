"""What a command reads on standard input: JSON Lines, or one JSON object.

* A line is answered before the next one is read, so a program may write one, wait, and write another.
* Input is hostile: lines have a length, numbers must be whole, names must not repeat.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from itinerant.errors import UserError
from itinerant.texts import _

MAX_LINE = 64 * 1024
"""Bytes; a change has at most 8 KiB."""


def read_lines() -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of each line that is not blank; a longer one is given cut, and fails to parse."""
    number = 0
    while line := sys.stdin.buffer.readline(MAX_LINE + 1):
        number += 1
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = sys.stdin.buffer.readline(MAX_LINE + 1)
        if line.strip():
            yield number, line


def read_object() -> dict[str, Any]:
    """The one JSON object that standard input holds."""
    data = sys.stdin.buffer.read(MAX_LINE + 1)
    return parse(data)


def parse(data: bytes) -> dict[str, Any]:
    """The object of a JSON text. Raises `UserError` for anything else."""
    if len(data) > MAX_LINE:
        raise _bad(_("La línea pasa de {n} bytes.").format(n=MAX_LINE))
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            object_pairs_hook=_without_repeats,
        )
    except (ValueError, RecursionError) as error:
        raise _bad(_("No es JSON válido: {reason}.").format(reason=_where(error))) from error
    if not isinstance(value, dict):
        raise _bad(_("Se espera un objeto JSON, como {example}.").format(example='{"service":"RENIEC-01"}'))
    return value


def parse_value(text: str) -> Any:
    """The value of a JSON text given as an argument."""
    try:
        return json.loads(text, parse_float=_refuse_number, parse_constant=_refuse_number)
    except (ValueError, RecursionError) as error:
        raise UserError(
            _("El valor «{text}» no es JSON válido.").format(text=text[:40]),
            next_step=_("Un texto lleva comillas: --value '\"resolved\"'. También valen 12, true y null."),
            place="--value",
            code="json",
        ) from error


def _refuse_number(text: str) -> Any:
    raise ValueError(_("{text} no es un número entero").format(text=text[:40]))


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError(_("un campo se repite"))
    return value


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return _("carácter {n}").format(n=error.colno)
    if isinstance(error, UnicodeDecodeError):
        return _("el texto no está en UTF-8")
    return str(error) if isinstance(error, ValueError) else _("demasiados niveles")


def _bad(sentence: str) -> UserError:
    return UserError(sentence, code="json")
