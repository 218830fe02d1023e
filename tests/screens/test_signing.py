"""Signing the acta after closing a visit, a person's document on a stick, and checking signatures."""

from __future__ import annotations

from pathlib import Path

from itinerant.errors import CardProblem
from tests.screens.fake_desk import STICK
from tests.screens.fake_signatures import FakeVerdict
from tests.screens.fake_stick import KINGSTON
from tests.screens.stage import Stage, stage


async def open_documents(on: Stage) -> None:
    """The screen of documents, with one on the stick that is plugged in."""
    on.desk.signatures.documents = [KINGSTON.path / "solicitud.pdf"]
    await on.press("r", "m")
    assert on.where == "SigningScreen"


async def test_the_acta_is_signed_with_a_pin_and_written_where_one_says() -> None:
    async with stage() as on:
        await on.press("c", "2", "f")
        assert on.where == "PinDialog"
        await on.press(*"246810", "enter")
        assert "-firmado.pdf" in on.prose
        await on.press("2")
        assert "✓ Acta escrita" in on.text
    assert on.desk.signatures.asked == [("acta", None, "246810", False)]
    names = [path.name for path in on.desk.written if path.parent == STICK]
    assert len(names) == 1
    assert names[0].endswith("-firmado.pdf")


async def test_a_persons_document_is_signed_beside_it() -> None:
    async with stage(size=(100, 30)) as on:
        await open_documents(on)
        await on.press("f", *"246810")
        assert "246810" not in on.text, "a PIN is never shown"
        await on.press("enter")
        assert "✓ Firmado" in on.text
        assert "solicitud-firmado.pdf" in on.text
    assert on.desk.signatures.asked == [("file", KINGSTON.path / "solicitud.pdf", "246810", False)]


async def test_with_few_tries_left_the_person_has_to_insist() -> None:
    async with stage(size=(100, 30)) as on:
        on.desk.signatures.failing = CardProblem("Quedan 2 intentos.", code="few_tries")
        await open_documents(on)
        await on.press("f", *"246810", "enter")
        assert "Quedan 2 intentos." in on.prose
        await on.press("2")
        assert "✓ Firmado" in on.text
    assert [insist for *_rest, insist in on.desk.signatures.asked] == [False, True]


async def test_a_cards_problem_is_told_and_the_document_stays() -> None:
    async with stage(size=(100, 30)) as on:
        on.desk.signatures.failing = CardProblem("El PIN no es correcto.", code="wrong_pin")
        await open_documents(on)
        await on.press("f", *"111111", "enter")
        assert "El PIN no es correcto." in on.prose
    assert on.desk.signatures.documents == [KINGSTON.path / "solicitud.pdf"]


async def test_escape_signs_nothing() -> None:
    async with stage(size=(100, 30)) as on:
        await open_documents(on)
        await on.press("f", "escape")
        assert on.where == "SigningScreen"
    assert not on.desk.signatures.asked


async def test_a_check_says_what_was_found_and_that_it_is_technical() -> None:
    async with stage(size=(100, 30)) as on:
        await open_documents(on)
        await on.press("v")
        for words in ("✓ Las firmas están en orden", "QUISPE MAMANI ROSA FIR", "íntegro", "Comprobación técnica."):
            assert words in on.text
        on.desk.signatures.verdict = FakeVerdict(good=False)
        await on.press("v")
        assert "! No todo está en orden" in on.text
        assert "ALTERADO" in on.text


async def test_other_folders_may_be_typed_and_an_xml_is_only_checked() -> None:
    async with stage(size=(100, 30)) as on:
        on.desk.signatures.documents = [Path("/tmp/oficio.xml")]
        await on.press("r", "m", "o")
        await on.type("/tmp")
        await on.press("enter")
        assert "oficio.xml" in on.text
        await on.press("f")
        assert "solo se firman PDF" in on.prose
