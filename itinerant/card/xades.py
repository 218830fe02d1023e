"""Signatures inside XML (XAdES, EN 319 132-1): the arithmetic by signxml, the chain by the same rules as for PDFs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from asn1crypto import x509
from cryptography.exceptions import InvalidSignature as WrongKey
from cryptography.x509 import load_der_x509_certificate
from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration
from signxml.xades.xades import XAdESVerifier

from itinerant.card.chains import BROKEN, context, doubt_of
from itinerant.card.trust import Trust, embedded, tree_of
from itinerant.card.verdict import Doubt, Finding, Revocation
from itinerant.errors import UserError
from itinerant.texts import _

_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_REFERENCE = "{*}SignedInfo/{*}Reference"


def findings(content: bytes, trust: Trust, moment: datetime) -> list[Finding]:
    """What the first signature of the file is worth. Raises `UserError` for what is no XML."""
    try:
        root = tree_of(content)
    except ValueError as error:
        raise UserError(_("El archivo no es un XML que se pueda leer."), code="not_xml") from error
    node = next(root.iter(_SIGNATURE), None)
    if node is None:
        return []
    try:
        return [_finding(root, node, trust, moment)]
    except BROKEN:  # libraries parse as late as they can: what is broken shows anywhere in there
        return [Finding("", False, Doubt.UNKNOWN, Revocation.UNCHECKED, "XAdES", None)]


def count(content: bytes) -> int:
    """How many signatures the file has, also those inside others."""
    return sum(1 for _node in tree_of(content).iter(_SIGNATURE))


def signed_by_trusted(content: bytes, trust: Trust) -> bool:
    """Whether the signature of an XML is intact, covers it, and is of somebody whom `trust` vouches for."""
    found = findings(content, trust, datetime.now(UTC))
    # A list is signed with a certificate made for lists, which need not say that it signs for persons.
    fine = (Doubt.NONE, Doubt.NOT_TO_SIGN)
    return bool(found) and all(one.intact and one.covers_all and one.doubt in fine for one in found)


def _finding(root: Any, node: Any, trust: Trust, moment: datetime) -> Finding:
    certificates = embedded(node)
    # The order of a KeyInfo is free: the certificate that the arithmetic agrees with is the signer's.
    own = next((one for one in certificates if _is_of(root, one)), None)
    shown = own or (certificates[0] if certificates else None)
    doubt = Doubt.UNKNOWN
    if shown is not None:
        doubt = asyncio.run(doubt_of(shown, certificates, trust, context(trust, moment, certificates=certificates)))
    return Finding(
        signer=str(shown.subject.native.get("common_name", "")) if shown is not None else "",
        intact=own is not None,
        doubt=doubt,
        revocation=Revocation.REVOKED if doubt is Doubt.REVOKED else Revocation.UNCHECKED,
        level="XAdES",
        claimed_at=_claimed(node),
        covers_all=_covers(root, node),
    )


def _is_of(root: Any, certificate: x509.Certificate) -> bool:
    """Whether the first signature is that certificate's, over these very bytes."""
    try:
        own = load_der_x509_certificate(certificate.dump())
        # Whether it was valid is the chain's question: here it is read within its own time.
        config = SignatureConfiguration(expect_references=True, verification_time=own.not_valid_before_utc)
        XAdESVerifier().verify(etree.tostring(root), x509_cert=own, expect_config=config)
    except (SignXMLException, WrongKey, etree.LxmlError, *BROKEN):
        return False
    return True


def _covers(root: Any, node: Any) -> bool:
    """Whether a reference is the whole document: by an empty address, or by an Id that the root alone has."""
    own = root.get("Id") or root.get("ID") or root.get("id")
    alone = own is not None and sum(own in (one.get("Id"), one.get("ID"), one.get("id")) for one in root.iter()) == 1
    whole = {"", f"#{own}"} if alone else {""}
    return any(one.get("URI") in whole for one in node.iterfind(_REFERENCE))


def _claimed(node: Any) -> datetime | None:
    for one in node.iter("{*}SigningTime"):
        try:
            found = datetime.fromisoformat("".join(one.itertext()).strip())
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
