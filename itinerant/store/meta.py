"""Named values of the database: who this laptop is, and how far it has synced."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection

IDENTITY = "identity"
SYNC = "sync"

DEFAULT_RETENTION_D = 7


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far this laptop has synced; instants in ms.

    `received_upto`: last own change covered by a verified receipt. `have`: the office's ledger position up to which
    this laptop has pulled. `roster`: short hash of the roster held. `clock_skew_ms`: laptop minus office at the last
    receipt. `parcel_size` (bytes) and `bytes_per_s`: what the link carried lately, 0 when unknown. `state`: how the
    office sees this laptop (`enrolled`, `frozen`, `revoked`, `lost`). `attempts`: failures in a row.
    """

    received_upto: int = 0
    have: int = 0
    roster: str = ""
    last_receipt_at: int | None = None
    next_try_at: int | None = None
    clock_skew_ms: int | None = None
    last_error: str = ""
    parcel_size: int = 0
    bytes_per_s: int = 0
    state: str = "enrolled"
    retention_d: int = DEFAULT_RETENTION_D
    attempts: int = 0


def load(connection: Connection, name: str) -> dict[str, Any] | None:
    """The value of that name, or None."""
    text = connection.exec_driver_sql("SELECT value FROM meta WHERE name = ?", (name,)).scalar()
    if text is None:
        return None
    value: dict[str, Any] = json.loads(text)
    return value


def save(connection: Connection, name: str, value: dict[str, Any]) -> None:
    """Keep a value under a name."""
    connection.exec_driver_sql(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, json.dumps(value)),
    )


def load_sync(connection: Connection) -> SyncState:
    """The sync state; fields of a later version are left aside."""
    value = load(connection, SYNC) or {}
    return SyncState(**{item.name: value[item.name] for item in fields(SyncState) if item.name in value})


def save_sync(connection: Connection, state: SyncState) -> None:
    """Keep the sync state."""
    save(connection, SYNC, asdict(state))
