"""Tokens: what lets a program read and decide in an account's name (`Authorization: Bearer …`).

* A token is random and shown once; only its hash is kept. It ends after its days, or with its account.
* It has the rights that it was made for, and of those only what the account's role still has.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from itinerant.errors import Refused, UserError
from itinerant.texts import _
from server.access import accesses, accounts
from server.access.permissions import Right, may
from server.laptops.fleet import token_hash
from server.office import Office
from server.tables import TokenRow, table

DAYS = 90
"""How long a token lasts when nothing else is said."""
MOST_DAYS = 366
DAY_MS = 86_400_000
PREFIX = "itn_"
"""Every token begins so: whoever finds one in a file knows what it is."""

_token = table(TokenRow)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who asks with a token: the account, and the rights that this token has now."""

    account: str
    rights: frozenset[Right]

    def require(self, right: Right) -> None:
        """Raise `Refused` without that right."""
        if right not in self.rights:
            raise Refused(
                _("Esta ficha de acceso no permite hacer esto."),
                next_step=_("Pida otra con «itinerant-server token add»."),
                place=str(right),
                code="no_right",
            )


def add(office: Office, account: str, name: str, rights: Collection[str], days: int, *, by: str) -> str:
    """Make a token for an account and answer with it: it cannot be shown again.

    Raises `UserError` for an unknown account, a right that its role does not have, or too many days.
    """
    with office.database.writer() as connection:
        found = accounts.find(connection, account)
        if found is None or not found.active:
            raise UserError(_("No hay ninguna cuenta {code}.").format(code=account), place=account, code="no_account")
        asked = _rights(rights)
        missing = sorted(right for right in asked if not may(found.role, right))
        if missing:
            sentence = _("El rol de {code} no tiene el permiso «{right}».").format(code=account, right=missing[0])
            raise UserError(sentence, place=missing[0], code="no_right")
        if not 0 < days <= MOST_DAYS:
            raise UserError(_("Una ficha vale de 1 a {n} días.").format(n=MOST_DAYS), place="days")
        token = PREFIX + secrets.token_urlsafe(32)
        at = office.now_ms()
        row = {"account": account, "name": name, "rights": " ".join(sorted(asked)), "made_at": at}
        connection.execute(_token.delete().where(_token.c.expires_at < at))
        connection.execute(_token.insert().values(token_hash=token_hash(token), expires_at=at + days * DAY_MS, **row))
        accesses.note(connection, at=at, account=by, action="token.add", subject=f"{account} {name}".strip())
    return token


def remove(office: Office, account: str, name: str, *, by: str) -> int:
    """End an account's tokens of that name (empty: those without one); how many there were."""
    with office.database.writer() as connection:
        which = (_token.c.account == account) & (_token.c.name == name)
        count = connection.execute(_token.delete().where(which)).rowcount
        at = office.now_ms()
        accesses.note(connection, at=at, account=by, action="token.remove", subject=f"{account} {name}".strip())
    return count


def listed(office: Office) -> list[dict[str, object]]:
    """The tokens that still open something, without what opens it."""
    columns = (_token.c.account, _token.c.name, _token.c.rights, _token.c.made_at, _token.c.expires_at)
    alive = _token.c.expires_at >= office.now_ms()
    with office.database.reader() as connection:
        statement = select(*columns).where(alive).order_by(_token.c.account, _token.c.name, _token.c.made_at)
        return [dict(row) | {"rights": row["rights"].split()} for row in connection.execute(statement).mappings()]


def bearer(office: Office, header: str) -> Bearer:
    """Who asks with this `Authorization` header. Raises `Refused` (code `token`) for one that opens nothing."""
    scheme, _space, token = header.partition(" ")
    with office.database.reader() as connection:
        alive = (_token.c.token_hash == token_hash(token.strip())) & (_token.c.expires_at >= office.now_ms())
        row = connection.execute(select(_token.c.account, _token.c.rights).where(alive)).first()
        account = accounts.find(connection, row.account) if row is not None else None
    if scheme.lower() != "bearer" or row is None or account is None or not account.active:
        raise Refused(
            _("Falta la ficha de acceso, o ya no vale."),
            next_step=_("Envíe «Authorization: Bearer …» con una ficha de «itinerant-server token add»."),
            code="token",
        )
    return Bearer(account.code, frozenset(right for right in _rights(row.rights.split()) if may(account.role, right)))


def _rights(names: Collection[str]) -> frozenset[Right]:
    known = {right.value: right for right in Right}
    unknown = sorted(set(names) - known.keys())
    if unknown:
        raise UserError(
            _("No existe el permiso «{right}».").format(right=unknown[0]), next_step=", ".join(known), place=unknown[0]
        )
    return frozenset(known[name] for name in names)
