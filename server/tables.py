"""The office's tables. The ledger and the parked bytes are facts; everything else can be computed from them again.

* `change` is the ledger: one row a leaf, in order. Rows are added, never altered, never deleted.
* `record_*` (derived from the domain's declarations) and `conflict` are what the merge of those changes gives.
* `chain` says how far each device's log is here; a copied laptop has a second branch.
* Instants are milliseconds since 1970 UTC of the office's clock. JSON is text: it is read whole, never searched.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from itinerant.domain.kinds import KINDS
from itinerant.tables import record_table

ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits everywhere; under this name SQLite keeps the rows themselves in its order, with no second index."""


class OfficeTable(SQLModel, registry=registry()):
    """Parent of the office's fixed tables; its own registry, so that a laptop's tables may live in one process."""


class Meta(OfficeTable, table=True):
    """Single values about the database itself."""

    __tablename__ = "meta"
    name: str = Field(primary_key=True)
    value: str


class ChangeRow(OfficeTable, table=True):
    """One leaf of the ledger. `position` counts from 0; `data` are the canonical bytes and `hash` their leaf hash.

    `scope` is the brigade whose laptops receive it, empty for all. `creates`: the change made its record.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("change_place", "device", "seq", unique=True),
        Index("change_amends", "record", sqlite_where=text("NOT creates"), postgresql_where=text("NOT creates")),
        Index("change_scope", "scope", "position"),
    )
    position: int = Field(primary_key=True, sa_type=ROW_NUMBER, sa_column_kwargs={"autoincrement": False})
    device: str
    seq: int = Field(sa_type=BigInteger)
    record: str
    creates: bool
    kind: str
    scope: str
    hash: bytes
    data: bytes
    received_at: int = Field(sa_type=BigInteger)


class LedgerRow(OfficeTable, table=True):
    """The one row (`id` 1) that every writer locks first: size, compact range and latest checkpoint of the tree."""

    __tablename__ = "ledger"
    id: int = Field(primary_key=True, sa_type=ROW_NUMBER, sa_column_kwargs={"autoincrement": False})
    size: int = Field(sa_type=BigInteger)
    frontier: bytes
    checkpoint: str
    """The signed note (C2SP tlog-checkpoint); empty while the ledger is."""


class NodeRow(OfficeTable, table=True):
    """The root of a complete subtree of 256^row leaves: number `number` of its row. It follows from the leaves."""

    __tablename__ = "node"
    row: int = Field(primary_key=True, sa_type=BigInteger)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes


class WitnessRow(OfficeTable, table=True):
    """A laptop's cosignature (72 bytes, C2SP tlog-cosignature) of the checkpoint of `size` leaves that it verified.

    Kept as it came: whether it is of *this* ledger is what `doctor` and every export look at.
    """

    __tablename__ = "witness"
    device: str = Field(primary_key=True)
    size: int = Field(primary_key=True, sa_type=BigInteger)
    cosignature: bytes
    received_at: int = Field(sa_type=BigInteger)


class ChainRow(OfficeTable, table=True):
    """How far a device's log is here: last contiguous number and its hash (hex). Branch 0 came first.

    A later branch leaves an earlier one after change `forked_at`: two laptops wrote under one code.
    """

    __tablename__ = "chain"
    device: str = Field(primary_key=True)
    branch: int = Field(primary_key=True, sa_type=BigInteger)
    forked_at: int = Field(sa_type=BigInteger)
    upto: int = Field(sa_type=BigInteger)
    head: str


class ContactRow(OfficeTable, table=True):
    """What a device said last, and how (`contacts.py`).

    `floor` is the ledger's position before which the brigade's own records are not sent to it: they are older than
    what a laptop may hold. `skew_ms` is its clock minus the office's, measured over the network only. `asked` is JSON.
    """

    __tablename__ = "contact"
    device: str = Field(primary_key=True)
    floor: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)
    by_stick: bool
    skew_ms: int | None = Field(sa_type=BigInteger)
    epoch: int = Field(sa_type=BigInteger)
    asked: str


class ParcelRow(OfficeTable, table=True):
    """A signed head that brought something new: header and signature as the device made them, for the auditor."""

    __tablename__ = "parcel"
    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_NUMBER)
    device: str = Field(index=True)
    first: int = Field(sa_type=BigInteger)
    last: int = Field(sa_type=BigInteger)
    header: bytes
    signature: bytes
    received_at: int = Field(sa_type=BigInteger)


class QuarantineRow(OfficeTable, table=True):
    """A change that waits for a person: whole, with the reason, outside records, reports and ledger."""

    __tablename__ = "quarantine"
    __table_args__ = (Index("quarantine_place", "device", "seq", "hash", unique=True),)
    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_NUMBER)
    device: str
    seq: int = Field(sa_type=BigInteger)
    branch: int = Field(sa_type=BigInteger)
    hash: bytes
    record: str
    kind: str
    reason: str
    field: str
    sentence: str
    data: bytes
    received_at: int = Field(sa_type=BigInteger)
    decision: str
    """Empty while it waits; `released` once it is in the ledger; `discarded`."""
    decided_at: int | None = Field(sa_type=BigInteger)
    decided_by: str
    why: str


class ParkedRow(OfficeTable, table=True):
    """A whole parcel that this version cannot read or place; kept byte for byte."""

    __tablename__ = "parked"
    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_NUMBER)
    device: str
    hash: bytes = Field(unique=True)
    reason: str
    data: bytes
    received_at: int = Field(sa_type=BigInteger)


class ConflictRow(OfficeTable, table=True):
    """An open conflict, as the merge gives it; `base`, `provisional` and `candidates` are JSON."""

    __tablename__ = "conflict"
    record: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    kind: str
    scope: str = Field(index=True)
    base: str
    provisional: str
    candidates: str
    opened_at: int = Field(sa_type=BigInteger)


class RosterRow(OfficeTable, table=True):
    """Names of staff: the only personal data here, outside the log, sent to the brigade's laptops only."""

    __tablename__ = "roster"
    code: str = Field(primary_key=True)
    name: str
    brigade: str = Field(index=True)
    role: str


class InvitationRow(OfficeTable, table=True):
    """A one-time code to enrol a device. Only its hash is kept; `keys` are those that used it (sign ‖ seal).

    `office_keys`: number of the office's keys that it tells the laptop.
    """

    __tablename__ = "invitation"
    token_hash: bytes = Field(primary_key=True)
    device: str = Field(index=True)
    expires_at: int = Field(sa_type=BigInteger)
    used_at: int | None = Field(sa_type=BigInteger)
    keys: bytes
    office_keys: int = Field(default=1, sa_type=BigInteger)


class AccountRow(OfficeTable, table=True):
    """A person of the office. `link_hash` is the hash of an unused one-time link; empty when there is none.

    `passphrase`: Argon2id in PHC form, empty until the link was used. `totp`: the second factor's secret, sealed by the
    office; `totp_used`: the last time step that it opened, so that no code is taken twice. `reviewed_at`: when
    somebody last confirmed that the person still needs the role. `linked`: what an identity provider calls the person
    (`oidc`), empty for nobody.
    """

    __tablename__ = "account"
    code: str = Field(primary_key=True)
    role: str
    link_hash: bytes
    link_expires_at: int = Field(sa_type=BigInteger)
    active: bool = True
    passphrase: str = ""
    totp: str = ""
    totp_used: int = Field(default=0, sa_type=BigInteger)
    reviewed_at: int = Field(default=0, sa_type=BigInteger)
    linked: str = Field(default="", index=True)


class PasskeyRow(OfficeTable, table=True):
    """A key that opens an account (WebAuthn): its identifier, public key (COSE), and the uses that it counted."""

    __tablename__ = "passkey"
    credential: bytes = Field(primary_key=True)
    account: str = Field(index=True)
    public_key: bytes
    uses: int = Field(sa_type=BigInteger)
    name: str
    added_at: int = Field(sa_type=BigInteger)


class SessionRow(OfficeTable, table=True):
    """Somebody who entered by the page. Only the token's hash is kept; `verified` once the second factor was given;
    `challenge` is what a passkey must sign next."""

    __tablename__ = "web_session"
    token_hash: bytes = Field(primary_key=True)
    account: str = Field(index=True)
    verified: bool
    challenge: str
    started_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)


class GuessRow(OfficeTable, table=True):
    """Wrong passphrases in a row: `about` is a hash of the account and the address that they came from."""

    __tablename__ = "guess"
    about: bytes = Field(primary_key=True)
    count: int = Field(sa_type=BigInteger)
    until: int = Field(sa_type=BigInteger)


class AccessRow(OfficeTable, table=True):
    """Who read staff data or decided what, and when; kept two years and more (DS 016-2024-JUS)."""

    __tablename__ = "access_log"
    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_NUMBER)
    at: int = Field(sa_type=BigInteger)
    account: str
    action: str
    subject: str
    why: str


class DuplicateRow(OfficeTable, table=True):
    """A possible duplicate, as last computed (`duplicates.py`): two sessions of one visit. `lost`: each was annulled
    for repeating the other. `scope` is the brigade; `found_at` when it was seen first."""

    __tablename__ = "duplicate"
    first: str = Field(primary_key=True)
    second: str = Field(primary_key=True)
    lost: bool
    visit: str = Field(index=True)
    scope: str
    found_at: int = Field(sa_type=BigInteger)


class TokenRow(OfficeTable, table=True):
    """What lets a program ask in an account's name. Only the token's hash is kept; `rights` are codes with spaces
    between: the token has those of them that the account's role has."""

    __tablename__ = "token"
    token_hash: bytes = Field(primary_key=True)
    account: str = Field(index=True)
    name: str
    rights: str
    made_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class RollupRow(OfficeTable, table=True):
    """Totals of sessions of one dimension, month (202511) and brigade: JSON, value to number (`rollups.py`)."""

    __tablename__ = "rollup"
    dim: str = Field(primary_key=True)
    month: int = Field(primary_key=True, sa_type=BigInteger)
    brigade: str = Field(primary_key=True)
    content: str


class RollupMonthRow(OfficeTable, table=True):
    """The same totals of all brigades together, for a month that is over (`folding.py`)."""

    __tablename__ = "rollup_month"
    month: int = Field(primary_key=True, sa_type=BigInteger)
    dim: str = Field(primary_key=True)
    content: str


class RollupVisitRow(OfficeTable, table=True):
    """The same totals of one visit, day (20251123) and brigade: how many sessions, and JSON, dimension to value to
    number."""

    __tablename__ = "rollup_visit"
    __table_args__ = (Index("rollup_visit_days", "day", "brigade", "visit", "sessions"),)
    visit: str = Field(primary_key=True)
    day: int = Field(primary_key=True, sa_type=BigInteger)
    brigade: str = Field(primary_key=True)
    sessions: int = Field(sa_type=BigInteger)
    content: str


def _about() -> tuple[Column[str], ...]:
    """What the office adds to every record table; no field of a kind may have these names.

    `partial`: the change that made the record is not here (quarantined, or still on the road).
    """
    return (
        Column("record", Text, primary_key=True),
        Column("scope", Text, nullable=False),
        Column("author", Text, nullable=False),
        Column("made_seq", BigInteger, nullable=False),  # type: ignore[arg-type] # columns of several types
        Column("made_by", Text, nullable=False),
        Column("made_at", BigInteger, nullable=False),  # type: ignore[arg-type] # the same
        Column("partial", Boolean, nullable=False),  # type: ignore[arg-type] # the same
        Column("conflicts", BigInteger, nullable=False),  # type: ignore[arg-type] # the same
    )


RECORDS: Mapping[str, Table] = {
    name: record_table(kind, OfficeTable.metadata, *_about()) for name, kind in KINDS.items()
}
"""The record table of each kind."""


def table(model: type[OfficeTable]) -> Table:
    """The Core table of a fixed table's class."""
    found = OfficeTable.metadata.tables[str(model.__tablename__)]
    assert isinstance(found, Table)
    return found
