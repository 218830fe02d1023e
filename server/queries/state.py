"""What the office has, as flat documents for scripts: one generator a list, in a stable order, read row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import orjson
from sqlalchemy import Connection, and_, func, select

from itinerant.domain.fields import VOID, Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.tables import from_cell
from itinerant.texts import _
from server.exchange.chains import MAIN
from server.queries import totals
from server.records import chunks
from server.tables import (
    RECORDS,
    ChainRow,
    ConflictRow,
    ContactRow,
    LedgerRow,
    ParkedRow,
    QuarantineRow,
    table,
)

Document = dict[str, object]

_PAGE = 1_000
_chain = table(ChainRow)
_conflict = table(ConflictRow)
_contact = table(ContactRow)
_quarantine = table(QuarantineRow)
_parked = table(ParkedRow)


def records(connection: Connection, kind: str) -> Iterator[Document]:
    """Records of a kind, flat: `record`, `void` and the fields. A session whose service the catalogue does not have
    carries `unmapped`. Records whose creating change is not here are left out."""
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise UserError(_("No hay registros de clase «{kind}».").format(kind=kind), next_step=known, place=kind)
    source = RECORDS[kind]
    catalogue = set(_codes(connection)) if kind == "session" else set()
    statement = select(source).where(~source.c.partial).order_by(source.c.author, source.c.made_seq)
    fields = KINDS[kind].fields
    for row in connection.execution_options(yield_per=_PAGE).execute(statement).mappings():
        values: dict[str, Value] = {item.name: from_cell(item, row[item.name]) for item in fields}
        document: Document = {"record": row["record"], VOID: bool(row[VOID]), **values}
        if kind == "session" and values["service"] not in catalogue:
            document["unmapped"] = True
        yield document


def unmapped(connection: Connection) -> Iterator[Document]:
    """Codes of services that sessions use and the catalogue does not have, the most used first."""
    service = RECORDS["service"]
    known = set(connection.scalars(select(service.c.code).where(~service.c.void)))
    used = totals.ever(connection, "service")
    for code, sessions in sorted(used.items(), key=lambda item: (-item[1], item[0])):
        if code and code not in known:
            yield {"service": code, "sessions": sessions}


def devices(connection: Connection) -> Iterator[Document]:
    """Every laptop: how far its log is here, when it was last heard of, and how much of it waits in quarantine."""
    device = RECORDS["device"]
    waiting = (
        select(_quarantine.c.device, func.count().label("n"))
        .where(_quarantine.c.decision == "")
        .group_by(_quarantine.c.device)
        .subquery()
    )
    statement = (
        select(device, _chain.c.upto, _chain.c.head, _contact.c.seen_at, _contact.c.by_stick, _contact.c.skew_ms,
               waiting.c.n)
        .outerjoin(_chain, and_(_chain.c.device == device.c.code, _chain.c.branch == MAIN))
        .outerjoin(_contact, _contact.c.device == device.c.code)
        .outerjoin(waiting, waiting.c.device == device.c.code)
        .where(~device.c.void)
        .order_by(device.c.code)
    )  # fmt: skip
    for row in connection.execute(statement).mappings():
        yield {
            "device": row["code"],
            "record": row["record"],
            "brigade": row["brigade"],
            "state": row["state"],
            "upto": row["upto"] or 0,
            "head": row["head"] or "",
            "revoked_after": row["revoked_after"],
            "replaces": row["replaces"],
            "seen_at": row["seen_at"],
            "by_stick": bool(row["by_stick"]),
            "clock_skew_ms": row["skew_ms"],
            "quarantined": row["n"] or 0,
        }


def conflicts(connection: Connection) -> Iterator[Document]:
    """Open conflicts, the oldest first, each with the visit that its record belongs to (empty: to none)."""
    statement = select(_conflict).order_by(_conflict.c.opened_at, _conflict.c.record, _conflict.c.field)
    rows = connection.execute(statement).all()
    visits = _visits(connection, {(row.kind, row.record) for row in rows})
    for row in rows:
        yield {
            "record": row.record,
            "kind": row.kind,
            "field": row.field,
            "base": orjson.loads(row.base),
            "provisional": orjson.loads(row.provisional),
            "candidates": orjson.loads(row.candidates),
            "scope": row.scope,
            "visit": visits.get(row.record, ""),
            "opened_at": row.opened_at,
        }


def _visits(connection: Connection, about: Collection[tuple[str, str]]) -> dict[str, str]:
    found = {record: record for kind, record in about if kind == "visit"}
    for kind in {kind for kind, _record in about if "visit" in KINDS[kind].by_name}:
        source = RECORDS[kind]
        for chunk in chunks(record for each, record in about if each == kind):
            statement = select(source.c.record, source.c.visit).where(source.c.record.in_(chunk))
            found |= {record: visit or "" for record, visit in connection.execute(statement)}
    return found


def quarantine(connection: Connection) -> Iterator[Document]:
    """What waits for a person. The content is not shown: it may be what nobody should read without need."""
    statement = select(_quarantine).where(_quarantine.c.decision == "").order_by(_quarantine.c.id)
    for row in connection.execution_options(yield_per=_PAGE).execute(statement):
        yield {
            "item": row.id,
            "change": f"{row.device}-{row.seq}",
            "device": row.device,
            "record": row.record,
            "kind": row.kind,
            "reason": row.reason,
            "field": row.field,
            "sentence": row.sentence,
            "hash": row.hash.hex(),
            "received_at": row.received_at,
        }
    for row in connection.execute(select(_parked).order_by(_parked.c.id)):
        yield {
            "parcel": row.id,
            "device": row.device,
            "reason": row.reason,
            "hash": row.hash.hex(),
            "bytes": len(row.data),
            "received_at": row.received_at,
        }


def summary(connection: Connection) -> dict[str, int]:
    """The counts that `/health`, `/metrics` and `doctor` tell."""
    ledger = table(LedgerRow)
    waiting = select(func.count()).select_from(_quarantine).where(_quarantine.c.decision == "")
    return {
        "ledger_size": connection.execute(select(ledger.c.size)).scalar_one(),
        "devices": connection.execute(select(func.count()).select_from(RECORDS["device"])).scalar_one(),
        "conflicts": connection.execute(select(func.count()).select_from(_conflict)).scalar_one(),
        "quarantined": connection.execute(waiting).scalar_one(),
        "parked": connection.execute(select(func.count()).select_from(_parked)).scalar_one(),
    }


def _codes(connection: Connection) -> Iterator[str]:
    service = RECORDS["service"]
    yield from connection.scalars(select(service.c.code).where(~service.c.void))
