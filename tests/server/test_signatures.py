"""Raising signatures at the office against a service of time and lists of revocation that answer over HTTP."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import keys, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from itinerant.card.trust import Trust, load
from itinerant.card.verdict import Doubt, Revocation
from itinerant.card.verifying import verify
from itinerant.domain import pdf
from itinerant.errors import NoConnection, Refused, UserError
from server import signatures
from server.main import main
from server.signatures import Level, raise_pdf
from tests.card.pki import Holder, Pki
from tests.card.pki import pki as made_pki

PLAIN = pdf.write([pdf.Line("Acta de la jornada")], "Acta")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return made_pki()


@pytest.fixture(scope="module")
def anchors(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("anchors")
    (folder / "raiz.pem").write_bytes(pki.root.pem)
    (folder / "autoridad.pem").write_bytes(pki.issuer.pem)
    return folder


@pytest.fixture(scope="module")
def trust(anchors: Path) -> Trust:
    return load(anchors)


async def signed_by(holder: Holder) -> bytes:
    """A PDF signed as a card in the field does."""
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(holder.der),
        signing_key=keys.PrivateKeyInfo.load(holder.key_der),
        cert_registry=SimpleCertificateStore(),
    )
    metadata = signers.PdfSignatureMetadata(field_name="Firma1", subfilter=fields.SigSeedSubFilter.PADES)
    made = await signers.PdfSigner(metadata, signer).async_sign_pdf(IncrementalPdfFileWriter(BytesIO(PLAIN)))
    return bytes(made.getvalue())


@pytest.fixture(scope="module")
def signed(pki: Pki) -> bytes:
    import asyncio

    return asyncio.run(signed_by(pki.signer))


@pytest.mark.parametrize("level", list(Level))
def test_each_level_is_what_a_check_finds(signed: bytes, trust: Trust, pki: Pki, level: Level) -> None:
    raised = raise_pdf(signed, f"{pki.url}/tsa", trust, level)

    verdict = verify(raised.content, trust)
    found = verdict.findings[0]
    assert (raised.level, raised.missing) == (level, ())
    assert verdict.good
    assert found.level == level.value
    assert found.proven_at is not None
    assert raised.content.startswith(signed), "lo firmado sigue siendo lo firmado"
    assert (found.revocation is Revocation.GOOD) == (level is not Level.T)


def test_only_the_highest_level_stands_when_the_certificate_has_expired(signed: bytes, trust: Trust, pki: Pki) -> None:
    later = datetime.now(UTC) + timedelta(days=1_500)

    raised = raise_pdf(signed, f"{pki.url}/tsa", trust)

    assert verify(raised.content, trust, moment=later).findings[0].doubt is Doubt.NONE
    assert verify(raised.content, trust, moment=later).findings[0].level == "B-LTA"


def test_a_raised_document_that_was_altered_is_refused(signed: bytes, trust: Trust, pki: Pki) -> None:
    raised = raise_pdf(signed, f"{pki.url}/tsa", trust).content

    altered = raised.replace(b"Acta de la jornada", b"Acta de la jornaza", 1)

    assert not verify(altered, trust).findings[0].intact
    with pytest.raises(Refused):
        raise_pdf(altered, f"{pki.url}/tsa", trust)


def test_an_unknown_signer_gets_no_stamp(signed: bytes, pki: Pki) -> None:
    before = pki.asked.count("/tsa")

    with pytest.raises(Refused, match="no confiable"):
        raise_pdf(signed, f"{pki.url}/tsa", Trust())

    assert pki.asked.count("/tsa") == before


def test_without_lists_it_stops_at_the_time_stamp_and_says_why(
    signed: bytes, trust: Trust, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pki, "issuer", pki.root)  # the service now publishes a list that is another's

    raised = raise_pdf(signed, f"{pki.url}/tsa", trust)

    assert raised.level is Level.T
    assert raised.missing


def test_lists_of_the_folder_do_without_the_network(signed: bytes, trust: Trust, pki: Pki) -> None:
    knowing = replace(trust, crls=[pki.crl(pki.root), pki.crl(pki.issuer)])

    assert verify(raise_pdf(signed, f"{pki.url}/tsa", knowing).content, trust).findings[0].level == "B-LTA"


@pytest.mark.parametrize("path", ["/nothing", "/root.crl"])
def test_a_service_that_gives_no_stamp_is_no_connection(
    signed: bytes, trust: Trust, path: str, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "WAIT_S", 2)

    with pytest.raises(NoConnection):
        raise_pdf(signed, f"http://127.0.0.1:9{path}", trust)


def test_only_web_addresses_are_asked(signed: bytes, trust: Trust) -> None:
    with pytest.raises(UserError):
        raise_pdf(signed, "file:///etc/passwd", trust)


def test_a_document_without_signatures_is_not_raised(trust: Trust, pki: Pki) -> None:
    with pytest.raises(UserError):
        raise_pdf(PLAIN, f"{pki.url}/tsa", trust)


def test_the_command_writes_the_raised_document_beside_it(
    signed: bytes, anchors: Path, pki: Pki, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "acta.pdf"
    source.write_bytes(signed)

    code = main(["signature", "raise", str(source), "--tsa", f"{pki.url}/tsa", "--anchors", str(anchors)])

    assert code == 0
    assert "B-LTA" in capsys.readouterr().out
    assert source.read_bytes() == signed
    assert verify((tmp_path / "acta-B-LTA.pdf").read_bytes(), load(anchors)).good


def test_a_broken_file_gets_a_verdict_or_a_sentence(signed: bytes, trust: Trust, pki: Pki) -> None:
    raised = raise_pdf(signed, f"{pki.url}/tsa", trust).content
    seed = 20_261_124
    chance = random.Random(seed)
    for round_ in range(40):
        raw = bytearray(raised)
        at = chance.randrange(len(PLAIN), len(raw))
        raw[at] ^= 1 << chance.randrange(8)
        try:
            verdict = verify(bytes(raw), trust)
        except UserError:
            continue
        assert verdict.lines()[-1].startswith("Comprobación técnica"), f"seed {seed}, round {round_}"
