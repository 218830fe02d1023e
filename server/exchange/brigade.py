"""What a laptop is told of the others of its brigade, so that they share their work by stick with no office between.

* Their public keys and states: a parcel is believed by its author's key, and sealed to its reader's.
* Which of their changes wait in quarantine or were discarded: whoever holds such a change by stick leaves it out, as
  every record here does. Once released, a change is in the ledger, and receipts bring it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, select

from itinerant.sync.standing import MAX_LISTED, Peer, SetAside
from server.exchange.quarantine import RELEASED
from server.laptops.devices import Device
from server.tables import RECORDS, ChangeRow, QuarantineRow, table

_change = table(ChangeRow)
_device = RECORDS["device"]
_quarantine = table(QuarantineRow)


def _runs() -> Select[Any]:
    """Device, first and last of each run of changes that stay out of the ledger, of the laptops in `told`."""
    here = exists().where(and_(_change.c.device == _quarantine.c.device, _change.c.seq == _quarantine.c.seq))
    theirs = _quarantine.c.device.in_(bindparam("told", expanding=True))
    out = theirs & (_quarantine.c.decision != RELEASED) & ~here
    each = select(_quarantine.c.device, _quarantine.c.seq).where(out).distinct().subquery()
    # Numbers in a row, less their place in the row, are all the same: that names the run.
    place = func.row_number().over(partition_by=each.c.device, order_by=each.c.seq)
    run = select(each.c.device, each.c.seq, (each.c.seq - place).label("run")).subquery()
    first, last = func.min(run.c.seq), func.max(run.c.seq)
    whole = select(run.c.device, first, last).group_by(run.c.device, run.c.run)
    return whole.order_by(last.desc(), run.c.device).limit(MAX_LISTED)


_RUNS = _runs()
_PEERS = (
    select(_device.c.code, _device.c.sign_key, _device.c.seal_key, _device.c.state)
    .where(_device.c.brigade == bindparam("of"), _device.c.code != bindparam("mine"), ~_device.c.void)
    .where(_device.c.sign_key != "", _device.c.seal_key != "")
    .order_by(_device.c.code)
    .limit(MAX_LISTED)
)


def peers(connection: Connection, device: Device) -> list[Peer]:
    """The other laptops of the brigade that were ever enrolled, by code."""
    return [Peer(*row) for row in connection.execute(_PEERS, {"of": device.brigade, "mine": device.code})]


def set_aside(connection: Connection, told: list[Peer]) -> list[SetAside]:
    """The changes of these laptops that the office does not count, as runs; the latest ones when there are too many."""
    if not told:
        return []
    return sorted(SetAside(*row) for row in connection.execute(_RUNS, {"told": [peer.code for peer in told]}))
