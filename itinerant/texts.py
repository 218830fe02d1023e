"""The words that people read: gettext, with Spanish as the source language.

* Code passes Spanish text to `_` (or `ngettext`); a catalogue of another language may replace it.
* `N_` marks a literal that is translated later, where it is shown (declarations in `domain`).
* The language can change while the program runs: nothing keeps a translated string.
"""

from __future__ import annotations

import gettext

DOMAIN = "itinerant"
SOURCE_LANGUAGE = "es"

_current: gettext.NullTranslations = gettext.NullTranslations()


def set_language(language: str) -> None:
    """Show the texts of `language` (ISO 639 code with a compiled catalogue); unknown codes show Spanish."""
    global _current  # noqa: PLW0603 - one process shows one language at a time
    if language == SOURCE_LANGUAGE:
        _current = gettext.NullTranslations()
        return
    from importlib import resources  # noqa: PLC0415 - 30 ms that every command would pay, for a language few choose

    with resources.as_file(resources.files("itinerant") / "locales") as folder:
        _current = gettext.translation(DOMAIN, folder, languages=[language], fallback=True)


def _(message: str) -> str:
    """The text to show for a Spanish source text."""
    return _current.gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """The text to show for `count` things."""
    return _current.ngettext(singular, plural, count)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark only"
    """Mark a text for translation where it is declared; `_` translates it where it is shown."""
    return message
