"""Who read staff data or decided what: kept two years and more (Law 29733, DS 016-2024-JUS).

The entry is of the same transaction as what it tells of; it never holds a name, only codes.
"""

from __future__ import annotations

from sqlalchemy import Connection

from server.tables import AccessRow, table

_access = table(AccessRow)


def note(connection: Connection, *, at: int, account: str, action: str, subject: str, why: str = "") -> None:
    """Write one entry. `action` is a stable word (`roster.read`, `device.revoke` …), `subject` a code or reference."""
    connection.execute(_access.insert().values(at=at, account=account, action=action, subject=subject, why=why))
