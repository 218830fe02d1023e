"""The envelope that parcels, receipts and enrolment requests share: a signed header and a sealed body.

* Layout: magic (4) ‖ header length (2, big-endian) ‖ header (canonical JSON) ‖ Ed25519 signature (64) ‖ body.
* The signature covers a context string and the header; the header carries the SHA-256 of the body. So one flipped
  bit anywhere is noticed, and a header can be checked before a long body is read.
* The body is sealed with HPKE base mode (RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM); its `info` is
  a context string and the header without the body's hash. An empty body is not sealed: there is nothing to hide.
* Layout, signature and the names `v`, `suite`, `from`, `to` hold for every version of the header, so that an office
  can tell who signed a parcel that it cannot read yet, and keep it whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from itinerant.errors import Damaged
from itinerant.log import canonical
from itinerant.sync import keys
from itinerant.sync.limits import LIMITS, Limits
from itinerant.texts import N_, _

VERSION = 1
"""Latest version of headers and bodies that this program writes and reads (it reads the two before as well)."""

READS = "reads"
"""Optional name of a receipt's header: the latest version that its sender reads, when the receipt is of an older one.
"""

SUITE = 1
"""Ed25519; HPKE base mode with X25519, HKDF-SHA256, AES-256-GCM; zstd; SHA-256."""

SIGNATURE_SIZE = 64
_MAGIC_SIZE = 4
_FIXED = _MAGIC_SIZE + 2
_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of envelope: its magic and how a person calls it."""

    magic: bytes
    label: str

    @property
    def signing(self) -> bytes:
        """Context of the signature."""
        return b"itinerant " + self.magic[:3] + b" signature\x00"

    @property
    def sealing(self) -> bytes:
        """Context of the seal."""
        return b"itinerant " + self.magic[:3] + b" seal\x00"


PARCEL = Form(b"ITP1", N_("envío"))
RECEIPT = Form(b"ITR1", N_("constancia"))
ENROLMENT = Form(b"ITE1", N_("solicitud de inscripción"))


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope that was taken apart; nothing in it is verified before `verify`."""

    form: Form
    header: Mapping[str, object]
    header_bytes: bytes
    signature: bytes
    body: bytes

    @property
    def sender(self) -> str:
        """Who claims to have signed it."""
        return str(self.header["from"])

    @property
    def recipient(self) -> str:
        """Whom it is for."""
        return str(self.header["to"])

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return _FIXED + len(self.header_bytes) + SIGNATURE_SIZE + len(self.body)

    @property
    def ref(self) -> str:
        """16 characters that name this envelope: of the SHA-256 of its header. An answer repeats them."""
        return _ref(self.header_bytes)

    @property
    def version(self) -> int:
        """Version of its header and body."""
        return _number(self.header["v"])

    @property
    def reads(self) -> int:
        """Latest version that who wrote it is known to read: its own, or the one that it names."""
        return max(self.version, _number(self.header.get(READS)))

    @property
    def is_future(self) -> bool:
        """Whether a later version of the program wrote it."""
        return self.version > VERSION or _number(self.header["suite"]) > SUITE

    def verify(self, sign_public: bytes) -> None:
        """Check signature and body against the signer's raw public key. Raises `Damaged`."""
        if not self.is_signed(sign_public):
            raise self.damaged(_("La firma no corresponde a quien dice enviarlo."), code="signature")
        if self.header.get("body") != _body_hash(self.body):
            raise self.damaged(_("El contenido no es el que se firmó."), code="body")

    def is_signed(self, sign_public: bytes) -> bool:
        """Whether the header is signed with that raw public key; the body is not looked at."""
        try:
            key = Ed25519PublicKey.from_public_bytes(sign_public)
            key.verify(self.signature, self.form.signing + self.header_bytes)
        except (InvalidSignature, ValueError):
            return False
        return True

    def unseal(self, seal_private: keys.SealKeys) -> bytes:
        """The body in clear; empty when there is none. Raises `Damaged` when it was sealed to none of these keys."""
        if not self.body:
            return b""
        info = self.form.sealing + canonical.encode({**self.header, "body": ""})
        for private in keys.each(seal_private):
            with suppress(InvalidTag, ValueError):
                return _HPKE.decrypt(self.body, private, info=info)
        raise self.damaged(_("No se puede abrir: no se selló para este destino."), code="seal")

    def damaged(self, sentence: str, *, code: str = "") -> Damaged:
        """The error that names this envelope."""
        return Damaged(sentence, place=f"{_(self.form.label)} {self.sender}", code=code)


class FutureVersion(Damaged):
    """A later version of the program wrote this: keep it whole and aside, never drop it."""

    title = N_("Viene de una versión más nueva")

    def __init__(self, envelope: Envelope | None, place: str) -> None:
        super().__init__(
            _("Lo escribió una versión más nueva del programa."),
            next_step=_("Actualice el programa; lo recibido se guarda entero hasta entonces."),
            place=place,
            code="future_version",
        )
        self.envelope = envelope
        """The envelope, whose signature can be verified, or None when even its layout is unknown."""


def write(
    form: Form,
    header: Mapping[str, object],
    plain: bytes,
    sign: Ed25519PrivateKey,
    seal_to: bytes | None,
    *,
    version: int | None = None,
) -> bytes:
    """Seal `plain` to the raw public key `seal_to`, sign, and put the envelope together.

    `header` comes without `v`, `suite` and `body`. `version`: the one that the other side reads, our latest by
    default. Raises `Damaged` for a recipient's key that is none.
    """
    named = {**header, "v": version or VERSION, "suite": SUITE, "body": ""}
    body = _seal(form, named, plain, seal_to) if plain else b""
    header_bytes = canonical.encode({**named, "body": _body_hash(body)})
    signature = sign.sign(form.signing + header_bytes)
    return form.magic + len(header_bytes).to_bytes(2, "big") + header_bytes + signature + body


def read(data: bytes, form: Form, limits: Limits = LIMITS) -> Envelope:
    """Take an envelope apart without verifying it. Raises `Damaged`, `FutureVersion` for a layout of the future."""
    place = _(form.label)
    if len(data) > limits.envelope:
        raise Damaged(_("Pasa del tamaño permitido."), place=place, code="size")
    magic = data[:_MAGIC_SIZE]
    if magic != form.magic:
        if magic[:3] == form.magic[:3] and magic[3:4].isdigit() and magic > form.magic:
            raise FutureVersion(None, place)
        raise Damaged(_("No es lo que dice ser: empieza con otros bytes."), place=place, code="magic")
    length = int.from_bytes(data[_MAGIC_SIZE:_FIXED], "big")
    if length > limits.header:
        raise Damaged(_("El encabezado pasa del tamaño permitido."), place=place, code="header")
    end = _FIXED + length
    if len(data) < end + SIGNATURE_SIZE:
        raise Damaged(_("Está cortado."), place=place, code="cut")
    header_bytes = data[_FIXED:end]
    header = canonical.decode(header_bytes)
    if not (isinstance(header, dict) and all(isinstance(header.get(name), str) for name in ("from", "to"))):
        raise Damaged(_("El encabezado no tiene la forma debida."), place=place, code="header")
    if not all(type(header.get(name)) is int and header[name] >= 1 for name in ("v", "suite")):
        raise Damaged(_("El encabezado no tiene la forma debida."), place=place, code="header")
    return Envelope(form, header, header_bytes, data[end : end + SIGNATURE_SIZE], data[end + SIGNATURE_SIZE :])


def known(envelope: Envelope, names: frozenset[str]) -> Mapping[str, object]:
    """The header of an envelope of this version, which has at least the given names besides the common ones.

    Names that this program does not know were signed like the others and are left aside: a later program may add what
    an earlier one can do without. Raises `FutureVersion` for a later version, `Damaged` for a missing name.
    """
    if envelope.is_future:
        raise FutureVersion(envelope, f"{_(envelope.form.label)} {envelope.sender}")
    if not envelope.header.keys() >= names | {"v", "suite", "from", "to", "body"}:
        raise envelope.damaged(_("El encabezado no tiene la forma debida."), code="header")
    return envelope.header


def integer(envelope: Envelope, name: str, *, minimum: int = 0) -> int:
    """An integer of the header, at least `minimum`. Raises `Damaged`."""
    value = envelope.header[name]
    if type(value) is not int or value < minimum:
        raise envelope.damaged(_("El encabezado no tiene la forma debida."), code="header")
    return value


def short_text(envelope: Envelope, name: str, maximum: int = 64) -> str:
    """A short text of the header. Raises `Damaged`."""
    value = envelope.header[name]
    if not isinstance(value, str) or len(value) > maximum:
        raise envelope.damaged(_("El encabezado no tiene la forma debida."), code="header")
    return value


def _seal(form: Form, header: Mapping[str, object], plain: bytes, seal_to: bytes | None) -> bytes:
    if seal_to is None:
        raise Damaged(_("Falta la llave de quien recibe."), place=str(header["to"]))
    try:
        public = X25519PublicKey.from_public_bytes(seal_to)
        return _HPKE.encrypt(plain, public, info=form.sealing + canonical.encode(header))
    except ValueError as error:
        raise Damaged(_("La llave de quien recibe no sirve."), place=str(header["to"])) from error


def name(data: bytes | bytearray) -> str:
    """`Envelope.ref` of an envelope or of its beginning, unverified; empty while its header is not whole."""
    end = _FIXED + int.from_bytes(data[_MAGIC_SIZE:_FIXED], "big")
    return _ref(bytes(data[_FIXED:end])) if len(data) >= end > _FIXED else ""


def _number(value: object) -> int:
    return value if type(value) is int else 0


def _ref(header_bytes: bytes) -> str:
    return keys.encode(hashlib.sha256(header_bytes).digest()[:12])


def _body_hash(body: bytes) -> str:
    return keys.encode(hashlib.sha256(body).digest()) if body else ""
