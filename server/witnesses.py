"""Laptops as witnesses of the ledger: they are shown that it only grew, and what they cosign is kept.

* Nothing is judged when it arrives: a cosignature that is not of this ledger says that the laptop was shown another
  one, or that this one was rewritten, and must not be lost.
* Proofs are made of the rows as they are. Where those were altered, the proof fails at the laptop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from itinerant.errors import Damaged, StoreProblem
from itinerant.log import notes
from itinerant.log.canonical import HASH_SIZE
from itinerant.log.notes import Checkpoint
from itinerant.log.tree import Fetch, consistency_proof, root
from itinerant.sync import keys
from itinerant.sync.testimony import SIGNATURE_SIZE, Proofs, Shown, Testimony
from server import ledger
from server.ledger import Ledger
from server.office import Office
from server.tables import RECORDS, WitnessRow, table

FOREVER = 2**62

_witness = table(WitnessRow)


@dataclass(frozen=True, slots=True)
class Witness:
    """What a laptop cosigned last: `cosignature` over the checkpoint of `size` leaves, which came at `received_at`."""

    device: str
    size: int
    cosignature: bytes
    received_at: int


def keep(connection: Connection, device: str, said: Testimony, at: int) -> None:
    """Keep a cosignature that a parcel brought; the same size again changes nothing."""
    if not said.cosignature:
        return
    here = (_witness.c.device == device) & (_witness.c.size == said.size)
    if connection.execute(select(_witness.c.size).where(here)).first() is None:
        row = {"device": device, "size": said.size, "cosignature": said.cosignature, "received_at": at}
        connection.execute(_witness.insert().values(**row))


def show(connection: Connection, asks: Sequence[int]) -> tuple[Shown | None, Proofs]:
    """The checkpoint that a laptop asks for, with the proof from each size that it named; nothing when it asks nothing.

    A size beyond the ledger's end gets no proof: the laptop sees that the ledger became shorter. A checkpoint that is
    none any more is shown as it can be: the laptop sees that nobody signed it.
    """
    end = ledger.read(connection) if asks else None
    if end is None or not end.size:
        return None, {}
    try:
        shown = Shown.of(end.checkpoint)
    except Damaged:
        shown = Shown(end.size, bytes(HASH_SIZE), bytes(SIGNATURE_SIZE))
    fetch = ledger.fetcher(connection)
    return shown, {size: consistency_proof(size, end.size, fetch) for size in asks if 0 < size < end.size}


def latest(connection: Connection, *, size: int, before: int = FOREVER) -> list[Witness]:
    """What each laptop cosigned last of the first `size` leaves and before an instant (ms), by device."""
    within = (_witness.c.received_at < before) & (_witness.c.size <= size)
    newest = select(_witness).order_by(_witness.c.received_at.desc(), _witness.c.size.desc()).limit(1)
    devices = connection.scalars(select(_witness.c.device).where(within).distinct().order_by(_witness.c.device))
    rows = [connection.execute(newest.where(within, _witness.c.device == device)).one() for device in devices.all()]
    return [Witness(*row) for row in rows]


def note(office: Office, one: Witness, sign_key: bytes, fetch: Fetch) -> str:
    """The checkpoint that a laptop cosigned, as this ledger has it, signed by the office and with the laptop's line."""
    checkpoint = Checkpoint(office.settings.origin, one.size, root(one.size, fetch))
    by = notes.witness(office.settings.origin, one.device, sign_key)
    return notes.with_cosignature(checkpoint.sign(office.keys.sign), by, one.cosignature)


def strangers(connection: Connection, office: Office, end: Ledger) -> Iterator[Witness]:
    """The laptops whose last word is of another ledger than this one, or of more of it than there is."""
    fetch = ledger.fetcher(connection)
    device = RECORDS["device"]
    for one in latest(connection, size=FOREVER):
        key = connection.scalar(select(device.c.sign_key).where(device.c.code == one.device, ~device.c.void))
        if one.size > end.size or not key or not _is_of(office, one, key, fetch):
            yield one


def _is_of(office: Office, one: Witness, key: str, fetch: Fetch) -> bool:
    by = notes.witness(office.settings.origin, one.device, keys.decode(key))
    try:
        checkpoint = Checkpoint(office.settings.origin, one.size, root(one.size, fetch))
    except StoreProblem:  # leaves are missing: it is not the ledger that was seen
        return False
    return by.accepts(checkpoint.text, one.cosignature)
