"""Sync by stick: the same parcels and receipts, carried in a folder.

* Writing takes nothing away: until a receipt covers them, changes stay pending and may travel again by any road.
* Reading verifies every receipt before the first is applied; a damaged or foreign file never blocks the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.errors import Damaged
from itinerant.sync import folder, receipt
from itinerant.sync.engine import make_parcel, read_receipt
from itinerant.sync.pace import MAX_CHANGES
from itinerant.sync.receipt import Receipt

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: files, changes in them, bytes."""

    files: Sequence[Path]
    changes: int
    size: int


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: receipts applied, own changes that they newly cover, changes of others that they brought,
    receipts for other laptops, and what was wrong with the rest."""

    receipts: int = 0
    sent: int = 0
    received: int = 0
    foreign: int = 0
    damaged: Sequence[Damaged] = field(default=())


def write_parcels(laptop: Laptop, place: Path, now_ms: int) -> Written:
    """Write everything that no receipt covers into `place`; an idle parcel, which asks for news, when nothing is.

    `now_ms`: the laptop's clock. Raises `StoreProblem` when the stick does not take it.
    """
    since, head = laptop.sync_state.received_upto, laptop.head
    files: list[Path] = []
    changes = size = 0
    while True:
        links = laptop.links_since(since, MAX_CHANGES)
        data = make_parcel(laptop, since, links, now_ms)
        files.append(folder.write(place, data, folder.PARCELS))
        changes, size, since = changes + len(links), size + len(data), since + len(links)
        if not links or since >= head.seq:
            return Written(files, changes, size)


def read_receipts(laptop: Laptop, place: Path) -> Read:
    """Apply every receipt for this laptop that `place` holds, oldest first.

    Raises `StoreProblem` when the stick cannot be read, `Damaged` (`fork`, `restored`) when a genuine receipt speaks
    of another log than ours.
    """
    mine: list[Receipt] = []
    damaged: list[Damaged] = []
    foreign = 0
    for _path, data in folder.read_all(place, folder.RECEIPTS):
        if isinstance(data, Damaged):
            damaged.append(data)
            continue
        try:
            header, _sealed = receipt.peek(data)
            if header.to == laptop.device:
                mine.append(read_receipt(laptop, data))
            else:
                foreign += 1
        except Damaged as error:
            damaged.append(error)
    before = laptop.sync_state.received_upto
    for one in sorted(mine, key=lambda one: (one.header.have, one.header.head.seq, one.header.at)):
        laptop.apply_receipt(one)
    return Read(
        receipts=len(mine),
        sent=max(0, laptop.sync_state.received_upto - before),
        received=sum(len(one.changes) for one in mine),
        foreign=foreign,
        damaged=damaged,
    )
