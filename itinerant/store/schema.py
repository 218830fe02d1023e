"""The fixed tables of the laptop; those of records are derived from the domain in `records`.

* The tables live in a registry of their own, so that the office's models can be loaded in the same process.
* `table=True` models validate nothing: `journal` and `laptop` check before they write.
* The SQL that makes them is in `migrations`, frozen; a test holds both together.
"""

from __future__ import annotations

from sqlalchemy import LargeBinary, MetaData, UniqueConstraint
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


class LogHead(Table, table=True):
    """The head of this laptop's own log; one row, moved in the transaction of every change."""

    __tablename__ = "log_head"
    id: int = Field(primary_key=True)
    seq: int
    hash: bytes = Field(sa_type=LargeBinary)


class StoredChange(Table, table=True):
    """A change as its canonical bytes; `body` is null once it was forgotten, its hash stays.

    A change of another device is kept without chain (`prev` all zeros): the office's signature on the receipt that
    brought it vouches for it.
    """

    __tablename__ = "change"
    __table_args__ = (UniqueConstraint("device", "seq"),)
    n: int = Field(primary_key=True)
    device: str
    seq: int
    record: str = Field(index=True)
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


class Quarantined(Table, table=True):
    """A change of ours that the office keeps aside, with its reason in code and in words."""

    ref: str = Field(primary_key=True)
    reason: str
    sentence: str


class RosterEntry(Table, table=True):
    """Who works in the brigade: the only place of a name, never in the log."""

    __tablename__ = "roster"
    code: str = Field(primary_key=True)
    name: str
    role: str
    brigade: str


class StoredReceipt(Table, table=True):
    """A verified receipt that moved the log's covered end: up to which change, and the office's clock (ms)."""

    __tablename__ = "receipt"
    upto: int = Field(primary_key=True)
    at: int


class VisitTotal(Table, table=True):
    """What stays of a visit whose records were forgotten: its counters, as JSON."""

    __tablename__ = "visit_total"
    visit: str = Field(primary_key=True)
    content: str
