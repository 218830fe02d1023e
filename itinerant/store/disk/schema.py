"""The fixed tables of the laptop; those of records are derived from the domain in `records`.

* The tables live in a registry of their own, so that the office's models can be loaded in the same process.
* `table=True` models validate nothing: `journal` and `laptop` check before they write.
* The SQL that makes them is in `migrations`, frozen; a test holds both together.
"""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

METADATA = MetaData()


class Table(SQLModel, registry=registry(metadata=METADATA)):
    """Root of the laptop's tables."""


class Migration(Table, table=True):
    """A step of the schema that was taken, and when (ms)."""

    number: int = Field(primary_key=True)
    name: str
    at: int


class Meta(Table, table=True):
    """One named value, as JSON: who this laptop is, and how far it has synced."""

    name: str = Field(primary_key=True)
    value: str


class StoredChange(Table, table=True):
    """A change as its canonical bytes; `body` is null once it was forgotten, its hash stays.

    A change of another device is kept without chain (`prev` all zeros): the office's signature on the receipt that
    brought it vouches for it. `amends` is empty for a change that made its record: almost all do, and an index that
    leaves them out is one page less to write in each commit. `n` is the order of arrival.
    """

    __tablename__ = "change"
    __table_args__ = (
        UniqueConstraint("device", "seq"),
        Index("change_amends", "amends", sqlite_where=text("amends <> ''")),
    )
    n: int = Field(primary_key=True)
    device: str
    seq: int
    amends: str
    hash: bytes = Field(sa_type=LargeBinary)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)


class StoredConflict(Table, table=True):
    """A field of a record with several candidates, as merge found it; values and candidates as JSON."""

    __tablename__ = "conflict"
    record: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    kind: str
    base: str
    provisional: str
    candidates: str


class StoredDraft(Table, table=True):
    """What a person is writing and has not saved yet, by the name of its form; at: ms."""

    __tablename__ = "draft"
    key: str = Field(primary_key=True)
    content: str
    at: int


class StoredReceipt(Table, table=True):
    """A verified receipt that had something new: the last own change that it covers, the order of arrival of the last
    change that was here then, and the office's clock (ms)."""

    __tablename__ = "receipt"
    upto: int = Field(primary_key=True)
    arrived: int = Field(primary_key=True)
    at: int


class StoredPeer(Table, table=True):
    """Another laptop of the brigade: how far it said that it holds the log of `own`, this laptop's code then; and the
    last head that it signed, by stick."""

    __tablename__ = "peer"
    device: str = Field(primary_key=True)
    own: str
    told: int
    head_seq: int
    head_hash: bytes = Field(sa_type=LargeBinary)


class PeerChange(Table, table=True):
    """A change that a peer's parcel brought and no receipt of the office did yet.

    `counted`: it is in the log and its records. Otherwise `body` is what is kept out of them, null when it was erased,
    and `n` the place in the order of arrival that it had, if any.
    """

    __tablename__ = "peer_change"
    __table_args__ = (Index("peer_change_n", "n", sqlite_where=text("n IS NOT NULL")),)
    device: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    hash: bytes = Field(sa_type=LargeBinary)
    counted: bool
    n: int | None = None
    body: bytes | None = Field(default=None, sa_type=LargeBinary)


class StoredNotice(Table, table=True):
    """News that a person is shown once and finds again; at: ms. No value of any record is in it."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("what", "record", "field", "change"),)
    n: int = Field(primary_key=True)
    what: str
    record: str
    kind: str
    field: str
    change: str
    at: int
    shown: bool


class SyncTry(Table, table=True):
    """What a sync came to, in words, as often in a row as it came to the same (`times`); at, ended: ms; bytes with all
    headers."""

    __tablename__ = "sync_try"
    n: int = Field(primary_key=True)
    at: int
    ended: int
    times: int = 1
    code: str
    sentence: str
    safe: str
    next_step: str
    sent: int
    received: int
    bytes_up: int
    bytes_down: int
    automatic: bool


class FormerChange(Table, table=True):
    """A change of the log that this laptop had under a former code, which is not in the office's ledger under its
    number: `became` is the number that it has now, empty for none. `body` is null once it was erased."""

    __tablename__ = "former"
    device: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    hash: bytes = Field(sa_type=LargeBinary)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)
    became: str


class VisitTotal(Table, table=True):
    """What stays of a visit whose records were forgotten: its counters, as JSON."""

    __tablename__ = "visit_total"
    visit: str = Field(primary_key=True)
    content: str
