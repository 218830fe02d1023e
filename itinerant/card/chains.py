"""Chains of certificates: whether a signer's ends in an anchor at a moment (RFC 5280), without any network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from asn1crypto import x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)

from itinerant.card.silence import silence
from itinerant.card.trust import Trust
from itinerant.card.verdict import Doubt

silence()


def context(
    trust: Trust,
    moment: datetime | None = None,
    *,
    certificates: Iterable[x509.Certificate] = (),
    crls: Iterable[bytes] = (),
    ocsps: Iterable[bytes] = (),
    strict: bool = False,
) -> ValidationContext:
    """What a chain is checked against. `strict`: every certificate needs an answer about its revocation; what was
    published after the moment counts too, as it tells since when."""
    return ValidationContext(
        trust_roots=trust.anchors,
        other_certs=[*certificates, *trust.pinned],
        moment=moment,
        allow_fetching=False,
        crls=[*crls, *trust.crls],
        ocsps=list(ocsps),
        revocation_mode="require" if strict else "soft-fail",
        retroactive_revinfo=True,
    )


async def doubt_of(
    certificate: x509.Certificate, others: Iterable[x509.Certificate], trust: Trust, around: ValidationContext
) -> Doubt:
    """Why the certificate of a signer is not trusted in a context; `NONE` when it is."""
    if not trust.anchors:
        return Doubt.UNKNOWN
    validator: Any = CertificateValidator(certificate, intermediate_certs=list(others), validation_context=around)
    try:
        path: Any = await validator.async_validate_usage({"non_repudiation"})
    except RevokedError:
        return Doubt.REVOKED
    except (ExpiredError, NotYetValidError):
        return Doubt.EXPIRED
    except PathBuildingError:
        return Doubt.UNKNOWN
    except InvalidCertificateError:
        return Doubt.NOT_TO_SIGN
    except ValidationError:
        return Doubt.UNKNOWN
    ids = {one.key_identifier for one in path.iter_certs(include_root=True)}
    return Doubt.WITHDRAWN if ids & trust.withdrawn else Doubt.NONE
