"""What an export reads from the office's database: one moment of it, up to a place of the ledger and an instant.

* `cut` (ms, office's clock) is where the export ends: what arrived at or after it is left out, also decisions made
  later about what arrived before. So a range that is over gives the same export for ever.
* The ledger is the only source of records: the record tables are computed from it, and could have been altered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, tuple_

from itinerant.log.change import order
from server import witnesses
from server.exports import selection
from server.records import AMENDS
from server.tables import ChangeRow, ParcelRow, ParkedRow, QuarantineRow, table
from server.witnesses import Witness

LIMA = timezone(timedelta(hours=-5))
"""Peru has one time zone and no summer time."""

FOREVER = 2**62
BATCH = 2_000

_change = table(ChangeRow)
_parcel = table(ParcelRow)
_parked = table(ParkedRow)
_quarantine = table(QuarantineRow)


class Asked(NamedTuple):
    """What was asked for: days (Lima's, both included; None where there is no bound), or one visit or district.

    One visit or district (`visit` its record, `ubigeo` its code) is a disclosure: those records, the changes that
    make them, the proof of each, and nothing else.
    """

    first: date | None = None
    last: date | None = None
    visit: str = ""
    ubigeo: str = ""

    @property
    def selects(self) -> bool:
        """Whether it is a disclosure."""
        return bool(self.visit or self.ubigeo)

    @property
    def start(self) -> int | None:
        """Its first millisecond."""
        return _midnight(self.first)

    @property
    def cut(self) -> int | None:
        """The first millisecond after it."""
        return _midnight(self.last, days=1)


EVERYTHING = Asked()
"""All that arrived."""


def _midnight(day: date | None, *, days: int = 0) -> int | None:
    if day is None:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=LIMA).timestamp() + days * 86_400) * 1000


class Leaf(NamedTuple):
    """A leaf of the ledger as the database holds it."""

    place: int
    hash: bytes
    data: bytes


class SignedHead(NamedTuple):
    """A parcel's header and signature."""

    device: str
    header: bytes
    signature: bytes
    received_at: int


class Apart(NamedTuple):
    """A change that was set apart, or a whole parcel (`seq` 0, no `prev`) that could not be read."""

    device: str
    seq: int
    branch: int
    hash: bytes
    prev: str | None
    record: str
    kind: str
    reason: str
    field: str
    received_at: int
    decision: str
    decided_at: int | None
    decided_by: str
    why: str


class Source:
    """Reads one export's rows. `first` and `size` bound the ledger, the period's instants everything else.

    A disclosure has an empty stretch of the ledger, at its end: all its changes are `earlier` ones.
    """

    def __init__(self, connection: Connection, ledger_size: int, asked: Asked) -> None:
        start, cut = asked.start, asked.cut
        self.asked = asked
        self._connection = connection
        self._start = -FOREVER if start is None else start
        self._cut = FOREVER if cut is None else cut
        self.size = ledger_size if cut is None else self._place_since(cut, ledger_size)
        self.first = 0 if start is None else min(self._place_since(start, ledger_size), self.size)
        if asked.selects:
            self.first = self.size

    def _place_since(self, instant: int, otherwise: int) -> int:
        place = self._connection.scalar(select(func.min(_change.c.position)).where(_change.c.received_at >= instant))
        return otherwise if place is None else int(place)

    def leaves(self) -> Iterator[Leaf]:
        """The ledger's leaves from `first` to `size`, in order."""
        statement = select(_change.c.position, _change.c.hash, _change.c.data).order_by(_change.c.position)
        yield from map(Leaf._make, self._stream(statement.where(_change.c.position.between(self.first, self.size - 1))))

    def hashes(self, until: int) -> Iterator[bytes]:
        """The leaf hashes from the ledger's beginning to place `until`."""
        statement = select(_change.c.hash).order_by(_change.c.position).where(_change.c.position < until)
        for (digest,) in self._stream(statement):
            yield digest

    def amended(self) -> set[str]:
        """Records that something besides their making touched, before the cut."""
        statement = select(_change.c.record).distinct().where(AMENDS, _change.c.position < self.size)
        return set(self._connection.scalars(statement))

    def history(self, record: str) -> list[Leaf]:
        """Every change of a record before the cut, in the order of the ledger."""
        columns = select(_change.c.position, _change.c.hash, _change.c.data)
        before = _change.c.position < self.size
        amends = columns.where(and_(AMENDS, _change.c.record == record, before))
        makes = columns.where(tuple_(_change.c.device, _change.c.seq) == order(record), _change.c.creates, before)
        found = [*self._connection.execute(amends), *self._connection.execute(makes)]
        return sorted(map(Leaf._make, found))

    def earlier(self) -> list[Leaf]:
        """Changes from before `first` that the range's records need, in the order of the ledger.

        All changes of a record that something in the range touched, and of every device: their keys.
        """
        if self.asked.selects:
            records = selection.records(self._connection, self.asked.visit, self.asked.ubigeo)
            return sorted(leaf for record in records for leaf in self.history(record))
        if not self.first:
            return []
        columns = select(_change.c.position, _change.c.hash, _change.c.data).order_by(_change.c.position)
        devices = columns.where(_change.c.kind == "device", _change.c.position < self.first)
        found = set(map(Leaf._make, self._connection.execute(devices)))
        for record in self.amended():
            history = self.history(record)
            if history[-1].place >= self.first:
                found.update(leaf for leaf in history if leaf.place < self.first)
        return sorted(found)

    def heads(self) -> Iterator[SignedHead]:
        """The heads that the office accepted, by device and number; none in a disclosure."""
        if self.asked.selects:
            return
        columns = (_parcel.c.device, _parcel.c.header, _parcel.c.signature, _parcel.c.received_at)
        statement = select(*columns).where(self._within(_parcel.c.received_at))
        yield from map(
            SignedHead._make, self._stream(statement.order_by(_parcel.c.device, _parcel.c.last, _parcel.c.id))
        )

    def witnesses(self) -> list[Witness]:
        """What each laptop cosigned last, by device; none in a disclosure."""
        if self.asked.selects:
            return []
        return witnesses.latest(self._connection, size=self.size, before=self._cut)

    def apart(self) -> Iterator[Apart]:
        """What was set apart and whole parcels that were parked, by device, number and hash; see `heads`."""
        if self.asked.selects:
            return
        row = _quarantine.c
        statement = select(
            row.device, row.seq, row.branch, row.hash, row.data, row.record, row.kind, row.reason, row.field,
            row.received_at, row.decision, row.decided_at, row.decided_by, row.why,
        )  # fmt: skip
        ordered = statement.where(self._within(row.received_at)).order_by(row.device, row.seq, row.hash)
        for device, seq, branch, digest, data, *rest in self._stream(ordered):
            item = Apart(device, seq, branch, digest, orjson.loads(data)["prev"], *rest)
            late = item.decided_at is not None and item.decided_at >= self._cut
            yield item._replace(decision="", decided_at=None, decided_by="", why="") if late else item
        parked = select(_parked.c.device, _parked.c.hash, _parked.c.reason, _parked.c.received_at)
        for device, digest, reason, at in self._stream(
            parked.where(self._within(_parked.c.received_at)).order_by(_parked.c.device, _parked.c.hash)
        ):
            yield Apart(device, 0, 0, digest, None, "", "", reason, "", at, "", None, "", "")

    def _within(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        return and_(column >= self._start, column < self._cut)

    def _stream(self, statement: Select[Any]) -> Iterator[Any]:
        yield from self._connection.execution_options(yield_per=BATCH).execute(statement)
