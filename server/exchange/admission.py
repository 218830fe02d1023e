"""The only writer of changes: into ledger, records and conflicts together, or into quarantine.

* `admit` works inside the caller's transaction and under the ledger's lock; it commits nothing itself.
* A change's scope, the brigade whose laptops receive it, is fixed here: a laptop's own brigade; for the office's, the
  brigade that the record names, empty (all) when it names none or has just moved to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from sqlalchemy import Connection

from itinerant.domain.kinds import KINDS
from itinerant.domain.people import CENTRAL
from itinerant.log.chain import Link
from itinerant.log.change import Change, order
from itinerant.log.merge import merge
from itinerant.texts import _
from server import ledger, records
from server.exchange.checks import Objection, Reason, objection
from server.laptops.devices import brigades_of
from server.ledger import Ledger
from server.office import Office
from server.records import Placed
from server.tables import ChangeRow, QuarantineRow, table

BRIGADE = "brigade"

_change = table(ChangeRow)
_quarantine = table(QuarantineRow)


@dataclass(frozen=True, slots=True)
class Run:
    """Changes of one author to admit, each with what stands against it. `scope` overrides the office's own rule.

    `waiting`: they are in quarantine already, and what does not enter simply stays there.
    """

    device: str
    brigade: str
    links: Sequence[Link]
    objections: Sequence[Objection | None]
    branch: int
    at: int
    scope: str | None = None
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of a run: how many entered, what did not and why, and the ledger's new end."""

    accepted: int
    aside: Sequence[tuple[Link, Objection]]
    end: Ledger


def admit(connection: Connection, office: Office, end: Ledger, run: Run) -> Admitted:
    """Write a run. The caller holds the ledger's lock and has placed the run in its author's chain."""
    earlier, fresh, leaves, aside = _sort(connection, run)
    hashes = [bytes.fromhex(link.hash) for link in leaves]
    device, at = run.device, run.at
    rows = [
        (position, device, link.change.seq, link.change.record, placed.creates, link.change.kind, placed.scope,
         digest, link.data, at)
        for position, placed, link, digest in zip(count(end.size), fresh, leaves, hashes, strict=False)
    ]  # fmt: skip
    database = office.database
    database.insert(connection, _change, rows)
    if not run.waiting:
        database.insert(connection, _quarantine, [_aside(link, found, run) for link, found in aside])
    records.write(connection, database, fresh, earlier, at)
    end = ledger.extend(connection, end, hashes, office.keys, office.settings)
    return Admitted(len(fresh), aside, end)


def _sort(
    connection: Connection, run: Run
) -> tuple[records.Earlier, list[Placed], list[Link], list[tuple[Link, Objection]]]:
    """What the ledger holds of the records touched; the changes that enter it, placed and as links; those set aside."""
    arrivals = [(link, link.change.creates, against) for link, against in zip(run.links, run.objections, strict=True)]
    made = [link.change.record for link, creates, against in arrivals if creates and against is None]
    amended = {link.change.record for link, creates, against in arrivals if not creates and against is None}
    earlier = records.load(connection, amended | records.awaited(connection, made))
    neighbours = _Neighbours(connection, run, earlier, amended)
    plain = run.device != CENTRAL
    fresh: list[Placed] = []
    leaves: list[Link] = []
    aside: list[tuple[Link, Objection]] = []
    for link, creates, against in arrivals:
        change = link.change
        if against is None and plain and creates and change.record not in amended:
            fresh.append(Placed(change, run.brigade, True))
            leaves.append(link)
            continue
        found = against or neighbours.objection(change, creates)
        if found is None:
            fresh.append(neighbours.placed(change, creates))
            leaves.append(link)
        else:
            aside.append((link, found))
    return earlier, fresh, leaves, aside


class _Neighbours:
    """The rules that need other changes: one kind a record, a brigade's records for that brigade, scopes."""

    def __init__(self, connection: Connection, run: Run, earlier: records.Earlier, amended: set[str]) -> None:
        self._run = run
        self._seen = {ref: list(placed) for ref, placed in earlier.items()}
        owners = {order(ref)[0] for ref in amended - earlier.keys()} - {run.device, CENTRAL}
        self._brigades = brigades_of(connection, owners) if owners else {}

    def objection(self, change: Change, creates: bool) -> Objection | None:
        """What stands against a change beside others. Changes are asked about in the order of their log."""
        if creates:
            return None
        seen = self._seen.get(change.record, ())
        creation = next((placed for placed in seen if placed.creates), None)
        known = creation or next(iter(seen), None)
        if known is not None and known.change.kind != change.kind:
            return Objection(Reason.SCHEMA, _("El registro {ref} es de otra clase.").format(ref=change.record))
        owner = order(change.record)[0]
        if owner == CENTRAL and creation is None:
            return Objection(Reason.SCHEMA, _("El registro {ref} no existe.").format(ref=change.record))
        if self._run.device in {owner, CENTRAL}:
            return None
        scope = creation.scope if creation else self._brigades.get(owner)
        return None if scope in {None, "", self._run.brigade} else objection(Reason.SCOPE)

    def placed(self, change: Change, creates: bool) -> Placed:
        """An admitted change with its scope; later changes of the run see it."""
        scope = self._run.brigade if self._run.device != CENTRAL else self._central_scope(change, creates)
        placed = Placed(change, scope, creates)
        self._seen.setdefault(change.record, []).append(placed)
        return placed

    def _central_scope(self, change: Change, creates: bool) -> str:
        if self._run.scope is not None:
            return self._run.scope
        if creates:
            return str(change.set.get(BRIGADE) or "")
        seen = self._seen[change.record]
        if BRIGADE not in KINDS[change.kind].by_name:
            return next((placed.scope for placed in seen if placed.creates), seen[0].scope)
        before = merge(placed.change for placed in seen).values.get(BRIGADE)
        moved = BRIGADE in change.set and change.set[BRIGADE] != before
        return "" if moved else str(before or "")


def _aside(link: Link, found: Objection, run: Run) -> tuple[object, ...]:
    change = link.change
    return (
        run.device,
        change.seq,
        run.branch,
        bytes.fromhex(link.hash),
        change.record,
        change.kind,
        str(found.reason),
        found.field,
        found.sentence,
        link.data,
        run.at,
        "",
        None,
        "",
        "",
    )
