"""Writing that hides digits, made plain: other scripts, full width, superscripts, invisible characters, look-alikes.

Plain means: lower-case, any script's digit as an ASCII digit, any Unicode space as a space, any dash as a hyphen,
accents and invisible characters removed. The text is only looked at this way; it is never stored so.
"""

from __future__ import annotations

import unicodedata

_CACHE_LIMIT = 4_096
"""Characters remembered: more than any honest text uses, so that hostile text cannot fill the memory."""

_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Fillers that Unicode calls letters or symbols, and that show as nothing."""

_LOOKALIKES = {
    **dict.fromkeys("\u2212\u2043\u2796", "-"),
    **dict.fromkeys("\u2024\u2022\u2027\u3002", "."),
    **dict.fromkeys("\u041e\u043e\u039f\u03bf\u0555\u0585", "o"),
    **dict.fromkeys("\u0406\u0456\u04c0\u04cf\u0399\u03b9", "i"),
    **dict.fromkeys("ºª°", " "),
}
"""Minus and bullets; Cyrillic, Greek and Armenian o and i. Ordinal and degree signs stand apart from a number."""


def _plain(char: str) -> str:
    if char in _LOOKALIKES:
        return _LOOKALIKES[char]
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(char)
    if category in ("Mn", "Me", "Cf"):
        return ""
    if category[0] == "Z" or char in _BLANK_LETTERS:
        return " "
    if category == "Pd":
        return "-"
    parts = unicodedata.normalize("NFKD", char)
    return "".join(part for part in parts if not unicodedata.combining(part)).lower()


class _Table(dict[int, str]):
    """A table for `str.translate` that works out each character the first time it is met."""

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code))
        if len(self) < _CACHE_LIMIT:
            self[code] = plain
        return plain


_TABLE = _Table()


def plain(text: str) -> str:
    """`text` made plain; it may be shorter or longer than `text`, see `positions`."""
    return text.translate(_TABLE)


def positions(text: str) -> list[int]:
    """For each character of `plain(text)`, the index in `text` that it came from; then `len(text)`."""
    where = [index for index, char in enumerate(text) for _ in _TABLE[ord(char)]]
    where.append(len(text))
    return where
