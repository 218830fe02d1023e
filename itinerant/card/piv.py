"""A PIV card (NIST SP 800-73-4), spoken to directly: PIN, certificates, proof of possession, and opening of a secret.

* The PIN goes to the card, or is typed on the reader's pad, and is never kept. Nothing repeats a PIN by itself: a wrong
  one counts, and at two tries or fewer a person has to insist.
* 9A proves that the card is here (a challenge is signed and checked with its certificate), 9D opens what was sealed to
  it; 9C, which signs documents, is never used for either.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Mapping
from enum import IntEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from itinerant.card import pins
from itinerant.card.apdu import Answer, Transmit, find, nonsense, select, send, tlv
from itinerant.card.kinds import PIV_NAME
from itinerant.errors import CardProblem
from itinerant.texts import _

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_PIN = b"\x00\x20\x00\x80"
_MOST_CERTIFICATE = 16 * 1024
_DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")


class Key(IntEnum):
    """References of keys."""

    AUTHENTICATION = 0x9A
    SIGNATURE = 0x9C
    MANAGEMENT = 0x9D


_OBJECTS: Mapping[Key, bytes] = {
    Key.AUTHENTICATION: bytes.fromhex("5FC105"),
    Key.SIGNATURE: bytes.fromhex("5FC10A"),
    Key.MANAGEMENT: bytes.fromhex("5FC10B"),
}


class PivCard:
    """The PIV application of a card; make it inside the transaction that it is used in.

    `pad`: types the PIN on the reader's own pad and answers with the card's status word; None without a pad.
    """

    def __init__(self, transmit: Transmit, pad: Callable[[], Answer] | None = None) -> None:
        self._transmit = transmit
        self._pad = pad
        if not select(transmit, PIV_NAME).ok:
            raise CardProblem(
                _("Esta tarjeta no es del personal (PIV)."),
                next_step=_("Inserte la tarjeta que le dieron para entrar."),
                code="not_piv",
            )

    def tries(self) -> int | None:
        """How many wrong PINs the card still forgives; None when it does not say."""
        return pins.tries_in(send(self._transmit, _PIN))

    def verify(self, pin: str, *, insist: bool = False) -> None:
        """Show the PIN to the card; an empty one is typed on the reader's pad. `insist`: even if few tries are left.

        Raises `CardProblem`: `few_tries`, `wrong_pin`, `blocked`, `pin_form`.
        """
        pins.allow(self.tries(), insist=insist)
        if not pin and self._pad is not None:
            said = self._pad()
        else:
            pins.check_form(pin, 6, 8)
            said = send(self._transmit, _PIN, pin.encode("ascii").ljust(8, b"\xff"))
        if not said.ok:
            raise pins.refused(said)

    def certificate(self, key: Key) -> x509.Certificate:
        """The certificate of a key. Raises `CardProblem` when the card has none."""
        said = send(self._transmit, b"\x00\xcb\x3f\xff", tlv(0x5C, _OBJECTS[key]), answer=True)
        if not said.ok:
            raise _without(said)
        raw, info = find(said.data, 0x53, 0x70), find(said.data, 0x53, 0x71)
        if raw is None:
            raise nonsense()
        try:
            if info and info[0] & 0x03 == 1:
                raw = zlib.decompressobj(31).decompress(raw, _MOST_CERTIFICATE)
            return x509.load_der_x509_certificate(raw)
        except (ValueError, zlib.error) as error:
            raise nonsense() from error

    def prove(self) -> x509.Certificate:
        """Have the card sign a fresh challenge with 9A; the certificate that its answer fits. PIN first."""
        certificate = self.certificate(Key.AUTHENTICATION)
        public, challenge = usable(certificate), secrets.token_bytes(32)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(challenge)
        hashed = digest.finalize()
        if isinstance(public, rsa.RSAPublicKey):
            block = _DIGEST_INFO + hashed
            filler = b"\xff" * (public.key_size // 8 - len(block) - 3)
            signature = self._use(Key.AUTHENTICATION, public, 0x81, b"\x00\x01" + filler + b"\x00" + block)
        else:
            size = (public.key_size + 7) // 8
            signature = self._use(Key.AUTHENTICATION, public, 0x81, hashed.rjust(size, b"\x00")[-size:])
        check(public, signature, challenge)
        return certificate

    def public(self) -> PublicKey:
        """The public half of 9D, to which a secret is sealed."""
        return usable(self.certificate(Key.MANAGEMENT))

    def open(self, sealed: bytes) -> bytes:
        """What 9D makes of `sealed`: the plain RSA power, or the agreed point's x. PIN first."""
        public = self.public()
        return self._use(Key.MANAGEMENT, public, 0x81 if isinstance(public, rsa.RSAPublicKey) else 0x85, sealed)

    def _use(self, key: Key, public: PublicKey, tag: int, data: bytes) -> bytes:
        asked = tlv(0x7C, tlv(0x82, b"") + tlv(tag, data))
        said = send(self._transmit, bytes([0x00, 0x87, _algorithm(public), key]), asked, answer=True)
        if not said.ok:
            raise _without(said)
        result = find(said.data, 0x7C, 0x82)
        if not result:
            raise nonsense()
        return result


def usable(certificate: x509.Certificate) -> PublicKey:
    """The public key of a certificate. Raises `CardProblem` for kinds that are not used here."""
    try:
        public = certificate.public_key()
    except ValueError as error:
        raise nonsense() from error
    if isinstance(public, rsa.RSAPublicKey) and public.key_size in (2048, 3072, 4096):
        return public
    if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1 | ec.SECP384R1):
        return public
    raise CardProblem(_("La tarjeta usa una clase de llave que no se admite."), code="key_kind")


def check(public: PublicKey, signature: bytes, challenge: bytes) -> None:
    """Raise `CardProblem` (`not_proved`) unless `signature` is of `challenge` (SHA-256) by this key."""
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, challenge, padding.PKCS1v15(), hashes.SHA256())
        else:
            public.verify(signature, challenge, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise CardProblem(
            _("La tarjeta no demostró que su llave es la de su certificado."),
            next_step=_("No la acepte; avise a la oficina."),
            code="not_proved",
        ) from error


def _algorithm(public: PublicKey) -> int:
    if isinstance(public, rsa.RSAPublicKey):
        return {2048: 0x07, 3072: 0x05, 4096: 0x16}[public.key_size]
    return 0x11 if isinstance(public.curve, ec.SECP256R1) else 0x14


def _without(said: Answer) -> CardProblem:
    return CardProblem(
        _("La tarjeta no tiene la llave que hace falta, o no la deja usar ({code}).").format(code=said.code),
        next_step=_("Pida a la oficina una tarjeta con llaves de autenticación y de cifrado."),
        code=said.code,
    )
