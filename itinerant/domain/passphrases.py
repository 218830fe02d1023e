"""Which passphrases may guard a laptop on their own: 15 characters, or four words."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from itinerant.texts import _

MIN_CHARACTERS = 15
MIN_WORDS = 4
MIN_WORD = 3
"""Letters of a word that counts."""
MIN_DISTINCT = 6
"""Different characters, so that one held key or one repeated syllable does not count as long."""
MAX_CHARACTERS = 256


def prepared(passphrase: str) -> bytes:
    """The bytes that are stretched: NFC, any space as a plain one (RFC 8265 section 4.2.2), none at the ends."""
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in passphrase)
    return unicodedata.normalize("NFC", spaced.strip("\r\n ")).encode()


def weak(passphrase: str) -> str:
    """Why a passphrase is not enough, in words; empty when it is."""
    text = prepared(passphrase).decode()
    words = {word.casefold() for word in text.split() if len(word) >= MIN_WORD}
    if len(text) > MAX_CHARACTERS:
        return _("La frase de acceso admite hasta {n} caracteres.").format(n=MAX_CHARACTERS)
    if len(text) < MIN_CHARACTERS and len(words) < MIN_WORDS:
        return _("La frase de acceso necesita 15 caracteres o cuatro palabras.")
    if len(set(text)) < MIN_DISTINCT or _is_run(text):
        return _("La frase de acceso es muy fácil de adivinar: repite o sigue un orden.")
    return ""


def _is_run(text: str) -> bool:
    """Whether the text only goes on: 123456…, abcdef…, or the same piece again and again."""
    codes = [ord(char) for char in text]
    steps = sum(abs(after - before) <= 1 for before, after in pairwise(codes))
    repeated = text in (text + text)[1:-1]
    return repeated or steps >= len(codes) * 3 // 4
