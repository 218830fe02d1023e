"""Signatures on PDFs with the key of a card: PAdES B-B (ETSI EN 319 142-1), which needs no network.

* Bytes in, bytes out: no copy is kept, no file is written here.
* Only a certificate made to sign is used (key usage `nonRepudiation`, RFC 5280 section 4.2.1.3): a card's key to
  authenticate never signs a document, nor the other way round.
* What a card says of its holder goes into the PDF, where the signature needs it, and nowhere else.
* These functions block (a card takes a second): call them outside the event loop's thread.
"""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from pkcs11 import Attribute, KeyType, ObjectClass, PKCS11Error
from pkcs11.exceptions import AttributeTypeInvalid
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.pkcs11 import PKCS11Signer

from itinerant.card import tokens
from itinerant.card.silence import silence
from itinerant.errors import CardProblem, UserError
from itinerant.texts import _

silence()

MOST_BYTES = 64 << 20
"""The largest PDF that is signed: it is held in memory about four times."""

SIGNED_SUFFIX = "-firmado"


def signed_name(name: str) -> str:
    """What a signed copy is called: `carta.pdf` gives `carta-firmado.pdf`."""
    path = Path(name)
    return f"{path.stem}{SIGNED_SUFFIX}{path.suffix or '.pdf'}"


def sign_pdf(pdf: bytes, module: str, pin: str, *, reason: str = "", insist: bool = False) -> bytes:
    """The PDF with one more signature, earlier ones left as they are. `insist`: few tries are left, and the person said
    yes; an empty `pin` is typed on the reader.

    Raises `CardProblem` for the card, `UserError` for a PDF that cannot be signed.
    """
    writer = _writer(pdf)
    metadata = signers.PdfSignatureMetadata(
        field_name=_free_name(writer),
        md_algorithm="sha256",
        reason=reason or None,
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    with tokens.token(module, tokens.signs_documents) as card:
        card.verify(pin, insist=insist)
        signer = _signer(card, pin)
        try:
            made = asyncio.run(signers.PdfSigner(metadata, signer).async_sign_pdf(writer))
        except PKCS11Error as error:
            raise CardProblem(
                _("La tarjeta no pudo firmar ({code}).").format(code=type(error).__name__),
                next_step=_("Retírela, póngala otra vez y repita: el documento quedó como estaba."),
                code="sign_failed",
            ) from error
        except (SigningError, PdfError, ValueError) as error:
            raise UserError(
                _("Este PDF no admite la firma."),
                next_step=_("Pida el documento otra vez, o expórtelo de nuevo a PDF."),
                code="unsignable",
            ) from error
    content: bytes = made.getvalue()
    return content


def _writer(pdf: bytes) -> IncrementalPdfFileWriter:
    if len(pdf) > MOST_BYTES:
        raise UserError(
            _("El PDF pasa de {n} MB.").format(n=MOST_BYTES >> 20),
            next_step=_("Fírmelo en la oficina."),
            code="too_big",
        )
    try:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        encrypted = writer.prev.encrypted
    except (PdfError, ValueError, RecursionError) as error:
        raise UserError(
            _("El archivo no es un PDF que se pueda leer."), next_step=_("Elija otro archivo."), code="not_pdf"
        ) from error
    if encrypted:
        raise UserError(
            _("El PDF está protegido con contraseña."),
            next_step=_("Quítele la protección con el programa que lo hizo, y fírmelo después."),
            code="encrypted_pdf",
        )
    return writer


def _free_name(writer: IncrementalPdfFileWriter) -> str:
    taken = {name for name, *_rest in fields.enumerate_sig_fields(writer)}
    return next(name for number in range(1, len(taken) + 2) if (name := f"Firma{number}") not in taken)


def _signer(card: tokens.Token, pin: str) -> PKCS11Signer:
    """A signer with the card's certificate to sign, its key and the authorities that the card carries."""
    found = card.certificates()
    key_id, own = next((pair for pair in found if tokens.signs_documents(pair[1])), (b"", None))
    query = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}
    key = next(iter(card.session.get_objects(query)), None) if own is not None else None
    if own is None or key is None:
        raise CardProblem(
            _("La tarjeta no tiene una llave para firmar documentos."),
            next_step=_("Sirve para identificarse, si acaso. Firme a mano, o con otra tarjeta."),
            code="no_signing_key",
        )
    # Some cards ask for the PIN again for each signature; python-pkcs11 gives it where the key says so.
    again = {"pin": pin} if pin and _asks_each_time(key) else {}
    return PKCS11Signer(
        card.session,
        signing_cert=_asn1(own),
        ca_chain=[
            _asn1(one) for _id, one in found if not tokens.signs_documents(one) and not tokens.authenticates(one)
        ],
        key_id=key_id,
        embed_roots=False,
        # Tokens without a combined mechanism for elliptic curves are common; all have the raw one.
        use_raw_mechanism=key.key_type == KeyType.EC,
        base_sign_kwargs=again,
    )


def _asn1(certificate: Certificate) -> x509.Certificate:
    return x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _asks_each_time(key: Any) -> bool:
    try:
        return bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except AttributeTypeInvalid:  # optional in PKCS#11
        return False
