"""The folder of trust: pinned certificates, and a trusted list with the quirks of the Peruvian one."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from itinerant.card.trust import Trust, key_id, load, parse
from itinerant.card.verdict import Doubt
from itinerant.card.verifying import verify
from itinerant.errors import Damaged
from tests.card.pki import Holder, Pki
from tests.card.pki import pki as made_pki
from tests.card.test_signing import xades

_TYPE = "http://uri.etsi.org/TrstSvc/Svctype/CA/PKC"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return made_pki()


def ski(holder: Holder) -> bytes:
    found = x509.Certificate.load(holder.der).key_identifier
    assert found is not None
    return bytes(found)


def service(holder: Holder | None, status: str, *, kind: str = _TYPE, identifier: str = "", name: str = "EC") -> str:
    """A service as TS 102 231 version 3 writes it."""
    given = f"<tsl:X509Certificate>{b64encode(holder.der).decode()}</tsl:X509Certificate>" if holder else ""
    given = f"<tsl:DigitalId>{given}</tsl:DigitalId>" if given else ""
    if identifier:
        given += f"<tsl:DigitalId><tsl:X509SKI>{identifier}</tsl:X509SKI></tsl:DigitalId>"
    return f"""<tsl:TSPService><tsl:ServiceInformation>
      <tsl:ServiceTypeIdentifier>{kind}</tsl:ServiceTypeIdentifier>
      <tsl:ServiceName><tsl:Name xml:lang="es">{name}</tsl:Name></tsl:ServiceName>
      <tsl:ServiceDigitalIdentity>{given}</tsl:ServiceDigitalIdentity>
      <tsl:ServiceStatus>{status}</tsl:ServiceStatus>
    </tsl:ServiceInformation></tsl:TSPService>"""


def listed(*services: str, next_update: str = "", issued: str = "2026-09-01T00:00:00Z") -> bytes:
    """A list of version 3: its electronic addresses have no language, which schemas of version 5 refuse."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<tsl:TrustServiceStatusList xmlns:tsl="http://uri.etsi.org/02231/v2#" TSLTag="http://uri.etsi.org/02231/TSLTag">
  <tsl:SchemeInformation>
    <tsl:TSLVersionIdentifier>3</tsl:TSLVersionIdentifier><tsl:TSLSequenceNumber>41</tsl:TSLSequenceNumber>
    <tsl:SchemeOperatorAddress><tsl:ElectronicAddress><tsl:URI>http://ejemplo.pe</tsl:URI></tsl:ElectronicAddress>
    </tsl:SchemeOperatorAddress>
    <tsl:SchemeTerritory>PE</tsl:SchemeTerritory>
    <tsl:ListIssueDateTime>{issued}</tsl:ListIssueDateTime>
    <tsl:NextUpdate>{next_update}</tsl:NextUpdate>
  </tsl:SchemeInformation>
  <tsl:TrustServiceProviderList><tsl:TrustServiceProvider>
    <tsl:TSPInformation><tsl:TSPName><tsl:Name xml:lang="es">RENIEC</tsl:Name></tsl:TSPName></tsl:TSPInformation>
    <tsl:TSPServices>{"".join(services)}</tsl:TSPServices>
  </tsl:TrustServiceProvider></tsl:TrustServiceProviderList>
</tsl:TrustServiceStatusList>""".encode()


GRANTED = "http://uri.etsi.org/TrstSvc/Svcstatus/granted"
OWN_GRANTED = "https://iofe.ejemplo.pe/TSL/Svcstatus/Accredited"
WITHDRAWN = "http://uri.etsi.org/TrstSvc/Svcstatus/withdrawn"


def folder_with(folder: Path, content: bytes, *pinned: Holder) -> Trust:
    (folder / "tsl-pe.xml").write_bytes(content)
    for number, one in enumerate(pinned):
        (folder / f"{number}.pem").write_bytes(one.pem)
    return load(folder)


def verdict_of(pki: Pki, trust: Trust) -> Doubt:
    made = PKCS7SignatureBuilder().set_data(b"a").add_signer(pki.signer.certificate, pki.signer.key, hashes.SHA256())
    signature = made.add_certificate(pki.issuer.certificate).sign(
        Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary]
    )
    return verify(b"a", trust, signature=signature).findings[0].doubt


@pytest.mark.parametrize("status", [GRANTED, OWN_GRANTED, GRANTED + "/"])
def test_a_granted_authority_of_a_signed_list_vouches_for_signers(pki: Pki, tmp_path: Path, status: str) -> None:
    # The list's operator is pinned; the authority of certificates is known from the list alone.
    content = xades(listed(service(pki.issuer, status)), pki.tsa, pki.issuer)

    trust = folder_with(tmp_path, content, pki.root)

    assert not trust.unsigned
    assert verdict_of(pki, trust) is Doubt.NONE


def test_a_list_that_nobody_pinned_signed_is_left_aside(pki: Pki, tmp_path: Path) -> None:
    unsigned = folder_with(tmp_path, listed(service(pki.issuer, GRANTED)))

    assert (unsigned.lists, unsigned.unsigned) == ([], ["tsl-pe.xml"])
    assert verdict_of(pki, unsigned) is Doubt.UNKNOWN
    assert any("tsl-pe.xml" in line for line in verify(b"<a/>", unsigned).lines())


def test_an_altered_list_is_left_aside(pki: Pki, tmp_path: Path) -> None:
    content = xades(listed(service(pki.issuer, WITHDRAWN)), pki.tsa, pki.issuer)

    trust = folder_with(tmp_path, content.replace(b"withdrawn", b"granted"), pki.root)

    assert trust.unsigned == ["tsl-pe.xml"]


@pytest.mark.parametrize("status", [WITHDRAWN, "http://uri.etsi.org/TrstSvc/Svcstatus/SupervisionCeased", "raro", ""])
@pytest.mark.parametrize("twice", [False, True])
def test_a_withdrawn_authority_vouches_for_nobody_even_under_a_pinned_root(
    pki: Pki, tmp_path: Path, status: str, twice: bool
) -> None:
    identifier = b64encode(ski(pki.issuer))
    identifier = b64encode(identifier) if twice else identifier
    content = xades(listed(service(None, status, identifier=identifier.decode())), pki.tsa, pki.issuer)

    trust = folder_with(tmp_path, content, pki.root)

    assert verdict_of(pki, trust) is Doubt.WITHDRAWN


def test_other_kinds_of_service_are_no_anchors(pki: Pki) -> None:
    archive = "http://uri.etsi.org/TrstSvc/Svctype/Archiv"

    assert not Trust(lists=[parse(listed(service(pki.issuer, GRANTED, kind=archive)))]).anchors


@pytest.mark.parametrize(
    "text",
    [
        b64encode(bytes(range(20))).decode(),
        b64encode(b64encode(bytes(range(20)))).decode(),
        "\n  " + b64encode(b64encode(bytes(range(20)))).decode() + "\n",
        b64encode(b"\x04\x14" + bytes(range(20))).decode(),
        b64encode(bytes(range(20)).hex().encode()).decode(),
        bytes(range(20)).hex(":"),
    ],
)
def test_identifiers_of_keys_are_read_however_they_were_encoded(text: str) -> None:
    assert key_id(text) == bytes(range(20))


@pytest.mark.parametrize("text", ["", "no es nada", "AAAA", "=" * 40])
def test_what_is_no_identifier_is_none(text: str) -> None:
    assert key_id(text) is None


@pytest.mark.parametrize(
    ("next_update", "stale"),
    [("", [False, True]), ("<tsl:dateTime>2026-10-01T00:00:00Z</tsl:dateTime>", [True, True])],
)
def test_a_list_holds_until_the_next_one_or_for_six_months(next_update: str, stale: list[bool]) -> None:
    found = parse(listed(next_update=next_update))
    issued = datetime(2026, 9, 1, tzinfo=UTC)

    assert found.territory == "PE"
    assert found.number == 41
    assert [found.is_stale(issued + timedelta(days=days)) for days in (180, 190)] == stale


def test_one_bad_certificate_does_not_cost_the_list(pki: Pki) -> None:
    content = listed(service(pki.issuer, GRANTED), service(pki.root, GRANTED)).replace(
        b64encode(pki.issuer.der), b"AAAA", 1
    )

    services = parse(content).services

    assert [len(one.certificates) for one in services] == [0, 1]
    assert {one.provider for one in services} == {"RENIEC"}


@pytest.mark.parametrize(
    "raw", [b"", b"<a/>", b"<a", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>']
)
def test_what_is_no_list_is_told(raw: bytes) -> None:
    with pytest.raises(Damaged):
        parse(raw, "x.xml")


def test_a_bad_certificate_in_the_folder_is_told_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "raiz.crt").write_bytes(b"\x30\x82nada")

    with pytest.raises(Damaged) as caught:
        load(tmp_path)

    assert caught.value.place.endswith("raiz.crt")


def test_without_a_folder_nobody_is_trusted(tmp_path: Path) -> None:
    assert load(tmp_path / "no") == Trust()
