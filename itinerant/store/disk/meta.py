"""Named values of the database: who this laptop is, how far it has synced, how it stands with the office."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection

from itinerant.sync.standing import Standing

IDENTITY = "identity"
_SYNC = "sync"
STANDING = "standing"


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far this laptop has synced; instants in ms.

    `received_upto`: last own change covered by a verified receipt. `have`: the office's ledger position up to which
    this laptop has pulled. `last_receipt_at`: the office's clock. `clock_skew_ms`: this clock less the office's, at
    the last answer; None before the first. `next_try_at`: this clock; None when nothing is planned. `parcel_size`
    (bytes) and `bytes_per_s`: what the link carried lately, 0 when unknown. `attempts`: failures in a row.
    `office_back_at`: when the office was last seen to have gone back to a copy of before (its clock); None for never.
    `office_reads`: latest version of parcels that the office said it reads, 0 before it said any.
    """

    received_upto: int = 0
    have: int = 0
    last_receipt_at: int | None = None
    clock_skew_ms: int | None = None
    next_try_at: int | None = None
    last_error: str = ""
    attempts: int = 0
    parcel_size: int = 0
    bytes_per_s: int = 0
    office_reads: int = 0
    office_back_at: int | None = None


def load(connection: Connection, name: str) -> dict[str, Any] | None:
    """The value of that name, or None."""
    text = connection.exec_driver_sql("SELECT value FROM meta WHERE name = ?", (name,)).scalar()
    if text is None:
        return None
    value: dict[str, Any] = json.loads(text)
    return value


def save(connection: Connection, name: str, value: Mapping[str, Any]) -> None:
    """Keep a value under a name."""
    connection.exec_driver_sql(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, json.dumps(value)),
    )


def load_sync(connection: Connection) -> SyncState:
    """The sync state; fields of another version are left aside."""
    value = load(connection, _SYNC) or {}
    return SyncState(**{item.name: value[item.name] for item in fields(SyncState) if item.name in value})


def save_sync(connection: Connection, state: SyncState) -> None:
    """Keep the sync state."""
    save(connection, _SYNC, asdict(state))


def load_standing(connection: Connection) -> Standing | None:
    """What the office told last about this laptop; None when it never did."""
    value = load(connection, STANDING)
    return None if value is None else Standing.from_dict(value)


def save_standing(connection: Connection, standing: Standing) -> None:
    """Keep what the office told."""
    save(connection, STANDING, standing.as_dict())
