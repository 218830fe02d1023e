"""Raises signatures of PDFs that were made without a network, so that they can be checked for years (EN 319 142-1).

* B-T: a time stamp over the whole document proves that the signature existed by then (RFC 3161).
* B-LT: the certificates and the lists of revoked ones that a check needs are put into the document.
* B-LTA: one more time stamp over all that. Only this level still stands when every certificate in it has expired.
* What is not intact, or not of a trusted signer, is never raised: that would lend it the office's credit.
* Lists are fetched from where the certificates say, once each, within a bound; nothing of what was signed goes out, the
  service of time sees a hash.
"""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from asn1crypto import crl, tsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.signers.pdf_signer import TimestampDSSContentSettings
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko_certvalidator import CertificateValidator
from pyhanko_certvalidator.errors import PathError, ValidationError

from itinerant.card.chains import context
from itinerant.card.trust import Trust
from itinerant.card.verdict import Finding
from itinerant.card.verifying import verify
from itinerant.errors import NoConnection, Refused, UserError
from itinerant.texts import _

WAIT_S = 20
MOST_ANSWER = 64 << 20
"""Bytes: a national list of revoked certificates takes 25 MB."""

_HASH = "sha256"


class Level(StrEnum):
    """How far a signature is raised."""

    T = "B-T"
    LT = "B-LT"
    LTA = "B-LTA"


@dataclass(frozen=True, slots=True)
class Raised:
    """A document after raising it."""

    content: bytes
    level: Level
    missing: Sequence[str] = ()
    """Addresses of lists that were not reached: why it stopped at B-T. Raise it again another day."""


def raise_pdf(content: bytes, tsa: str, trust: Trust, level: Level = Level.LTA) -> Raised:
    """The document with its signatures raised; `tsa` is the address of a service of time.

    Raises `Refused` when a signature is not intact or its signer not trusted, `NoConnection` when the service of time
    does not answer, `UserError` for a document without signatures.
    """
    verdict = verify(content, trust)
    if not verdict.findings:
        raise UserError(_("El documento no tiene firmas."), code="no_signatures")
    if not verdict.good:
        raise Refused(
            _("El documento no se eleva: {why}.").format(why=_first_problem(verdict.findings)),
            next_step=_("Revíselo con «itinerant check-signature»."),
            code="not_good",
        )
    stamper = HttpStamper(tsa)
    try:
        return asyncio.run(_raised(content, stamper, trust, level))
    except TimestampRequestError as error:
        raise NoConnection(
            _("El servicio de sellado de tiempo no dio un sello."),
            next_step=_("Repita más tarde, o use otro servicio con --tsa."),
            place=tsa,
        ) from error


def _first_problem(findings: Iterable[Finding]) -> str:
    return next(
        words
        for one in findings
        if not (one.intact and one.trusted and one.covers_all)
        for words in one.words()
        if words not in (_("íntegro"), _("firmante confiable"))
    )


async def _raised(content: bytes, stamper: TimeStamper, trust: Trust, level: Level) -> Raised:
    stamped = await _stamped(content, stamper)
    if level is Level.T:
        return Raised(stamped, Level.T)
    reader = PdfFileReader(BytesIO(stamped))
    embedded = [*reader.embedded_regular_signatures, *reader.embedded_timestamp_signatures]
    given = [one for signature in embedded for one in (signature.signer_cert, *signature.other_embedded_certs)]
    lists, missing = await asyncio.to_thread(_lists, [*given, *trust.pinned])
    knowing = replace(trust, crls=[*trust.crls, *lists])
    around = context(knowing, certificates=given, strict=True)
    try:
        paths = [await _path(one.signer_cert, given, around) for one in embedded]
    except (PathError, ValidationError):
        return Raised(stamped, Level.T, missing or [_("no hay una lista vigente de algún emisor")])
    writer: Any = IncrementalPdfFileWriter(BytesIO(stamped))
    DocumentSecurityStore.supply_dss_in_writer(writer, sig_contents=None, paths=paths, validation_context=around)
    out = BytesIO()
    writer.write(out)
    if level is Level.LT:
        return Raised(out.getvalue(), Level.LT)
    return Raised(await _stamped(out.getvalue(), stamper, around), Level.LTA)


async def _path(certificate: x509.Certificate, given: Sequence[x509.Certificate], around: Any) -> Any:
    validator: Any = CertificateValidator(certificate, intermediate_certs=list(given), validation_context=around)
    # Whether it may sign or stamp was seen before: here the path is what matters.
    return await validator.async_validate_usage(set())


async def _stamped(content: bytes, stamper: TimeStamper, around: Any = None) -> bytes:
    """The document with one more time stamp; with a context, what checking the stamp needs goes in before it."""
    settings = TimestampDSSContentSettings(include_vri=False, update_before_ts=around is not None)
    out = BytesIO()
    await signers.PdfTimeStamper(stamper).async_timestamp_pdf(
        IncrementalPdfFileWriter(BytesIO(content)), _HASH, validation_context=around, dss_settings=settings, output=out
    )
    return out.getvalue()


def _lists(certificates: Sequence[x509.Certificate]) -> tuple[list[bytes], list[str]]:
    """The lists of revoked certificates that certificates point at, and the addresses that did not give one."""
    found: list[bytes] = []
    missing: list[str] = []
    for address in dict.fromkeys(url for one in certificates for url in _points(one)):
        try:
            answer = _asked(urllib.request.Request(address))  # noqa: S310 - `_points` lets http and https through
            crl.CertificateList.load(answer, strict=True)
        except (OSError, ValueError):
            missing.append(address)
        else:
            found.append(answer)
    return found, missing


def _points(certificate: x509.Certificate) -> list[str]:
    names = [point["distribution_point"] for point in certificate.crl_distribution_points]
    urls = [one.native for name in names if name.name == "full_name" for one in name.chosen]
    return [url for url in urls if isinstance(url, str) and _is_web(url)]


def _is_web(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


class HttpStamper(TimeStamper):
    """Asks a service of time over HTTP (RFC 3161 section 3.4)."""

    def __init__(self, url: str) -> None:
        if not _is_web(url):
            raise UserError(_("La dirección del servicio de sellado debe ser http o https."), place=url, code="bad_url")
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's own is without types
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """One question; pyHanko checks that the answer is to it. Raises `TimestampRequestError`."""
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        asked = urllib.request.Request(self._url, req.dump(), headers)  # noqa: S310 - http or https, see above
        try:
            return tsp.TimeStampResp.load(await asyncio.to_thread(_asked, asked), strict=True)
        except (OSError, ValueError) as error:
            raise TimestampRequestError(str(error)) from error


def _asked(request: urllib.request.Request) -> bytes:
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310 - callers let only web addresses in
        content: bytes = answer.read(MOST_ANSWER + 1)
    if len(content) > MOST_ANSWER:
        raise ValueError("too long an answer")
    return content
