"""What an older program could not take in, looked at again by this one: after an upgrade, by itself or by a command.

* A change that waits for its kind, its fields or its form enters the ledger once nothing stands against it, without a
  person: nobody decided to keep it out. What only a person decides (the guard, forks, revocations) is left alone.
* A parcel that was kept whole is taken in as if it came now, and is kept no longer; one that is still of a later
  version, or whose place is not clear, stays.
* Each log in transactions of its own: a recheck that is cut goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, Row, select

from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged
from itinerant.log.chain import Link
from itinerant.log.change import Change
from itinerant.sync import parcel
from server import ledger
from server.access import accesses
from server.exchange import chains, intake, quarantine
from server.exchange.admission import Run, admit
from server.exchange.chains import Nowhere
from server.exchange.checks import Objection, Reason, judge
from server.exchange.intake import OFFICE
from server.laptops.devices import Device
from server.office import Office
from server.records import chunks
from server.tables import ParkedRow, QuarantineRow, table

FOR_AN_UPGRADE = (Reason.SCHEMA, Reason.UNKNOWN_KIND, Reason.OFFICE_ONLY, Reason.FUTURE_VERSION)
"""Reasons that another version of the program may see otherwise."""

_parked = table(ParkedRow)
_quarantine = table(QuarantineRow)


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What came of it: changes that entered the ledger, parcels that were taken in, and what of both still waits."""

    released: int
    parcels: int
    waiting: int


def recheck(office: Office, *, by: str = OFFICE) -> Rechecked:
    """Look again at everything that waits for an upgrade."""
    columns = (_quarantine.c.device, _quarantine.c.branch, _quarantine.c.id)
    undecided = _quarantine.c.reason.in_(FOR_AN_UPGRADE) & (_quarantine.c.decision == "")
    with office.database.reader() as connection:
        parked = list(
            connection.scalars(
                select(_parked.c.id).where(_parked.c.reason == Reason.FUTURE_VERSION).order_by(_parked.c.id)
            )
        )
    parcels = sum(_take_up(office, item) for item in parked)
    with office.database.reader() as connection:
        statement = select(*columns).where(undecided).order_by(*columns[:2], _quarantine.c.seq)
        waiting = list(connection.execute(statement))
    released = 0
    for (device, branch), rows in groupby(waiting, key=lambda row: (row.device, row.branch)):
        for items in chunks(row.id for row in rows):
            released += _look_again(office, device, branch, items, by)
    return Rechecked(released, parcels, len(waiting) - released + len(parked) - parcels)


def _take_up(office: Office, item: int) -> bool:
    """Take in a parcel that was kept whole, if this program reads it; whether it did."""
    with office.database.writer() as connection:
        end = ledger.lock(connection)
        row = connection.execute(select(_parked).where(_parked.c.id == item)).first()
        device = Device.find(connection, row.device) if row is not None else None
        if row is None or device is None:
            return False
        try:
            _header, sealed = parcel.peek(row.data)
            opened = parcel.unpack(sealed, device.sign_key, office.keys.seals)
        except Damaged:  # of a later version still, or signed with a key that the laptop no longer has
            return False
        where = chains.place(connection, device.code, opened.header.before, opened.links)
        if isinstance(where, Nowhere) or opened.header.to != CENTRAL:
            return False
        if where.fresh:
            intake.enter(connection, office, end, device, where, opened, judge(opened.links))
        connection.execute(_parked.delete().where(_parked.c.id == item))
        accesses.note(connection, at=office.now_ms(), account=OFFICE, action="parcel.recheck", subject=sealed.ref)
        return True


def _look_again(office: Office, code: str, branch: int, items: Sequence[int], by: str) -> int:
    """Judge changes of one log anew; how many entered the ledger."""
    with office.database.writer() as connection:
        end = ledger.lock(connection)
        still = _quarantine.c.id.in_(items) & (_quarantine.c.decision == "")
        rows = {
            row.hash.hex(): row
            for row in connection.execute(select(_quarantine).where(still).order_by(_quarantine.c.seq))
        }
        links = [Link(Change.from_bytes(row.data), row.data, row.hash.hex()) for row in rows.values()]
        device = Device.find(connection, code)
        if device is None or not links:
            return 0
        fit: list[Link] = []
        aside: list[tuple[Link, Objection]] = []
        for link, alone in zip(links, judge(links), strict=True):
            found = alone or intake.of_device(device, branch, link)
            if found is not None:
                aside.append((link, found))
            elif not quarantine.is_taken(connection, link.change):
                fit.append(link)
        at = office.now_ms()
        run = Run(code, device.brigade, fit, [None] * len(fit), branch, at, waiting=True)
        admitted = admit(connection, office, end, run)
        out = {link.hash for link, _found in admitted.aside}
        for link, found in [*aside, *admitted.aside]:
            _say_why(connection, rows[link.hash], found)
        entered = [rows[link.hash].id for link in fit if link.hash not in out]
        quarantine.decide(connection, entered, quarantine.RELEASED, WHY, by, at)
        for link in fit:
            if link.hash not in out:
                accesses.note(
                    connection, at=at, account=by, action="quarantine.recheck", subject=link.change.ref, why=WHY
                )
        return len(entered)


WHY = "recheck"
"""The reason that stands beside what entered by itself."""


def _say_why(connection: Connection, row: Row[tuple[object, ...]], found: Objection) -> None:
    """Tell the reason of today, when it is another one."""
    said = {"reason": str(found.reason), "field": found.field, "sentence": found.sentence}
    if any(getattr(row, name) != value for name, value in said.items()):
        connection.execute(_quarantine.update().where(_quarantine.c.id == row.id).values(**said))
