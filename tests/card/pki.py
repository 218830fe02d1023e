"""A small public key infrastructure of the test's own: a root, an authority, signers, and a service of time over HTTP.

It is made once a process, around a port that the system gave: certificates say where their lists of revocation are.
"""

from __future__ import annotations

import datetime
import threading
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
DAY = datetime.timedelta(days=1)


Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@dataclass
class Pki:
    """The whole of it. `url` is where the service of time (`/tsa`) and the lists (`/root.crl`, `/issuer.crl`) are."""

    url: str
    root: Holder
    issuer: Holder
    signer: Holder
    curved: Holder
    """A signer whose key is of an elliptic curve."""
    holder: Holder
    """The same person's certificate to authenticate."""
    expired: Holder
    revoked: Holder
    tsa: Holder
    asked: list[str] = field(default_factory=list)
    """What was asked over HTTP."""

    def crl(self, issuer: Holder) -> bytes:
        """The list of an authority, of an hour ago."""
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update(NOW - datetime.timedelta(hours=1))
            .next_update(NOW + 30 * DAY)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
            .add_extension(x509.CRLNumber(1), False)
        )
        if issuer is self.issuer:
            gone = x509.RevokedCertificateBuilder(self.revoked.certificate.serial_number, NOW - 10 * DAY)
            made = made.add_revoked_certificate(gone.build())
        return made.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def time_stamper(self) -> DummyTimeStamper:
        certificates = [asn1_x509.Certificate.load(one.der) for one in (self.issuer, self.root)]
        registry: Any = certificates
        return DummyTimeStamper(
            asn1_x509.Certificate.load(self.tsa.der),
            asn1_keys.PrivateKeyInfo.load(self.tsa.key_der),
            certs_to_embed=registry,
        )


@cache
def pki() -> Pki:
    """The infrastructure, and its services while the process lives."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    root = _made("RAIZ DE PRUEBA", None, ca=True, days=(-100, 5_000))
    issuer = _made("AUTORIDAD DE PRUEBA", root, ca=True, crl=f"{url}/root.crl", days=(-100, 5_000))
    crl = f"{url}/issuer.crl"
    made = Pki(
        url,
        root,
        issuer,
        signer=_made("QUISPE MAMANI ROSA FIR", issuer, crl=crl),
        curved=_made("QUISPE MAMANI ROSA CURVA", issuer, crl=crl, curve=True),
        holder=_made("QUISPE MAMANI ROSA AUT", issuer, crl=crl, signs=False),
        expired=_made("CERTIFICADO VENCIDO", issuer, crl=crl, days=(-400, -30)),
        revoked=_made("CERTIFICADO REVOCADO", issuer, crl=crl),
        tsa=_made("SELLO DE TIEMPO", issuer, crl=crl, tsa=True, days=(-100, 3_000)),
    )
    _Handler.pki = made
    threading.Thread(target=server.serve_forever, daemon=True, name="tsa").start()
    return made


def _made(
    name: str,
    issuer: Holder | None,
    *,
    ca: bool = False,
    signs: bool = True,
    tsa: bool = False,
    crl: str = "",
    days: tuple[int, int] = (-100, 1_000),
    curve: bool = False,
) -> Holder:
    key: Key = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65_537, 2_048)
    subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "PE"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by, by_key = (issuer.certificate.subject, issuer.key) if issuer else (subject, key)
    usage = x509.KeyUsage(not ca, signs and not ca, False, False, False, ca, ca, False, False)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + days[0] * DAY)
        .not_valid_after(NOW + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca, None), True)
        .add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), False)
    )
    if tsa:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
    if crl:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl)], None, None, None)
        made = made.add_extension(x509.CRLDistributionPoints([point]), False)
    return Holder(made.sign(by_key, hashes.SHA256()), key)


class _Handler(BaseHTTPRequestHandler):
    pki: Pki

    def do_GET(self) -> None:
        self.pki.asked.append(self.path)
        issuer = {"/root.crl": self.pki.root, "/issuer.crl": self.pki.issuer}.get(self.path)
        if issuer is None:
            self.send_error(404)
        else:
            self._answer(self.pki.crl(issuer), "application/pkix-crl")

    def do_POST(self) -> None:
        self.pki.asked.append(self.path)
        asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self.pki.time_stamper().request_tsa_response(asked).dump(), "application/timestamp-reply")

    def _answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: Any) -> None:
        """Nothing: a test's output is its own."""
