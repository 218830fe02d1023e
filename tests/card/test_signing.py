"""Signing PDFs with a token, and what is said of signed files. The token is SoftHSM2, the other opinion poppler's."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from lxml import etree
from signxml import methods
from signxml.xades import XAdESSigner

from itinerant.card import signing
from itinerant.card.trust import Trust, load
from itinerant.card.verdict import Doubt, Finding, Revocation, Verdict
from itinerant.card.verifying import verify
from itinerant.domain import pdf
from itinerant.errors import CardProblem, UserError
from tests.card import softhsm
from tests.card.pki import Holder, Pki
from tests.card.pki import pki as made_pki

PLAIN = pdf.write([pdf.Line("Acta de la jornada"), pdf.Line("Huella " + "9f2c" * 16)], "Acta")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return made_pki()


@pytest.fixture(scope="module")
def module() -> str:
    return softhsm.dni()


@pytest.fixture(scope="module")
def signed(module: str) -> bytes:
    return signing.sign_pdf(PLAIN, module, softhsm.PIN, reason="Acta de prueba")


@pytest.fixture(scope="module")
def trust(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Trust:
    folder = tmp_path_factory.mktemp("anchors")
    (folder / "raiz.pem").write_bytes(pki.root.pem)
    # The token carries no authority: the office hands out the intermediate too.
    (folder / "autoridad.crt").write_bytes(pki.issuer.der)
    return load(folder)


def only(verdict: Verdict) -> Finding:
    assert len(verdict.findings) == 1
    return verdict.findings[0]


def test_a_signed_pdf_is_intact_and_of_a_trusted_signer(signed: bytes, trust: Trust) -> None:
    verdict = verify(signed, trust)

    found = only(verdict)
    assert verdict.good
    assert (found.signer, found.intact, found.doubt, found.level) == ("QUISPE MAMANI ROSA FIR", True, Doubt.NONE, "B-B")
    assert found.revocation is Revocation.UNCHECKED
    assert abs((found.claimed_at or datetime.min.replace(tzinfo=UTC)) - datetime.now(UTC)) < timedelta(minutes=5)
    assert {"  íntegro", "  firmante confiable", "  vigencia no comprobada"} <= set(verdict.lines())
    assert verdict.lines()[-1].startswith("Comprobación técnica")


def test_the_signature_covers_what_the_pdf_said(signed: bytes) -> None:
    assert signed.startswith(PLAIN)


def test_poppler_agrees(signed: bytes, tmp_path: Path) -> None:
    assert shutil.which("pdfsig"), "falta poppler-utils"
    file = tmp_path / "firmado.pdf"
    file.write_bytes(signed)
    altered = tmp_path / "alterado.pdf"
    altered.write_bytes(signed.replace(b"Acta de la jornada", b"Acta de la parranda"[:18], 1))

    said, of_altered = _pdfsig(file, tmp_path), _pdfsig(altered, tmp_path)

    assert "Signature is Valid." in said
    assert "ETSI.CAdES.detached" in said
    assert "QUISPE MAMANI ROSA FIR" in said
    assert "Signature is Valid." not in of_altered


def _pdfsig(file: Path, home: Path) -> str:
    environment = {**os.environ, "HOME": str(home), "LC_ALL": "C"}
    command = ["pdfsig", "-nocert", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"Acta de la jornada", b"Acta de la jornaza", 1),
        lambda raw: raw.replace(b"9f2c9f2c", b"9f2c9f2d", 1),
        lambda raw: raw.replace(b"/MediaBox [0 0 595 842]", b"/MediaBox [0 0 594 842]", 1),
    ],
)
def test_an_altered_pdf_is_refused(signed: bytes, trust: Trust, change: object) -> None:
    assert callable(change)
    raw = change(signed)
    assert raw != signed

    verdict = verify(raw, trust)

    assert not verdict.good
    assert not only(verdict).intact
    assert any("ALTERADO" in line for line in verdict.lines())


def test_a_page_that_was_added_after_signing_is_refused(signed: bytes, trust: Trust) -> None:
    added = b"\n5 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>\nendobj\n"
    at = len(signed) + added.index(b"5 0 obj")
    start = int(signed.rsplit(b"startxref\n", 1)[1].split()[0])
    size, root = signed.rsplit(b"/Size ", 1)[1].split()[0], signed.rsplit(b"/Root ", 1)[1].split(b"R")[0]
    table = b"xref\n5 1\n%010d 00000 n \ntrailer\n<< /Size %s /Root %sR /Prev %d >>\n" % (at, size, root, start)
    raw = signed + added + table + b"startxref\n%d\n%%%%EOF\n" % (len(signed) + len(added))

    assert not verify(raw, trust).good


def test_a_second_person_signs_the_same_pdf(signed: bytes, module: str, trust: Trust) -> None:
    twice = signing.sign_pdf(signed, module, softhsm.PIN)

    verdict = verify(twice, trust)

    assert [one.intact for one in verdict.findings] == [True, True]
    assert all(one.trusted for one in verdict.findings)


def test_without_roots_the_signer_is_unknown(signed: bytes) -> None:
    verdict = verify(signed, Trust())

    assert not verdict.good
    assert (only(verdict).intact, only(verdict).doubt) == (True, Doubt.UNKNOWN)
    assert any("No hay raíces" in line for line in verdict.lines())


def test_an_expired_certificate_is_told(signed: bytes, trust: Trust) -> None:
    found = only(verify(signed, trust, moment=datetime.now(UTC) + timedelta(days=2_000)))

    assert (found.intact, found.doubt) == (True, Doubt.EXPIRED)


def test_a_list_in_the_folder_answers_about_revocation(signed: bytes, trust: Trust, pki: Pki) -> None:
    found = only(verify(signed, replace(trust, crls=[pki.crl(pki.root), pki.crl(pki.issuer)])))

    assert found.revocation is Revocation.GOOD


def test_keys_of_elliptic_curves_sign_too(
    pki: Pki, module: str, trust: Trust, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    softhsm.add("curva", pki.curved)
    monkeypatch.setattr(signing.tokens, "signs_documents", lambda one: "CURVA" in one.subject.rfc4514_string())

    signed = signing.sign_pdf(PLAIN, module, softhsm.PIN)

    file = tmp_path / "curva.pdf"
    file.write_bytes(signed)
    assert only(verify(signed, trust)).signer == "QUISPE MAMANI ROSA CURVA"
    assert verify(signed, trust).good
    assert "Signature is Valid." in _pdfsig(file, tmp_path)


def test_after_a_wrong_pin_somebody_has_to_insist(module: str) -> None:
    with pytest.raises(CardProblem) as caught:
        signing.sign_pdf(PLAIN, module, "111111")

    assert "PIN" in caught.value.sentence
    assert "QUISPE" not in str(caught.value)
    with pytest.raises(CardProblem, match="intentos"):
        signing.sign_pdf(PLAIN, module, softhsm.PIN)
    assert signing.sign_pdf(PLAIN, module, softhsm.PIN, insist=True)


def test_a_card_that_only_authenticates_does_not_sign(
    pki: Pki, module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(signing.tokens, "signs_documents", lambda _certificate: False)

    with pytest.raises(CardProblem) as caught:
        signing.sign_pdf(PLAIN, module, softhsm.PIN)

    assert caught.value.code == "no_signing_key"


@pytest.mark.parametrize("raw", [b"", b"hola", b"%PDF-1.4\n%%EOF\n", b"<html></html>"])
def test_what_is_no_pdf_is_not_signed(raw: bytes, module: str) -> None:
    with pytest.raises(UserError):
        signing.sign_pdf(raw, module, softhsm.PIN)


def test_signed_copies_have_a_name_of_their_own() -> None:
    assert signing.signed_name("carta.pdf") == "carta-firmado.pdf"


def _cms(content: bytes, signer: Holder, *others: Holder) -> bytes:
    made = PKCS7SignatureBuilder().set_data(content).add_signer(signer.certificate, signer.key, hashes.SHA256())
    for one in others:
        made = made.add_certificate(one.certificate)
    return made.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])


def test_a_cms_beside_its_file_is_checked(pki: Pki, trust: Trust) -> None:
    signature = _cms(b"contenido", pki.signer, pki.issuer)

    good = verify(b"contenido", trust, signature=signature)
    altered = verify(b"contenidO", trust, signature=signature)

    assert good.good
    assert only(good).level == "CMS"
    assert not only(altered).intact


def test_a_revoked_signer_is_refused(pki: Pki, trust: Trust) -> None:
    knowing = replace(trust, crls=[pki.crl(pki.root), pki.crl(pki.issuer)])

    verdict = verify(b"contenido", knowing, signature=_cms(b"contenido", pki.revoked, pki.issuer))

    assert not verdict.good
    assert only(verdict).doubt is Doubt.REVOKED


def test_an_expired_signer_is_refused(pki: Pki, trust: Trust) -> None:
    verdict = verify(b"contenido", trust, signature=_cms(b"contenido", pki.expired, pki.issuer))

    assert only(verdict).doubt is Doubt.EXPIRED


def test_a_key_for_authenticating_is_no_signer(pki: Pki, trust: Trust) -> None:
    verdict = verify(b"contenido", trust, signature=_cms(b"contenido", pki.holder, pki.issuer))

    assert only(verdict).doubt is Doubt.NOT_TO_SIGN


@pytest.mark.parametrize("raw", [b"", b"hola", b"\x30\x03\x02\x01\x01"])
def test_what_is_no_cms_is_told(raw: bytes, trust: Trust) -> None:
    with pytest.raises(UserError):
        verify(b"contenido", trust, signature=raw)


def xades(xml: bytes, signer: Holder, *others: Holder) -> bytes:
    """An XML with a signature of its own inside."""
    made = XAdESSigner(method=methods.enveloped, digest_algorithm="sha256")
    chain = b"".join(one.pem for one in (signer, *others)).decode()
    return bytes(etree.tostring(made.sign(etree.fromstring(xml), key=signer.key, cert=chain)))


def test_an_xml_is_checked(pki: Pki, trust: Trust) -> None:
    raw = xades(b"<oficio><monto>10</monto></oficio>", pki.signer, pki.issuer)

    good = verify(raw, trust)
    altered = verify(raw.replace(b">10<", b">90<"), trust)

    assert good.good
    assert (only(good).level, only(good).signer) == ("XAdES", "QUISPE MAMANI ROSA FIR")
    assert not only(altered).intact


def test_a_signed_part_moved_into_another_xml_does_not_vouch_for_the_whole(pki: Pki, trust: Trust) -> None:
    raw = xades(b"<oficio><monto>10</monto></oficio>", pki.signer, pki.issuer)

    assert not verify(b"<oficio><monto>90</monto>" + raw + b"</oficio>", trust).good


@pytest.mark.parametrize("raw", [b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"texto"])
def test_other_files_are_told(raw: bytes, trust: Trust) -> None:
    with pytest.raises(UserError):
        verify(raw, trust)


def test_a_file_without_signatures_says_so(trust: Trust) -> None:
    assert "El archivo no tiene firmas." in verify(PLAIN, trust).lines()
    assert not verify(PLAIN, trust).good
    assert not verify(b"<a/>", trust).good
