"""Whether signed files are intact and whose they are, offline: PDF (PAdES), XML (XAdES), and CMS beside its file.

* The network is never asked: chains end in pinned roots, revocation is known from what the file itself carries and
  from lists that lie in the folder of trust.
* Time stamps inside a PDF count from the last to the first, each vouching for the moment at which the one before is
  looked at; the signature is looked at where the first leaves off.
* These functions block: call them outside the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms, pem
from asn1crypto import x509 as certs
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import (
    async_validate_detached_cms,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.status import SignatureCoverageLevel

from itinerant.card import xades
from itinerant.card.chains import BROKEN, context, doubt_of
from itinerant.card.trust import Trust
from itinerant.card.verdict import Doubt, Finding, Revocation, Verdict
from itinerant.errors import UserError
from itinerant.texts import _

_PDF_HEAD = 1_024
"""Where `%PDF-` may stand (ISO 32000-1, annex H.3.4.1)."""

_UNREADABLE = (PdfError, *BROKEN)
"""What pyHanko raises over files that are not what they say; its own errors of signatures are `ValueError`s."""


def verify(content: bytes, trust: Trust, *, signature: bytes | None = None, moment: datetime | None = None) -> Verdict:
    """What the signatures of a file are worth at a moment (now, if not said). `signature`: a CMS that lies beside it.

    Raises `UserError` for a file that holds no kind of signature known here.
    """
    at = moment or datetime.now(UTC)
    notes = _notes(trust, at)
    if signature is not None:
        return Verdict(asyncio.run(_detached(content, signature, trust, at)), notes)
    if b"%PDF-" in content[:_PDF_HEAD]:
        return Verdict(asyncio.run(_pdf(content, trust, at)), notes)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        found = xades.findings(content, trust, at)
        if xades.count(content) > 1:
            notes.append(_("El archivo tiene más firmas: se comprobó la primera."))
        return Verdict(found, notes)
    raise UserError(
        _("El archivo no es un PDF ni un XML."),
        next_step=_("Si la firma está en otro archivo (.p7s), indíquelo también."),
        code="unknown_kind",
    )


def _notes(trust: Trust, at: datetime) -> list[str]:
    said = [] if trust.anchors else [_("No hay raíces de confianza en esta máquina: pídalas a la oficina.")]
    for one in trust.lists:
        published = one.issued.strftime("%d/%m/%Y") if one.issued else "?"
        said.append(_("Lista de confianza {where} del {day}.").format(where=one.territory, day=published))
        if one.is_stale(at):
            said.append(_("Esa lista ya venció: debería haber una más nueva."))
    said += [_("La lista {name} no se usó: nadie de confianza la firma.").format(name=name) for name in trust.unsigned]
    return said


async def _pdf(content: bytes, trust: Trust, at: datetime) -> list[Finding]:
    try:
        reader = PdfFileReader(BytesIO(content))
        if reader.encrypted:
            raise UserError(_("El PDF está protegido con contraseña."), code="encrypted_pdf")
        stamps = list(reader.embedded_timestamp_signatures)
        own = list(reader.embedded_regular_signatures)
        material = _Material(reader)
    except _UNREADABLE as error:
        raise UserError(_("El archivo no es un PDF que se pueda leer."), code="not_pdf") from error
    found = []
    for one in own:
        try:
            moment, proven, last = await _proven(one, stamps, trust, material, at)
            found.append(await _signature(one, trust, material, moment, proven, archived=material.is_before(last)))
        except _UNREADABLE:  # libraries parse as late as they can: what is broken shows anywhere in there
            found.append(Finding("", False, Doubt.UNKNOWN, Revocation.UNCHECKED, "B-B", None))
    return found


class _Material:
    """What a PDF carries to be checked later (its DSS, EN 319 142-1 section 5.4.2)."""

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self.certificates: list[certs.Certificate] = []
        self.crls: list[Any] = []
        self.ocsps: list[Any] = []
        try:
            store = DocumentSecurityStore.read_dss(reader)
        except NoDSSFoundError:
            return
        self.certificates = list(store.load_certs())
        self.crls = [one.get_object().data for one in store.crls]
        self.ocsps = [one.get_object().data for one in store.ocsps]

    def is_before(self, stamp: Any) -> bool:
        """Whether a time stamp covers it."""
        if stamp is None or not (self.crls or self.ocsps):
            return False
        try:
            store = DocumentSecurityStore.read_dss(self._reader.get_historical_resolver(stamp.signed_revision))
        except NoDSSFoundError:
            return False
        return bool(store.crls or store.ocsps)

    def context(self, trust: Trust, at: datetime, *, strict: bool) -> Any:
        return context(trust, at, certificates=self.certificates, crls=self.crls, ocsps=self.ocsps, strict=strict)


async def _proven(
    one: Any, stamps: Sequence[Any], trust: Trust, material: _Material, at: datetime
) -> tuple[datetime, datetime | None, Any]:
    """The moment to look at a signature, the same when it is proven, and the last time stamp that counts."""
    moment, proven, last = at, None, None
    for stamp in reversed([stamp for stamp in stamps if stamp.signed_revision > one.signed_revision]):
        try:
            status = await async_validate_pdf_timestamp(stamp, material.context(trust, moment, strict=False))
        except _UNREADABLE:
            continue
        if status.intact and status.valid and status.trusted:
            moment = proven = status.timestamp
            last = last or stamp
    return moment, proven, last


async def _signature(
    one: Any, trust: Trust, material: _Material, moment: datetime, proven: datetime | None, *, archived: bool
) -> Finding:
    own, others = one.signer_cert, list(one.other_embedded_certs)
    around = material.context(trust, moment, strict=False)
    intact, whole, claimed = False, True, None
    try:
        status = await async_validate_pdf_signature(one, around)
    except _UNREADABLE:
        pass
    else:
        level = status.modification_level
        intact = status.intact and status.valid and level is not None and level < ModificationLevel.OTHER
        intact = intact and status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
        whole = level is not None and level <= ModificationLevel.LTA_UPDATES
        claimed = status.signer_reported_dt
    doubt = await doubt_of(own, others, trust, around)
    revocation, reached = Revocation.UNCHECKED, "B-B"
    if doubt is Doubt.REVOKED:
        revocation = Revocation.REVOKED
    elif doubt is Doubt.NONE and await _is_alive(own, others, trust, material, moment):
        revocation = Revocation.GOOD
    if proven:
        reached = "B-T"
        if revocation is Revocation.GOOD and (material.crls or material.ocsps):
            reached = "B-LTA" if archived else "B-LT"
    return Finding(_name(own), intact, doubt, revocation, reached, claimed, proven, whole)


async def _is_alive(own: Any, others: Sequence[Any], trust: Trust, material: _Material, moment: datetime) -> bool:
    """Whether the file, or the folder of trust, proves that nobody in the chain was revoked at the moment."""
    if not (material.crls or material.ocsps or trust.crls):
        return False
    return await doubt_of(own, others, trust, material.context(trust, moment, strict=True)) is Doubt.NONE


async def _detached(content: bytes, signature: bytes, trust: Trust, at: datetime) -> list[Finding]:
    try:
        der = pem.unarmor(signature)[2] if pem.detect(signature) else signature
        message = cms.ContentInfo.load(der, strict=True)
        signed = message["content"]
        if message["content_type"].native != "signed_data" or len(signed["signer_infos"]) != 1:
            raise ValueError("one signer")
        certificates = [one.chosen for one in signed["certificates"] if one.name == "certificate"]
        status = await async_validate_detached_cms(content, signed, context(trust, at, certificates=certificates))
    except _UNREADABLE as error:
        raise UserError(
            _("El archivo de la firma no se puede leer."),
            next_step=_("Debe ser un CMS separado (.p7s) con un solo firmante."),
            code="not_cms",
        ) from error
    own = status.signing_cert
    doubt = await doubt_of(own, certificates, trust, context(trust, at, certificates=certificates))
    revocation = Revocation.REVOKED if doubt is Doubt.REVOKED else Revocation.UNCHECKED
    intact = status.intact and status.valid
    return [Finding(_name(own), intact, doubt, revocation, "CMS", status.signer_reported_dt)]


def _name(certificate: certs.Certificate) -> str:
    try:
        return str(certificate.subject.native.get("common_name", ""))
    except BROKEN:
        return ""
