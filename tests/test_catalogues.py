"""The translations say what the Spanish says: the same things named in braces, as many plurals, compiled as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from itinerant.texts import _, language, languages, ngettext, speaking
from scripts import catalogues

CODES = sorted(path.name for path in catalogues.LOCALES.iterdir() if path.is_dir())
NAMED = re.compile(r"\{\w*(?::[^}]*)?\}|%(?:\(\w+\))?[rs]")


def translated(code: str) -> list[Message]:
    """The messages of a language that somebody translated."""
    found = catalogues.read(catalogues.LOCALES / code / "LC_MESSAGES" / "itinerant.po")
    return [message for message in found if message.id and any(forms(message.string))]


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    """A text, or its singular and its plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def test_every_language_of_the_product_has_its_catalogue() -> None:
    assert {"en", "quz"} <= set(CODES)
    assert {code for code, _name in languages()} == {"es", *CODES}


@pytest.mark.parametrize("code", CODES)
def test_a_translation_names_what_its_source_names(code: str) -> None:
    for message in translated(code):
        for source, text in zip(forms(message.id), forms(message.string), strict=True):
            assert sorted(set(NAMED.findall(text))) == sorted(set(NAMED.findall(source))), (source, text)
            assert source[:1].isspace() == text[:1].isspace(), (source, text)


def test_english_says_all_that_the_program_says() -> None:
    said = {message.id: message for message in translated("en")}
    wanted = [message.id for message in catalogues.source() if message.id]
    assert not [text for text in wanted if text not in said or not all(forms(said[text].string))]
    assert not [message.id for message in said.values() if message.fuzzy]


def test_a_text_inside_the_braces_of_another_is_extracted(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        """f"{_('Uno')} {ngettext('{n} día', '{n} días', n)}" + N_("Dos" " más") + _(name)""", encoding="utf-8"
    )
    assert set(catalogues.in_code(module)) == {"Uno", ("{n} día", "{n} días"), "Dos más"}


@pytest.mark.parametrize("code", CODES)
def test_the_compiled_form_is_the_written_one(code: str) -> None:
    path = catalogues.LOCALES / code / "LC_MESSAGES" / "itinerant.po"
    assert path.with_suffix(".mo").read_bytes() == catalogues.compiled(catalogues.read(path))


@pytest.mark.parametrize("code", CODES)
def test_a_language_knows_its_plurals_and_its_own_name(code: str) -> None:
    with speaking(code):
        assert language() == code
        one, many = (ngettext("{n} atención", "{n} atenciones", n).format(n=n) for n in (1, 5))
    assert one.startswith("1 ") or one.endswith(" 1") or "1" in one
    assert "5" in many
    assert "atenci" not in one + many


def test_what_nobody_translated_is_shown_in_spanish() -> None:
    with speaking("quz"):
        assert _("Una frase que ningún catálogo tiene.") == "Una frase que ningún catálogo tiene."
    with speaking("xx"):
        assert _("Guardar") == "Guardar"
        assert language() == "es"


def test_quechua_says_that_no_speaker_has_read_it() -> None:
    head = (catalogues.LOCALES / "quz" / "LC_MESSAGES" / "itinerant.po").read_text(encoding="utf-8")[:400]
    assert "POR REVISAR POR HABLANTE" in head


def test_the_texts_of_code_and_of_the_page_are_extracted() -> None:
    found = {forms(message.id)[0] for message in catalogues.source() if message.id}
    assert {"Jornada de hoy", "Aún no hay equipos."} <= found
