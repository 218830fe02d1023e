"""`show`: JSON Lines with `--json`, one line a thing for people without."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection

from server import conflicts, duplicates
from server.access import accesses
from server.cli.output import line, opened
from server.queries import state
from server.queries.state import Document

_LISTS: Mapping[str, Callable[[Connection], Iterator[Document]]] = {
    "devices": state.devices,
    "conflicts": state.conflicts,
    "decisions": lambda connection: map(conflicts.as_dict, conflicts.decided(connection)),
    "duplicates": duplicates.rows,
    "quarantine": state.quarantine,
    "unmapped": state.unmapped,
    "incidents": lambda connection: state.records(connection, "incident"),
}

_ABOUT_STAFF = frozenset({"staff"})


def run(args: argparse.Namespace) -> int:
    """Print one list."""
    with opened(args) as office:
        if args.what == "quarantine" or (args.what == "records" and args.kind in _ABOUT_STAFF):
            with office.database.writer() as connection:
                subject = args.kind if args.what == "records" else args.what
                accesses.note(connection, at=office.now_ms(), account=args.account, action="read", subject=subject)
        if args.what == "duplicates":
            duplicates.refresh(office)
        with office.database.reader() as connection:
            for document in (
                state.records(connection, args.kind) if args.what == "records" else _LISTS[args.what](connection)
            ):
                if args.json:
                    line(document)
                else:
                    print("  ".join(f"{name}={_plain(value)}" for name, value in document.items() if value is not None))
    return 0


def _plain(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
