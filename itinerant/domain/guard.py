"""The privacy guard: finds in a free text what could identify a citizen, before it is stored.

Regulation: DS 052-2008-PCM, art. 53 c ("no almacenamiento de información personal").

* It runs where a text is written (the text is not saved) and again where it is received (the text is set apart).
* It looks for identity numbers and telephones in the disguises that people use (`guard_digits`, `guard_fold`), said
  in words (`guard_spelled`), after the name of a document, and e-mail addresses (`guard_words`).
* It prefers to refuse: a finding costs a person a few seconds, a miss cannot be undone. What it lets through on
  purpose is listed in `guard_digits`.
* It cannot see names, faces or stories: people are told not to write them.
* Any change of what it finds raises `GUARD_VERSION`, which exports state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from itinerant.domain import guard_digits, guard_fold, guard_spelled, guard_words
from itinerant.texts import N_, _

GUARD_VERSION = 1
"""Version of the rules, stated in exports beside the number of hits."""

_OUTSIDE = re.compile("[²³¹¼½¾\u0100-\U0010ffff]")
_SUSPECT = re.compile("[0-9@²³¹¼½¾\u0100-\U0010ffff]")
_FOUR_DIGITS = re.compile("[^0-9]*+(?:[0-9][^0-9]*+){4}")
_SHORTEST = 7
"""Characters of the shortest finding in plain writing ("ce12345")."""

_SHORTEST_SAID = 12
"""Characters of the shortest thing that a hint can lead to ("x arroba msn")."""

_SAID_AT = ("arroba", "(at)", "[at]")
_HINTS = guard_spelled.WORDS | {"arroba"}

_LOOKS_LIKE = {
    "dni": N_("Parece un número de DNI (8 dígitos)."),
    "ruc": N_("Parece un número de RUC (11 dígitos)."),
    "ce": N_("Parece un carné de extranjería (9 dígitos, o letras y números)."),
    "ptp_cpp": N_("Parece un permiso temporal de permanencia (PTP o CPP)."),
    "passport": N_("Parece un número de pasaporte."),
    "phone": N_("Parece un número de celular o teléfono."),
    "landline": N_("Parece un número de teléfono fijo."),
    "email": N_("Parece un correo electrónico."),
    "reference": N_("Parece un número de expediente, operación, partida o cuenta."),
}
KINDS = tuple(_LOOKS_LIKE)
"""Every kind that a finding can have."""

_REMOVE = N_("No se guarda ningún dato del ciudadano: quítelo.")


@dataclass(frozen=True)
class Finding:
    """Something that may identify a person: its kind (one of `KINDS`) and where it is, `text[start:end]`."""

    kind: str
    start: int
    end: int


def _has_hint(text: str) -> bool:
    """Whether a lower-case text has two words that are worth digits, or something that stands for an at sign."""
    if len(text) < _SHORTEST_SAID:
        return False
    if "at)" in text or "at]" in text:
        return True
    if "," in text:
        text = text.replace(",", " ")
    if "-" in text:
        text = text.replace("-", " ")
    if "." in text:
        text = text.replace(".", " ")
    if "/" in text:
        text = text.replace("/", " ")
    if "_" in text:
        text = text.replace("_", " ")
    words = text.split()
    if _HINTS.isdisjoint(words):
        return False
    return sum(word in _HINTS for word in words) > 1 or "arroba" in words


def _merge(hits: Iterable[guard_digits.Hit]) -> list[Finding]:
    """Hits that overlap become one finding, which keeps the kind of the first of them in `hits`."""
    kept: list[Finding] = []
    for kind, start, end in hits:
        for other in [found for found in kept if found.start < end and start < found.end]:
            kept.remove(other)
            kind, start, end = other.kind, min(start, other.start), max(end, other.end)
        kept.append(Finding(kind, start, end))
    return sorted(kept, key=lambda found: found.start)


def _search(plain: str) -> list[Finding]:
    hits: list[guard_digits.Hit] = []
    hint = _has_hint(plain)
    if "@" in plain or (hint and any(sign in plain for sign in _SAID_AT)):
        hits.extend(guard_words.find_emails(plain))
    if _FOUR_DIGITS.match(plain):
        hits.extend(guard_words.find_documents(plain))
        hits.extend(guard_digits.find(plain))
    if hint:
        hits.extend(guard_spelled.find(plain))
    return _merge(hits) if hits else []


def inspect(text: str) -> tuple[Finding, ...]:
    """What may identify a person in `text`, from left to right; empty when nothing does."""
    if text.isascii() or not _OUTSIDE.search(text):
        return tuple(_search(text.lower()))
    found = _search(guard_fold.plain(text))
    if not found:
        return ()
    where = guard_fold.positions(text)
    return tuple(Finding(item.kind, where[item.start], where[item.end - 1] + 1) for item in found)


def clean(text: str) -> bool:
    """Whether nothing in `text` may identify a person; the quick form of `not inspect(text)`."""
    if len(text) < _SHORTEST and text.isascii():
        return True
    if _SUSPECT.search(text) is None and not _has_hint(text.lower()):
        return True
    return not inspect(text)


def explain(finding: Finding) -> str:
    """What a finding looks like and what to do about it, for the person who wrote it. Never repeats the text."""
    return f"{_(_LOOKS_LIKE[finding.kind])} {_(_REMOVE)}"
