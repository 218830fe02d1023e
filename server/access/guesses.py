"""Guesses, slowed: each wrong one in a row makes the next wait longer, for one account from one place only."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from itinerant.errors import NoConnection
from itinerant.texts import _
from server.office import Office
from server.tables import GuessRow, table

FREE = 5
"""Wrong ones in a row before anybody waits."""
SLOWEST_S = 900
_FORGOTTEN_MS = 86_400_000

_guess = table(GuessRow)


def about(*parts: str) -> bytes:
    """What a row of guesses is about; only this hash is kept."""
    return hashlib.sha256("\0".join(parts).encode()).digest()


def allow(office: Office, what: bytes) -> None:
    """Raise `NoConnection`, with when to try again, while the last wrong guesses are too near."""
    at = office.now_ms()
    with office.database.reader() as connection:
        until = connection.scalar(select(_guess.c.until).where(_guess.c.about == what)) or 0
    if until > at:
        raise NoConnection(
            _("Demasiados intentos seguidos."),
            safe=_("La cuenta sigue abierta para quien entra desde otro lugar."),
            next_step=_("Espere {n} s y vuelva a intentar.").format(n=(until - at + 999) // 1_000),
            retry_after=(until - at) / 1_000,
            code="too_many_tries",
        )


def wrong(office: Office, what: bytes) -> None:
    """Count a wrong guess."""
    at = office.now_ms()
    with office.database.writer() as connection:
        count = 1 + (connection.scalar(select(_guess.c.count).where(_guess.c.about == what)) or 0)
        wait_s = 0 if count < FREE else min(SLOWEST_S, 2 ** (count - FREE + 1))
        connection.execute(_guess.delete().where((_guess.c.about == what) | (_guess.c.until < at - _FORGOTTEN_MS)))
        connection.execute(_guess.insert().values(about=what, count=count, until=at + wait_s * 1_000))


def right(office: Office, what: bytes) -> None:
    """Forget the wrong ones: somebody gave the right one."""
    with office.database.writer() as connection:
        connection.execute(_guess.delete().where(_guess.c.about == what))
