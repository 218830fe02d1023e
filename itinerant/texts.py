"""The words that people read: gettext, with Spanish as the source language.

* Code passes Spanish text to `_` (or `ngettext`); a catalogue of another language may replace it.
* `N_` marks a literal that is translated later, where it is shown (declarations in `domain`).
* The language can change while the program runs: nothing keeps a translated string.
* A process shows one language (`set_language`); what answers several people at once speaks to each in theirs
  (`speaking`).
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

DOMAIN = "itinerant"
SOURCE_LANGUAGE = "es"

_LANGUAGES = (("es", "Castellano"), ("quz", "Runasimi (Qusqu-Qullaw)"), ("en", "English"))

_current: gettext.NullTranslations = gettext.NullTranslations()
_here: ContextVar[gettext.NullTranslations | None] = ContextVar("language", default=None)


def set_language(language: str) -> None:
    """Show the texts of `language` (ISO 639 code with a compiled catalogue); unknown codes show Spanish."""
    global _current  # noqa: PLW0603 - one process shows one language at a time
    _current = _catalogue(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Show the texts of `language` inside this block, to this task and the threads that it asks."""
    token = _here.set(_catalogue(language))
    try:
        yield
    finally:
        _here.reset(token)


def languages() -> tuple[tuple[str, str], ...]:
    """The languages there are, Spanish first: each one's code and its name in itself."""
    return _LANGUAGES


def language() -> str:
    """The language that is shown here."""
    return str(_shown().info().get("language") or SOURCE_LANGUAGE)


def _(message: str) -> str:
    """The text to show for a Spanish source text."""
    return _shown().gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """The text to show for `count` things."""
    return _shown().ngettext(singular, plural, count)


def _shown() -> gettext.NullTranslations:
    return _here.get() or _current


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    from importlib import resources  # noqa: PLC0415 - 30 ms that every command would pay, for a language few choose

    with resources.as_file(resources.files("itinerant") / "locales") as folder:
        return gettext.translation(DOMAIN, folder, languages=[language], fallback=True)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark only"
    """Mark a text for translation where it is declared; `_` translates it where it is shown."""
    return message
