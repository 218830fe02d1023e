"""Numbers dictated in words, in Spanish or Quechua, alone or mixed with digits: "cuatro cinco seis siete …".

* A word is worth the digits that it says: "cuatro" 4, "cuarenta y cinco" 45, "novecientos ochenta y siete" 987.
  "mil" and "millones" only say that three digits follow.
* "un" and "una" count only after "y": alone they are articles.
* Pieces join across spaces and light punctuation, and across the words that people say for it ("guion", "punto").
* Two pieces in words at least: "160101 doce" is a code and a count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from itinerant.domain.guard_digits import Hit, joined, kind_of


def _values(words: str, first: int, step: int = 1) -> dict[str, int]:
    """Values for words in ascending order; ways to write the same number are joined by a slash."""
    return {way: first + step * index for index, ways in enumerate(words.split()) for way in ways.split("/")}


_UNITS = {
    **_values("cero uno dos tres cuatro cinco seis siete ocho nueve", 0),
    **_values("huk iskay/ishkay kimsa/kinsa tawa pichqa/pisqa soqta/suqta qanchis pusaq isqon/isqun", 1),
}
_AFTER_AND = {**_UNITS, "un": 1, "una": 1, "ún": 1}
_TEENS = {
    **_values("diez/chunka once doce trece catorce quince", 10),
    **_values("dieciseis/dieciséis diecisiete dieciocho diecinueve", 16),
    **_values("veintiuno/veintiún veintidos/veintidós veintitres/veintitrés veinticuatro veinticinco", 21),
    **_values("veintiseis/veintiséis veintisiete veintiocho veintinueve", 26),
}
_TENS = _values("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa", 20, 10)
_HUNDREDS = {
    **_values("cien/ciento doscientos trescientos cuatrocientos quinientos", 100, 100),
    **_values("seiscientos setecientos ochocientos novecientos", 600, 100),
}
_SMALL = {**_UNITS, **_TEENS, **_TENS}
_THOUSANDS = frozenset({"mil", "millon", "millón", "millones"})
_SAID_SIGNS = frozenset({"y", "punto", "coma", "guion", "guión", "raya", "espacio", "luego"})

WORDS = frozenset(_SMALL) | frozenset(_HUNDREDS)
"""Every word that is worth digits by itself."""

_TOKEN = re.compile("[a-zà-öø-ÿ]+|[0-9]+")
_GAP = re.compile(r"[^;%$=<>?!+]{0,6}\Z")


@dataclass(slots=True)
class _Piece:
    """One number as it was said: its digits, and what may still be added to it (100: a number below 100)."""

    start: int
    end: int
    digits: str
    spelled: bool
    room: int = 0


def _said(word: str, start: int, end: int, after_thousand: bool) -> _Piece | None:
    """The piece that a word begins, or None if it is not a number."""
    if word.isdigit():
        return _Piece(start, end, word, spelled=False)
    if word in _HUNDREDS:
        return _Piece(start, end, str(_HUNDREDS[word]), spelled=True, room=100)
    value = _SMALL.get(word)
    if value is None:
        return None
    digits = f"{value:03d}" if after_thousand else str(value)
    return _Piece(start, end, digits, spelled=True, room=10 if word in _TENS else 0)


def _continue(piece: _Piece, word: str, end: int, after_and: bool) -> bool:
    """Add a word to the number before it ("cuarenta y" + "cinco"); False if it begins another."""
    if piece.room == 10 and after_and and word in _AFTER_AND:
        added, room = _AFTER_AND[word], 0
    elif piece.room == 100 and not after_and and word in _SMALL:
        added, room = _SMALL[word], 10 if word in _TENS else 0
    else:
        return False
    piece.digits = f"{int(piece.digits) + added:0{len(piece.digits)}d}"
    piece.end = end
    piece.room = room
    return True


def _runs(text: str) -> list[list[_Piece]]:
    """The numbers of a text, in runs that nothing but signs interrupts."""
    runs: list[list[_Piece]] = [[]]
    end_before = 0
    before = ""
    for token in _TOKEN.finditer(text):
        word, start, end = token.group(), token.start(), token.end()
        run = runs[-1]
        if run and not _GAP.match(text, end_before, start):
            run = []
            runs.append(run)
        end_before, last, before = end, before, word
        if run and (word in _THOUSANDS or word in _SAID_SIGNS):
            continue
        comma = run and "," in text[run[-1].end : start]
        if run and not comma and _continue(run[-1], word, end, last == "y"):
            continue
        piece = _said(word, start, end, last in _THOUSANDS and bool(run))
        if piece is not None:
            run.append(piece)
        elif run:
            runs.append([])
    return runs


def find(text: str) -> list[Hit]:
    """The suspect numbers said in words of a plain text, from left to right."""
    hits = []
    for run in _runs(text):
        found = joined([len(piece.digits) for piece in run])
        if found is None:
            continue
        pieces = run[found[0] : found[1] + 1]
        if sum(piece.spelled for piece in pieces) >= 2:
            hits.append((kind_of([piece.digits for piece in pieces]), pieces[0].start, pieces[-1].end))
    return hits
