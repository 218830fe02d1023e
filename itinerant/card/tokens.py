"""Any card or token that has a PKCS#11 module: the same doings as a PIV card's, and the check of a citizen's card.

* The module's path is configuration: the issuer's own on Windows, OpenSC or a community one elsewhere.
* Only a key whose certificate is for authenticating proves anything here. A key for signing documents
  (contentCommitment, "no repudio") never signs a challenge, whatever else is missing.
* What is read of a certificate stays in memory and goes with the call.
"""

from __future__ import annotations

import hashlib
import importlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from itinerant.card import pins
from itinerant.card.apdu import nonsense
from itinerant.card.piv import PublicKey, check, usable
from itinerant.errors import CardProblem
from itinerant.texts import N_, _

_FIX = N_("Escriba en los ajustes («pkcs11_module» de config.json) la ruta del módulo que dio el fabricante.")


class Token:
    """One token of a module, seen from outside until `verify`; make it with `token`."""

    def __init__(self, pk: Any, found: Any) -> None:
        self._pk, self._token = pk, found
        self._session = found.open()

    @property
    def session(self) -> Any:
        """python-pkcs11's own session, for what signs documents with it."""
        return self._session

    def close(self) -> None:
        """Log out and let go."""
        try:
            self._session.close()
        except self._pk.exceptions.PKCS11Error:
            return  # it was pulled out: there is nothing left to close

    def tries(self) -> int | None:
        """Tries left, as far as flags tell: 0 blocked, 1 the last, 2 few, None enough or unknown."""
        flags, flag = self._token.slot.get_token().flags, self._pk.TokenFlag
        for mark, left in ((flag.USER_PIN_LOCKED, 0), (flag.USER_PIN_FINAL_TRY, 1), (flag.USER_PIN_COUNT_LOW, 2)):
            if flags & mark:
                return left
        return None

    def verify(self, pin: str, *, insist: bool = False) -> None:
        """Log in. Raises as `PivCard.verify`."""
        pins.allow(self.tries(), insist=insist)
        errors = self._pk.exceptions
        on_pad = self._token.flags & self._pk.TokenFlag.PROTECTED_AUTHENTICATION_PATH
        if pin or not on_pad:
            pins.check_form(pin)
        with _told(self._pk):
            self._session.close()
            try:
                self._session = self._token.open(user_pin=pin or self._pk.PROTECTED_AUTH)
            except (errors.PinIncorrect, errors.PinInvalid, errors.PinLenRange) as error:
                raise _wrong(self.tries()) from error
            except errors.PinLocked as error:
                raise pins.blocked() from error

    def certificates(self) -> Sequence[tuple[bytes, x509.Certificate]]:
        """Key ids and certificates; without those that nobody can read."""
        pk = self._pk
        found = []
        with _told(pk):
            for each in self._session.get_objects({pk.Attribute.CLASS: pk.ObjectClass.CERTIFICATE}):
                try:
                    certificate = x509.load_der_x509_certificate(each[pk.Attribute.VALUE])
                except ValueError:
                    continue
                found.append((bytes(each[pk.Attribute.ID]), certificate))
        return found

    def prove(self) -> x509.Certificate:
        """Have the key for authenticating sign a fresh challenge. Raises `CardProblem`: `only_signature` where there
        are only keys for documents, `no_key`."""
        challenge = secrets.token_bytes(32)
        candidates = [pair for pair in self.certificates() if authenticates(pair[1])]
        for key_id, certificate in candidates:
            private = self._private(key_id, self._pk.Attribute.SIGN)
            if private is not None:
                public = usable(certificate)
                check(public, self._sign(private, public, challenge), challenge)
                return certificate
        raise only_signature() if not candidates and self.certificates() else _no_key()

    def public(self) -> PublicKey:
        """The public half of the key that opens secrets."""
        return self._opening()[1]

    def open(self, sealed: bytes) -> bytes:
        """As `PivCard.open`."""
        private, public = self._opening()
        pk = self._pk
        with _told(pk):
            if isinstance(public, rsa.RSAPublicKey):
                return bytes(private.decrypt(sealed, mechanism=pk.Mechanism.RSA_X_509))
            wanted = {pk.Attribute.EXTRACTABLE: True, pk.Attribute.SENSITIVE: False, pk.Attribute.TOKEN: False}
            agreed = private.derive_key(
                pk.KeyType.GENERIC_SECRET,
                (public.key_size + 7) // 8 * 8,
                mechanism=pk.Mechanism.ECDH1_DERIVE,
                mechanism_param=(pk.KDF.NULL, None, sealed),
                template=wanted,
            )
            return bytes(agreed[pk.Attribute.VALUE])

    def _opening(self) -> tuple[Any, PublicKey]:
        attribute = self._pk.Attribute
        # Some modules let the key for authenticating decrypt too: it is taken only where there is no other.
        for key_id, certificate in sorted(self.certificates(), key=lambda pair: authenticates(pair[1])):
            public = usable(certificate)
            use = attribute.DECRYPT if isinstance(public, rsa.RSAPublicKey) else attribute.DERIVE
            private = None if signs_documents(certificate) else self._private(key_id, use)
            if private is not None:
                return private, public
        raise _no_key()

    def _private(self, key_id: bytes, use: Any) -> Any:
        pk = self._pk
        with _told(pk):
            wanted = {pk.Attribute.CLASS: pk.ObjectClass.PRIVATE_KEY, pk.Attribute.ID: key_id}
            for each in self._session.get_objects(wanted):
                if each[use]:
                    return each
        return None

    def _sign(self, private: Any, public: PublicKey, challenge: bytes) -> bytes:
        mechanism = self._pk.Mechanism
        with _told(self._pk):
            if isinstance(public, rsa.RSAPublicKey):
                return bytes(private.sign(challenge, mechanism=mechanism.SHA256_RSA_PKCS))
            raw = bytes(private.sign(hashlib.sha256(challenge).digest(), mechanism=mechanism.ECDSA))
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


@contextmanager
def token(module: str, wanted: Callable[[x509.Certificate], bool] | None = None, *, skip: str = "") -> Iterator[Token]:
    """The first token of a module that has a certificate as `wanted` (for authenticating, if not said; the first of all
    when none has). `skip`: a reader whose card is left alone. Raises `CardProblem`."""
    pk = _library()
    if not Path(module).is_file():
        raise CardProblem(
            _("No está el módulo PKCS#11 configurado."), next_step=_(_FIX), place=module, code="no_module"
        )
    with _told(pk):
        loaded = pk.lib(module)
        loaded.reinitialize()  # a module lists its readers when it starts
        present = [slot.get_token() for slot in _others(loaded.get_slots(token_present=True), skip)]
        usable_ = [each for each in present if each.flags & pk.TokenFlag.TOKEN_INITIALIZED]
        if not usable_:
            raise CardProblem(
                _("No hay tarjeta ni llavero criptográfico."), next_step=_("Insértelo y repita."), code="no_card"
            )
        chosen = _choose(pk, usable_, wanted or authenticates)
        try:
            yield chosen
        finally:
            chosen.close()


def _others(slots: Sequence[Any], skip: str) -> list[Any]:
    """Slots of other readers: a module describes a slot by the first 64 bytes of its reader's name."""
    return [slot for slot in slots if not skip or slot.slot_description.strip() != skip[:64].strip()]


def _choose(pk: Any, present: Sequence[Any], wanted: Callable[[x509.Certificate], bool]) -> Token:
    for each in present:
        opened = Token(pk, each)
        if any(wanted(certificate) for _id, certificate in opened.certificates()):
            return opened
        opened.close()
    return Token(pk, present[0])


def authenticates(certificate: x509.Certificate) -> bool:
    """Whether a certificate's key is for proving who is there: digitalSignature, and not for documents."""
    usage = _usage(certificate)
    return usage is not None and usage.digital_signature and not usage.content_commitment


def signs_documents(certificate: x509.Certificate) -> bool:
    """Whether a certificate's key is for documents ("no repudio")."""
    usage = _usage(certificate)
    return usage is not None and usage.content_commitment


def only_signature() -> CardProblem:
    """For a card whose only keys are for signing documents."""
    return CardProblem(
        _("Esta tarjeta solo tiene llave para firmar documentos; no se usa para comprobar quién está."),
        next_step=_("Anote «leída». Para firmar, abra el documento que la persona quiere firmar."),
        code="only_signature",
    )


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    except ValueError as error:
        raise nonsense() from error


def _library() -> Any:
    try:
        return importlib.import_module("pkcs11")  # absent where nobody configured a token; 40 ms
    except ImportError as error:
        raise CardProblem(
            _("Falta la biblioteca PKCS#11 (python-pkcs11)."),
            next_step=_("«itinerant doctor» dice cómo se instala. Todo lo demás funciona sin ella."),
            code="no_library",
        ) from error


@contextmanager
def _told(pk: Any) -> Iterator[None]:
    """A module's errors in words; its own texts are left out, for they may hold what the card holds."""
    try:
        yield
    except (pk.exceptions.DeviceRemoved, pk.exceptions.TokenNotPresent, pk.exceptions.SessionHandleInvalid) as error:
        raise CardProblem(_("La tarjeta se retiró antes de terminar."), code="removed") from error
    except pk.exceptions.PKCS11Error as error:
        code = type(error).__name__
        raise CardProblem(
            _("El módulo PKCS#11 no pudo ({code}).").format(code=code), next_step=_("Repita."), code=code[:12]
        ) from error


def _wrong(tries: int | None) -> CardProblem:
    if tries == 0:
        return pins.blocked()
    words = _("El PIN no es correcto.") + (f" {pins.left(tries)}" if tries else "")
    return CardProblem(words, next_step=_("Escríbalo de nuevo con calma."), code="wrong_pin")


def _no_key() -> CardProblem:
    return CardProblem(
        _("La tarjeta no tiene una llave que sirva para esto."),
        next_step=_("Pida a la oficina una tarjeta con llaves de autenticación y de cifrado."),
        code="no_key",
    )
