"""What tests ask an office."""

from __future__ import annotations

from typing import Any

from server import inspection
from server.office import Office
from server.queries import state


def records(office: Office, kind: str = "session") -> dict[str, dict[str, Any]]:
    """The records of a kind, by reference."""
    with office.database.reader() as connection:
        return {str(document["record"]): document for document in state.records(connection, kind)}


def conflicts(office: Office) -> list[dict[str, Any]]:
    """The open conflicts."""
    with office.database.reader() as connection:
        return list(state.conflicts(connection))


def quarantine(office: Office) -> list[dict[str, Any]]:
    """What waits for a person."""
    with office.database.reader() as connection:
        return list(state.quarantine(connection))


def reasons(office: Office) -> list[tuple[str, str]]:
    """Change and reason of everything that waits."""
    return [(str(item.get("change", "parcel")), str(item["reason"])) for item in quarantine(office)]


def device(office: Office, code: str = "LOR07") -> dict[str, Any]:
    """What the office lists of a laptop."""
    with office.database.reader() as connection:
        return next(item for item in state.devices(connection) if item["device"] == code)


def size(office: Office) -> int:
    """Number of leaves of the ledger."""
    with office.database.reader() as connection:
        return state.summary(connection)["ledger_size"]


def assert_sound(office: Office) -> None:
    """Every hash, chain and signature of the office holds."""
    wrong = [check for check in inspection.inspect(office) if not check.ok]
    assert not wrong, wrong
