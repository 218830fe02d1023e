"""Who is in: sessions of the page, kept here so that they can be ended from here (OWASP ASVS 5, V7).

* The browser holds a random token; only its hash is kept.
* A session ends after 30 idle minutes, after 12 hours whatever happens, and with its account.
* Until the second factor of an account that has one was given, a session opens nothing but the page that asks for it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select

from server import folding
from server.access import access_seals, accesses
from server.access.accounts import Account, find
from server.access.permissions import Right, may, require
from server.laptops.fleet import token_hash
from server.office import Office
from server.tables import AccountRow, SessionRow, table

IDLE_MS = 30 * 60_000
WHOLE_MS = 12 * 3_600_000
_TOUCH_MS = 60_000
"""The last sign of life is written at most this often: reading pages should not write."""

_session = table(SessionRow)
_account = table(AccountRow)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who entered. `verified`: the account has no second factor, or it was given."""

    account: Account
    verified: bool
    token_hash: bytes

    @property
    def code(self) -> str:
        """The account's code."""
        return self.account.code

    def may(self, right: Right) -> bool:
        """Whether this person has a right."""
        return self.verified and may(self.account.role, right)

    def require(self, right: Right) -> None:
        """Raise `Refused` when this person lacks a right."""
        require(self.account.role if self.verified else "", right)


def start(office: Office, account: Account) -> str:
    """A new session for somebody whose passphrase was right; answers with the browser's token."""
    token = secrets.token_urlsafe(32)
    at = office.now_ms()
    row = {
        "token_hash": token_hash(token),
        "account": account.code,
        "verified": not account.second_factor,
        "challenge": "",
        "started_at": at,
        "seen_at": at,
    }
    with office.database.writer() as connection:
        old = (_session.c.started_at < at - WHOLE_MS) | (_session.c.seen_at < at - IDLE_MS)
        connection.execute(_session.delete().where(old))
        connection.execute(_session.insert().values(**row))
        accesses.note(connection, at=at, account=account.code, action="session.start", subject=account.code)
    access_seals.seal_if_due(office)
    folding.fold_if_due(office)
    return token


def find_session(office: Office, token: str) -> Session | None:
    """The living session of a token, or None."""
    if not token:
        return None
    hashed, at = token_hash(token), office.now_ms()
    with office.database.reader() as connection:
        alive = (_session.c.started_at > at - WHOLE_MS) & (_session.c.seen_at > at - IDLE_MS)
        row = connection.execute(select(_session).where(_session.c.token_hash == hashed, alive)).first()
        account = find(connection, row.account) if row is not None else None
    if row is None or account is None or not account.active:
        return None
    if row.seen_at < at - _TOUCH_MS:
        with office.database.writer() as connection:
            connection.execute(_session.update().where(_session.c.token_hash == hashed).values(seen_at=at))
    return Session(account, bool(row.verified), hashed)


def end(office: Office, session: Session, *, others: bool = False) -> None:
    """End a session, or all `others` of its account."""
    mine = _session.c.token_hash == session.token_hash
    which = (_session.c.account == session.code) & ~mine if others else mine
    with office.database.writer() as connection:
        connection.execute(_session.delete().where(which))
        accesses.note(connection, at=office.now_ms(), account=session.code, action="session.end", subject=session.code)
