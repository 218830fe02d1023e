"""Passkeys (WebAuthn): a key of a person's telephone, computer or token, as the second step of their account.

* A passkey answers only on the name that it was made for: a page that looks like ours under another name gets nothing.
* What is to be signed (`challenge`) is kept with the session and serves once, right or wrong.
* Whoever made the authenticator is not asked (attestation `none`): any will do.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import webauthn
from sqlalchemy import Connection, select
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from itinerant.errors import Refused, UserError
from itinerant.texts import _
from server.access import accesses, second_factor
from server.access.sessions import Session
from server.office import Office
from server.tables import PasskeyRow, SessionRow, table

MOST = 10
"""Passkeys of one account."""
MAX_NAME = 40

_passkey = table(PasskeyRow)
_session = table(SessionRow)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a browser sees the office: `name` without port (what a passkey is bound to), `origin` as it writes it."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """One of an account's keys. `ref` names it in forms; `name` is what its owner calls it."""

    ref: str
    name: str
    added_at: int


def listed(office: Office, account: str) -> list[Passkey]:
    """An account's passkeys, the oldest first."""
    with office.database.reader() as connection:
        statement = select(_passkey).where(_passkey.c.account == account).order_by(_passkey.c.added_at)
        rows = connection.execute(statement).all()
    return [Passkey(bytes_to_base64url(row.credential), row.name, row.added_at) for row in rows]


def ask_new(office: Office, session: Session, site: Site) -> str:
    """What the browser is to make a passkey from (JSON)."""
    options = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name=office.settings.name,
        user_id=hashlib.sha256(b"itinerant/passkey/1 " + session.code.encode()).digest(),
        user_name=session.code,
        exclude_credentials=_descriptors(office, session.code),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    _keep(office, session, options.challenge)
    return webauthn.options_to_json(options)


def add(office: Office, session: Session, site: Site, answer: str, name: str) -> None:
    """Take a passkey that the browser made into use. Raises `UserError` for an answer that does not hold."""
    challenge = _take(office, session)
    try:
        made = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=site.name, expected_origin=site.origin
        )
    except (WebAuthnException, ValueError) as error:
        raise UserError(
            _("La llave de acceso no se pudo registrar."), next_step=_("Repita desde «Su cuenta».")
        ) from error
    fresh = {
        "credential": made.credential_id,
        "account": session.code,
        "public_key": made.credential_public_key,
        "uses": made.sign_count,
        "name": name.strip()[:MAX_NAME] or _("Llave de acceso"),
        "added_at": office.now_ms(),
    }
    with office.database.writer() as connection:
        here = connection.execute(select(_passkey.c.credential, _passkey.c.account)).all()
        taken = any(row.credential == made.credential_id for row in here)
        if taken or sum(row.account == session.code for row in here) >= MOST:
            raise UserError(_("Esa llave ya está registrada, o su cuenta tiene demasiadas."), code="passkey")
        connection.execute(_passkey.insert().values(**fresh))
        _note(connection, office, session, "account.passkey")


def ask(office: Office, session: Session, site: Site) -> str:
    """What a passkey of the account is to sign (JSON); empty when it has none."""
    mine = _descriptors(office, session.code)
    if not mine:
        return ""
    options = webauthn.generate_authentication_options(rp_id=site.name, allow_credentials=mine)
    _keep(office, session, options.challenge)
    return webauthn.options_to_json(options)


def give(office: Office, session: Session, site: Site, answer: str) -> None:
    """Take what a passkey signed as the second step. Raises `Refused` when it does not hold."""
    challenge = _take(office, session)
    try:
        credential = webauthn.helpers.parse_authentication_credential_json(answer)
        with office.database.writer() as connection:
            mine = (_passkey.c.credential == credential.raw_id) & (_passkey.c.account == session.code)
            row = connection.execute(select(_passkey).where(mine).with_for_update()).first()
            if row is None:
                raise _wrong()
            held = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.name,
                expected_origin=site.origin,
                credential_public_key=row.public_key,
                credential_current_sign_count=row.uses,
            )
            connection.execute(_passkey.update().where(mine).values(uses=held.new_sign_count))
            second_factor.verify(connection, session)
    except (WebAuthnException, ValueError) as error:
        raise _wrong() from error


def remove(office: Office, session: Session, ref: str) -> None:
    """Forget one of one's own passkeys."""
    try:
        credential = base64url_to_bytes(ref)
    except ValueError as error:
        raise UserError(_("No hay tal llave de acceso."), code="passkey") from error
    mine = (_passkey.c.credential == credential) & (_passkey.c.account == session.code)
    with office.database.writer() as connection:
        if connection.execute(_passkey.delete().where(mine)).rowcount:
            _note(connection, office, session, "account.passkey_removed")


def _descriptors(office: Office, account: str) -> list[PublicKeyCredentialDescriptor]:
    with office.database.reader() as connection:
        found = connection.scalars(select(_passkey.c.credential).where(_passkey.c.account == account)).all()
    return [PublicKeyCredentialDescriptor(id=credential) for credential in found]


def _keep(office: Office, session: Session, challenge: bytes) -> None:
    with office.database.writer() as connection:
        mine = _session.c.token_hash == session.token_hash
        connection.execute(_session.update().where(mine).values(challenge=bytes_to_base64url(challenge)))


def _take(office: Office, session: Session) -> bytes:
    """The session's challenge, which is gone afterwards. Raises `Refused` when there is none."""
    mine = _session.c.token_hash == session.token_hash
    with office.database.writer() as connection:
        kept = connection.execute(select(_session.c.challenge).where(mine).with_for_update()).scalar()
        connection.execute(_session.update().where(mine).values(challenge=""))
    if not kept:
        raise _wrong()
    return base64url_to_bytes(kept)


def _note(connection: Connection, office: Office, session: Session, action: str) -> None:
    accesses.note(connection, at=office.now_ms(), account=session.code, action=action, subject=session.code)


def _wrong() -> Refused:
    return Refused(
        _("La llave de acceso no abrió."), next_step=_("Pruebe otra vez, o con otra llave."), code="wrong_passkey"
    )
