"""Accounts of the office: one person each, one role, entered by a one-time link that is used to choose a passphrase.

* Of a link or a session only a hash is kept, of a passphrase its Argon2id (design section 5's parameters).
* A wrong passphrase slows further tries from that address for that account, and for no one else: nobody can shut a
  person out by guessing in their name (OWASP ASVS 5, V6.3).
* The answer to a wrong passphrase and to an unknown account is the same, and takes as long.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from sqlalchemy import Connection, Row, select

from itinerant.domain import passphrases
from itinerant.errors import Refused, UserError
from itinerant.texts import _
from server.access import accesses, guesses
from server.access.permissions import RIGHTS
from server.laptops.fleet import DAY_MS, token_hash
from server.office import Office
from server.tables import AccountRow, PasskeyRow, SessionRow, table

FIRST = "admin"
LINK_DAYS = 3
MOST_NAME = 255
"""Characters of what an identity provider calls somebody (OpenID Connect Core, section 2)."""
REVIEW_DAYS = 183
"""Privileges are reviewed every six months (DS 016-2024-JUS)."""

_MEMORY_KIB = 64 * 1024
_stretching = threading.Semaphore(2)
"""Each takes 64 MiB: more at once would let strangers fill the memory."""

_account = table(AccountRow)
_passkey = table(PasskeyRow)
_session = table(SessionRow)


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the office, as others may see them. `entered`: chose a passphrase already."""

    code: str
    role: str
    active: bool
    entered: bool
    second_factor: bool
    reviewed_at: int


def invite_first(office: Office, url: str) -> str:
    """Make the first administrator's account and answer with its link."""
    return invite(office, FIRST, "administrator", url, by=FIRST)


def invite(office: Office, code: str, role: str, url: str, *, by: str) -> str:
    """Make an account, or a new link for one that lost its passphrase; answers with the one-time link.

    The token is after `#`, so that it reaches no server's log. The old passphrase and second factor are gone and every
    session ended. Raises `UserError` for an unknown role or a code that is none.
    """
    if role not in RIGHTS:
        raise UserError(_("No existe el rol «{role}».").format(role=role), next_step=", ".join(RIGHTS), place="role")
    if not (1 <= len(code) <= 32 and code.isascii() and code.replace("-", "").replace("_", "").isalnum()):
        raise UserError(_("El código de la cuenta lleva letras, números y guiones."), place="code")
    token = secrets.token_urlsafe(24)
    at = office.now_ms()
    row = {
        "role": role,
        "active": True,
        "link_hash": token_hash(token),
        "link_expires_at": at + LINK_DAYS * DAY_MS,
        "passphrase": "",
        "totp": "",
        "totp_used": 0,
        "reviewed_at": at,
    }
    with office.database.writer() as connection:
        known = connection.execute(_account.update().where(_account.c.code == code).values(**row)).rowcount
        if not known:
            connection.execute(_account.insert().values(code=code, **row))
        connection.execute(_passkey.delete().where(_passkey.c.account == code))
        connection.execute(_session.delete().where(_session.c.account == code))
        accesses.note(connection, at=at, account=by, action="account.invite", subject=code, why=role)
    return f"{url.rstrip('/')}/activar#{token}"


def activate(office: Office, token: str, passphrase: str) -> str:
    """Use a one-time link: choose the passphrase; answers with the account's code.

    Raises `UserError` for a weak passphrase, `Refused` for a link that was used, has expired or never was.
    """
    _check_strength(passphrase)
    encoded = _encode(passphrase)
    at = office.now_ms()
    good = (_account.c.link_hash == token_hash(token)) & (_account.c.link_expires_at > at) & _account.c.active
    with office.database.writer() as connection:
        code = connection.scalar(select(_account.c.code).where(good))
        if code is None:
            raise Refused(
                _("Este enlace ya se usó o venció."),
                next_step=_("Pida otro a administración."),
                code="link",
            )
        values = {"passphrase": encoded, "link_hash": b"", "link_expires_at": 0}
        connection.execute(_account.update().where(_account.c.code == code).values(**values))
        accesses.note(connection, at=at, account=code, action="account.activate", subject=code)
    return str(code)


def check(office: Office, code: str, passphrase: str, address: str) -> Account:
    """The account that this passphrase opens, asked from `address` (a client's, or a word for a command).

    Raises `Refused` for anything that does not open one, `NoConnection` (with when to try) after too many of them.
    """
    about = guesses.about(code, address)
    guesses.allow(office, about)
    with office.database.reader() as connection:
        row = connection.execute(select(_account).where(_account.c.code == code, _account.c.active)).first()
        found = None if row is None else _seen(row, _keys(connection, code))
    right = _matches(row.passphrase if row is not None and row.passphrase else _NOBODY, passphrase)
    if found is None or not right:
        guesses.wrong(office, about)
        raise Refused(
            _("La cuenta o la frase de acceso no corresponden."),
            next_step=_("Vuelva a escribirlas; si la olvidó, pida un enlace nuevo a administración."),
            code="wrong_passphrase",
        )
    guesses.right(office, about)
    return found


def change_passphrase(office: Office, code: str, passphrase: str) -> None:
    """Choose another passphrase; every session of the account but the caller's own is for the caller to end."""
    _check_strength(passphrase)
    encoded = _encode(passphrase)
    with office.database.writer() as connection:
        connection.execute(_account.update().where(_account.c.code == code).values(passphrase=encoded))
        accesses.note(connection, at=office.now_ms(), account=code, action="account.passphrase", subject=code)


def disable(office: Office, code: str, why: str, *, by: str) -> None:
    """Close an account and its sessions. Raises `UserError` for one's own, or one that does not exist."""
    if code == by:
        raise UserError(_("Nadie cierra su propia cuenta."), place=code)
    with office.database.writer() as connection:
        values = {"active": False, "passphrase": "", "link_hash": b"", "link_expires_at": 0}
        if not connection.execute(_account.update().where(_account.c.code == code).values(**values)).rowcount:
            raise UserError(_("No hay ninguna cuenta {code}.").format(code=code), place=code)
        connection.execute(_session.delete().where(_session.c.account == code))
        accesses.note(connection, at=office.now_ms(), account=by, action="account.disable", subject=code, why=why)


def confirm(office: Office, code: str, why: str, *, by: str) -> None:
    """Note that somebody looked, and the person still needs the role (the six-monthly review)."""
    at = office.now_ms()
    with office.database.writer() as connection:
        connection.execute(_account.update().where(_account.c.code == code).values(reviewed_at=at))
        accesses.note(connection, at=at, account=by, action="account.review", subject=code, why=why)


def link(office: Office, code: str, name: str, *, by: str) -> None:
    """Say what an identity provider calls an account's person (e-mail or subject); empty for nothing.

    Raises `UserError` for an account that does not exist, or a name that is another's.
    """
    name = name.strip().lower() if "@" in name else name.strip()
    if len(name) > MOST_NAME or not name.isprintable():
        raise UserError(_("Ese nombre del proveedor no puede ser."), place="name")
    with office.database.writer() as connection:
        other = name and connection.scalar(select(_account.c.code).where(_account.c.linked == name))
        if other and other != code:
            raise UserError(_("Ya es de la cuenta {code}.").format(code=other), place="name", code="linked")
        done = connection.execute(_account.update().where(_account.c.code == code).values(linked=name)).rowcount
        if not done:
            raise UserError(_("No hay ninguna cuenta {code}.").format(code=code), place=code)
        accesses.note(connection, at=office.now_ms(), account=by, action="account.link", subject=code)


def find_linked(connection: Connection, name: str) -> Account | None:
    """The account of what an identity provider calls somebody, or None."""
    row = connection.execute(select(_account).where(_account.c.linked == name)).first() if name else None
    return None if row is None else _seen(row, _keys(connection, row.code))


def note_provider(office: Office, issuer: str, *, by: str) -> None:
    """Note that administration set the identity provider, or (empty) took it away."""
    with office.database.writer() as connection:
        accesses.note(connection, at=office.now_ms(), account=by, action="oidc.set", subject=issuer)


def find(connection: Connection, code: str) -> Account | None:
    """The account of that code, or None."""
    row = connection.execute(select(_account).where(_account.c.code == code)).first()
    return None if row is None else _seen(row, _keys(connection, code))


def everyone(connection: Connection) -> list[Account]:
    """All accounts, by code."""
    holders = set(connection.scalars(select(_passkey.c.account)))
    rows = connection.execute(select(_account).order_by(_account.c.code))
    return [_seen(row, row.code in holders) for row in rows]


def _keys(connection: Connection, code: str) -> bool:
    return connection.scalar(select(_passkey.c.account).where(_passkey.c.account == code).limit(1)) is not None


def _seen(row: Row[Any], passkeys: bool) -> Account:
    return Account(
        code=row.code,
        role=row.role,
        active=bool(row.active),
        entered=bool(row.passphrase),
        second_factor=bool(row.totp) or passkeys,
        reviewed_at=row.reviewed_at,
    )


def _check_strength(passphrase: str) -> None:
    reason = passphrases.weak(passphrase)
    if reason:
        raise UserError(reason, place="passphrase", code="weak_passphrase")


def _encode(passphrase: str) -> str:
    with _stretching:
        kdf = Argon2id(salt=secrets.token_bytes(16), length=32, iterations=3, lanes=4, memory_cost=_MEMORY_KIB)
        return kdf.derive_phc_encoded(passphrases.prepared(passphrase))


def _matches(encoded: str, passphrase: str) -> bool:
    try:
        with _stretching:
            Argon2id.verify_phc_encoded(passphrases.prepared(passphrase[:1_024]), encoded)
    except InvalidKey:
        return False
    return True


_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""What is compared when there is no such account: no passphrase gives these zeros, and it takes as long."""
