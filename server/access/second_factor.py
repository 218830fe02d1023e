"""The second factor of an account: time-based codes (RFC 6238), or a passkey (`passkeys`).

* The secret is kept sealed with a key derived from the office's own: a copy of the database alone gives no code.
* A code is good for its 30 seconds and the 30 before, and is taken once.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Connection, select

from itinerant.errors import Damaged, Refused, UserError
from itinerant.texts import _
from server.access import accesses, guesses
from server.access.sessions import Session
from server.office import Office
from server.tables import AccountRow, SessionRow, table

STEP_S = 30
_SECRET_SIZE = 20

_account = table(AccountRow)
_session = table(SessionRow)


def fresh_secret() -> str:
    """A new secret, in base32, as applications take it."""
    return base64.b32encode(secrets.token_bytes(_SECRET_SIZE)).decode()


def address(office: Office, code: str, secret: str) -> str:
    """The secret as applications read it from a QR code (`otpauth://…`)."""
    return _codes(secret).get_provisioning_uri(code, office.settings.name)


def set_up(office: Office, session: Session, secret: str, code: str) -> None:
    """Take a secret into use, once the person shows a code of it. Raises `UserError` for a wrong code."""
    if not _step(secret, code, office.now_ms()):
        raise UserError(_("El código no corresponde."), next_step=_("Escriba el que la aplicación muestra ahora."))
    with office.database.writer() as connection:
        sealed = _seal(office, session.code, secret)
        connection.execute(_account.update().where(_account.c.code == session.code).values(totp=sealed, totp_used=0))
        accesses.note(connection, at=office.now_ms(), account=session.code, action="account.totp", subject=session.code)


def give(office: Office, session: Session, code: str) -> None:
    """Give the code that a session waits for. Raises `Refused` for a wrong one, `NoConnection` after too many."""
    what = guesses.about(session.code, "totp")
    guesses.allow(office, what)
    with office.database.writer() as connection:
        row = connection.execute(select(_account).where(_account.c.code == session.code).with_for_update()).one()
        step = _step(_open(office, session.code, row.totp), code, office.now_ms()) if row.totp else 0
        taken = step > row.totp_used
        if taken:
            connection.execute(_account.update().where(_account.c.code == session.code).values(totp_used=step))
            verify(connection, session)
    if not taken:
        guesses.wrong(office, what)
        raise Refused(
            _("El código no corresponde."),
            next_step=_("Escriba el que la aplicación muestra ahora; cada uno sirve una vez."),
            code="wrong_code",
        )
    guesses.right(office, what)


def verify(connection: Connection, session: Session) -> None:
    """Let a session in: its second factor was given."""
    connection.execute(_session.update().where(_session.c.token_hash == session.token_hash).values(verified=True))


def _step(secret: str, code: str, now_ms: int) -> int:
    """The time step whose code this is, of the present one and the one before; 0 for none."""
    now_s = now_ms // 1_000
    for moment in (now_s, now_s - STEP_S):
        try:
            _codes(secret).verify(code.replace(" ", "").encode(), moment)
        except InvalidToken:
            continue
        return moment // STEP_S
    return 0


def _codes(secret: str) -> TOTP:
    try:
        raw = base64.b32decode(secret)
    except binascii.Error as error:
        raise UserError(_("El secreto no tiene la forma debida.")) from error
    if len(raw) != _SECRET_SIZE:
        raise UserError(_("El secreto no tiene la forma debida."))
    return TOTP(raw, 6, hashes.SHA1(), STEP_S)  # noqa: S303 - what applications understand; RFC 6238 allows it


def _key(seal: X25519PrivateKey) -> AESGCM:
    material = seal.private_bytes_raw()
    return AESGCM(HKDF(hashes.SHA256(), 32, salt=None, info=b"itinerant/second-factor/1").derive(material))


def _seal(office: Office, code: str, secret: str) -> str:
    nonce = secrets.token_bytes(12)
    return base64.b64encode(nonce + _key(office.keys.seal).encrypt(nonce, secret.encode(), code.encode())).decode()


def _open(office: Office, code: str, sealed: str) -> str:
    data = base64.b64decode(sealed)
    for seal in office.keys.seals:
        with suppress(InvalidTag):
            return _key(seal).decrypt(data[:12], data[12:], code.encode()).decode()
    raise Damaged(
        _("El segundo paso de {code} no se puede leer.").format(code=code),
        next_step=_("Pida un enlace nuevo a administración."),
        code="second_factor",
    )
