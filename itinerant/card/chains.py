"""Chains of certificates: whether a signer's ends in an anchor at a moment (RFC 5280), without any network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
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
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, FreshnessReqType, RevocationCheckingPolicy

from itinerant.card.silence import silence
from itinerant.card.trust import Trust
from itinerant.card.verdict import Doubt

silence()

BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
"""What the libraries raise over certificates and files that are not what they say, besides errors of their own."""

_EVER = CertRevTrustPolicy(
    RevocationCheckingPolicy.from_legacy("soft-fail"),
    freshness=timedelta(days=36_500),
    freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
)
"""An old list still tells who had been revoked by then; that it is old is no reason to doubt the others."""

_FRESH = CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require"), retroactive_revinfo=True)
"""What was published after the moment tells of the moment too: it says since when."""


def context(
    trust: Trust,
    moment: datetime | None = None,
    *,
    certificates: Iterable[x509.Certificate] = (),
    crls: Iterable[bytes] = (),
    ocsps: Iterable[bytes] = (),
    strict: bool = False,
) -> ValidationContext:
    """What a chain is checked against. `strict`: every certificate needs a fresh answer about its revocation."""
    return ValidationContext(
        trust_roots=trust.anchors,
        other_certs=[*certificates, *trust.pinned],
        moment=moment,
        allow_fetching=False,
        crls=[*crls, *trust.crls],
        ocsps=list(ocsps),
        revinfo_policy=_FRESH if strict else _EVER,
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
    except (ValidationError, *BROKEN):
        return Doubt.UNKNOWN
    ids = {one.key_identifier for one in path.iter_certs(include_root=True)}
    return Doubt.WITHDRAWN if ids & trust.withdrawn else Doubt.NONE
