"""Accounts of the office. The first administrator comes in by a one-time link, of which only a hash is kept."""

from __future__ import annotations

import secrets

from server import accesses
from server.fleet import DAY_MS, token_hash
from server.office import Office
from server.tables import AccountRow, table

FIRST = "admin"
LINK_DAYS = 3

_account = table(AccountRow)


def invite_first(office: Office, url: str) -> str:
    """Make the first administrator's account and answer with its link; the token is after `#`, so that it reaches no
    server's log."""
    token = secrets.token_urlsafe(24)
    at = office.now_ms()
    expires_at = at + LINK_DAYS * DAY_MS
    row = {"code": FIRST, "role": "administrator", "link_hash": token_hash(token), "link_expires_at": expires_at}
    with office.database.writer() as connection:
        connection.execute(_account.insert().values(**row))
        accesses.note(connection, at=at, account=FIRST, action="account.invite", subject=FIRST)
    return f"{url.rstrip('/')}/activar#{token}"
