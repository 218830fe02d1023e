"""Who issued a certificate: its path to the roots that were pinned on this laptop, and how old the revocation list is.

* Roots are the self-signed certificates of a folder (`anchors` in the home: PEM or DER); others there complete paths.
* Nothing is fetched: on the road a list that is not there is said as such, never taken for a good answer.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from itinerant.errors import CardProblem
from itinerant.texts import _, ngettext

FOLDER = "anchors"
_LONGEST = 5
_MOST_FILE = 64 * 1024 * 1024
"""Bytes: a national revocation list has 25 MB."""


@dataclass(frozen=True, slots=True)
class Trust:
    """`chained`: None when no root is pinned. `list_age_d`: days of the issuer's revocation list; None without it."""

    chained: bool | None
    list_age_d: int | None = None
    revoked: bool = False

    @property
    def words(self) -> str:
        """The verdict for a person."""
        if self.revoked:
            return _("certificado revocado")
        if self.chained is None:
            return _("sin raíces fijadas: no se comprobó quién emitió la tarjeta")
        if not self.chained:
            return _("emisor desconocido o certificado vencido")
        if self.list_age_d is None:
            return _("emisor confiable, revocación no comprobada")
        days = ngettext("{n} día", "{n} días", self.list_age_d).format(n=self.list_age_d)
        return _("emisor confiable; lista de revocación de hace {days}").format(days=days)


def trust(certificate: x509.Certificate, folder: Path, now: datetime.datetime) -> Trust:
    """What can be said of a certificate with what is in `folder`. `now` has a time zone; the laptop's clock."""
    pool = [found for path in _files(folder, (".pem", ".crt", ".cer", ".der")) for found in _certificates(path)]
    roots = [each for each in pool if each.issuer == each.subject]
    if not roots:
        return Trust(None)
    issuer = _path(certificate, pool, now)
    if issuer is None:
        return Trust(False)
    lists = [found for path in _files(folder, (".crl",)) for found in _list(path) if found.issuer == issuer.subject]
    good = [each for each in lists if each.is_signature_valid(issuer.public_key())]  # type: ignore[arg-type]  # a CA's
    if not good:
        return Trust(True)
    latest = max(good, key=lambda each: each.last_update_utc)
    revoked = latest.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
    return Trust(True, max(0, (now - latest.last_update_utc).days), revoked)


def require(found: Trust) -> Trust:
    """Raise `CardProblem` for a card that pinned roots do not vouch for."""
    if found.revoked or found.chained is False:
        raise CardProblem(
            _("No se acepta la tarjeta: {words}.").format(words=found.words),
            next_step=_("Entre con su frase de acceso y avise a la oficina."),
            code="revoked" if found.revoked else "not_trusted",
        )
    return found


def _path(
    certificate: x509.Certificate, pool: Sequence[x509.Certificate], now: datetime.datetime
) -> x509.Certificate | None:
    """The issuer, when a path of valid certificates leads from it to a root of the pool."""
    if not _valid(certificate, now):
        return None
    for candidate in pool:
        if candidate.subject == certificate.issuer and _issues(candidate) and _issued(certificate, candidate):
            at: x509.Certificate | None = candidate
            for _step in range(_LONGEST):
                if at is None or not _valid(at, now):
                    break
                if at.issuer == at.subject:
                    return candidate
                at = next((each for each in pool if _issues(each) and _issued(at, each)), None)
    return None


def _valid(certificate: x509.Certificate, now: datetime.datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _issues(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in endings and _small(path))


def _small(path: Path) -> bool:
    return path.is_file() and path.stat().st_size <= _MOST_FILE


def _certificates(path: Path) -> list[x509.Certificate]:
    data = path.read_bytes()
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        return []  # another file of the folder, or a ruined one: it vouches for nobody


def _list(path: Path) -> list[x509.CertificateRevocationList]:
    data = path.read_bytes()
    try:
        return [x509.load_pem_x509_crl(data) if b"-----BEGIN" in data else x509.load_der_x509_crl(data)]
    except ValueError:
        return []
