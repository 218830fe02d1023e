"""A laptop takes a new code: which of its former changes enter the ledger again, under which numbers.

* The office must have the whole log that the laptop names: only then is it known what of it was accepted, on whichever
  branch, and each attention counts once.
* What waits as a fork's or as a revoked laptop's is given to the new code and can be released no more: its laptop
  sends it again. So is what waits for another reason under a number that a copy took; it will wait again. What was
  discarded under such a number is dropped, with what corrects it.
* The former code is retired. A second copy of the laptop may take another new code after the first, the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, func, or_, select

from itinerant.domain.fields import Value
from itinerant.errors import Refused
from itinerant.log.chain import START, Head
from itinerant.sync.former import Former, FormerLog, Moved, runs
from itinerant.texts import _
from server import central, records
from server.exchange import chains
from server.exchange.chains import MAIN
from server.exchange.checks import Reason
from server.laptops.devices import GONE, RETIRED, Device
from server.office import Office
from server.tables import ChangeRow, QuarantineRow, table

REENTERED = "reentered"
"""The decision on a change that its laptop sends again under the code that `why` names."""

NOT_HERE = "former_unknown"
"""Code of the refusal of a laptop whose former log is not all here: its parcels come first."""

_AGAIN = (str(Reason.FORK), str(Reason.REVOKED))

_change = table(ChangeRow)
_quarantine = table(QuarantineRow)


@dataclass(frozen=True, slots=True)
class _Aside:
    """A change of the former log that is in quarantine."""

    item: int
    seq: int
    reason: str
    decision: str
    successor: str
    record: str


@dataclass(frozen=True, slots=True)
class _Log:
    """The part of a laptop's log that has something in quarantine: what of it waits, and what the ledger has."""

    low: int
    aside: Sequence[_Aside]
    accepted: frozenset[int]
    taken: frozenset[int]
    """Numbers under which the ledger has a change, be it this log's or a copy's."""


def take_over(
    connection: Connection, office: Office, device: Device, former: FormerLog | None, *, by: str
) -> tuple[Former, int]:
    """Retire the code that `device` replaces and decide on its log, inside the caller's transaction.

    Answers with what the laptop is told, and the ledger's position from which it has something to pull. Raises
    `Refused` for a request that names another log, or one that is not all here.
    """
    before = Device.find(connection, device.replaces)
    if former is None or before is None or former.device != device.replaces:
        raise _other_log(device)
    log = _log(connection, former.device, former.head)
    if log is None:
        raise _not_here(former)
    places = list(_places(connection, device.code, former.device, log))
    mine = [seq for seq, code, _start in places if code == device.code]
    items = [one.item for one in log.aside if one.seq in set(mine) and not one.decision]
    decided = {"decision": REENTERED, "decided_at": office.now_ms(), "decided_by": by, "why": device.code}
    for chunk in records.chunks(items):
        connection.execute(_quarantine.update().where(_quarantine.c.id.in_(chunk)).values(**decided))
    _retire(connection, office, before, device.code, by)
    have = min(former.have, _first_unknown(connection, former, log))
    return Former(former.device, former.head.seq, runs(places)), have


def successor_of(connection: Connection, item: int) -> str:
    """The code under which a change in quarantine was sent again; empty when it was not."""
    row = connection.execute(select(_quarantine.c.decision, _quarantine.c.why).where(_quarantine.c.id == item)).first()
    return row.why if row is not None and row.decision == REENTERED else ""


def brings_nothing(connection: Connection, code: str) -> bool:
    """Whether the laptop of that code is gone before anything of it arrived: what it took over is nobody's again."""
    device = Device.find(connection, code)
    heads = chains.branches(connection, code)
    return device is not None and device.state in GONE and heads.get(MAIN, START) == START


def _log(connection: Connection, device: str, head: Head) -> _Log | None:
    """Walk the log back from its head through ledger and quarantine; None when the head is not here.

    Below the lowest number in quarantine there is one log only, and all of it was accepted.
    """
    upto = head.seq
    mine = (_quarantine.c.device == device) & (_quarantine.c.seq <= upto)
    aside = {(row.seq, row.hash): row for row in connection.execute(select(_quarantine).where(mine))}
    low = min((seq for seq, _hash in aside), default=max(upto, 1))
    accepted = {
        (seq, digest): data
        for seq, digest, data in connection.execute(
            select(_change.c.seq, _change.c.hash, _change.c.data).where(
                _change.c.device == device, _change.c.seq.between(low, upto)
            )
        )
    }
    here, waits = set[int](), list[_Aside]()
    digest = bytes.fromhex(head.hash)
    for seq in range(upto, low - 1, -1):
        data = accepted.get((seq, digest))
        if data is not None:
            here.add(seq)
        elif (seq, digest) in aside:
            row = aside[seq, digest]
            data = row.data
            waits.append(_Aside(row.id, seq, row.reason, row.decision, row.why, row.record))
        else:
            return None
        digest = bytes.fromhex(orjson.loads(data)["prev"])
    return _Log(low, waits[::-1], frozenset(here), frozenset(seq for seq, _hash in accepted))


def _places(connection: Connection, code: str, former: str, log: _Log) -> Iterator[tuple[int, str, int]]:
    """Where each change of the log that is not in the ledger goes: number, new device, new number."""
    count = Counter[str]()
    others = {one.successor for one in log.aside if one.decision == REENTERED} - {code}
    ranks = _ranks(connection, former, others)
    dropped: set[str] = set()
    for one in log.aside:
        waits = not one.decision and (one.reason in _AGAIN or one.seq in log.taken)
        if one.record in dropped or (one.decision not in ("", REENTERED) and one.seq in log.taken):
            dropped.add(f"{former}-{one.seq}")
            yield one.seq, "", 0
        elif waits or (one.decision == REENTERED and one.successor == code):
            count[code] += 1
            yield one.seq, code, count[code]
        elif one.decision == REENTERED:
            yield one.seq, one.successor, ranks[one.successor, one.seq]


def _ranks(connection: Connection, former: str, codes: Iterable[str]) -> Mapping[tuple[str, int], int]:
    """The new number of each change that went to other codes: its place among those that went there."""
    found: dict[tuple[str, int], int] = {}
    for code in sorted(codes):
        went = (_quarantine.c.device == former) & (_quarantine.c.decision == REENTERED) & (_quarantine.c.why == code)
        numbers = connection.scalars(select(_quarantine.c.seq).where(went).order_by(_quarantine.c.seq))
        found.update(((code, seq), rank) for rank, seq in enumerate(numbers, start=1))
    return found


def _first_unknown(connection: Connection, former: FormerLog, log: _Log) -> int:
    """Position of the first change in the ledger that a copy wrote under the former code: it never went there."""
    strange = [seq for seq in log.taken if seq not in log.accepted]
    theirs = or_(_change.c.seq > former.head.seq, *(_change.c.seq.in_(chunk) for chunk in records.chunks(strange)))
    first = select(func.min(_change.c.position)).where(_change.c.device == former.device, theirs)
    found: int | None = connection.execute(first).scalar_one()
    return former.have if found is None else found


def _retire(connection: Connection, office: Office, before: Device, code: str, by: str) -> None:
    """Believe nothing more under the former code; a laptop that was gone already keeps its last believed change."""
    if before.state == RETIRED:
        return
    values: dict[str, Value] = {"state": RETIRED}
    if before.state not in GONE:
        values["revoked_after"] = chains.branches(connection, before.code)[MAIN].seq
    why = _("Sigue como {device}.").format(device=code)
    central.amend(connection, office, before.record, values, by=by, why=why)


def moved_to(moved: Iterable[Moved], code: str) -> int:
    """How many changes go to that code."""
    return sum(run.last - run.first + 1 for run in moved if run.device == code)


def _other_log(device: Device) -> Refused:
    return Refused(
        _("El código de {device} es para la laptop que fue {former}.").format(
            device=device.code, former=device.replaces
        ),
        next_step=_("Úselo en esa laptop, o pida a la oficina uno para una laptop nueva."),
        place=device.code,
        code="enrolment",
    )


def _not_here(former: FormerLog) -> Refused:
    return Refused(
        _("La oficina todavía no tiene todo lo anotado como {device}.").format(device=former.device),
        safe=_("Nada se perdió: sigue en la laptop."),
        next_step=_("Envíelo primero, por la red o en la misma memoria, y repita la inscripción."),
        place=f"{former.device}-{former.head.seq}",
        code=NOT_HERE,
    )
