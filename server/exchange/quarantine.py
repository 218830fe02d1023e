"""What waits for a person: release it into the ledger, or discard it for good. Both need a reason and are logged.

A released change enters the ledger at its end; a discarded one stays kept, out of everything.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, select

from itinerant.errors import UserError
from itinerant.log.chain import Link
from itinerant.log.change import Change
from itinerant.texts import _
from server import ledger
from server.access import accesses
from server.exchange.admission import Run, admit
from server.exchange.checks import judge
from server.laptops import rejoin
from server.laptops.devices import Device
from server.office import Office
from server.tables import ChangeRow, QuarantineRow, table

TAKEN = "taken"
"""Code of the refusal for a copied laptop's change whose number is another change's in the ledger."""

RELEASED, DISCARDED = "released", "discarded"

_quarantine = table(QuarantineRow)
_change = table(ChangeRow)


def release(office: Office, item: int, why: str, *, by: str) -> str:
    """Let a waiting change (its number in the list) into the ledger; answers with the change's reference.

    A person may overrule the guard, a fork or a revocation. Raises `UserError` while the ledger could not hold it.
    """
    with office.database.writer() as connection:
        end = ledger.lock(connection)
        row = _waiting(connection, item)
        link = Link(Change.from_bytes(row.data), row.data, row.hash.hex())
        ref = link.change.ref
        against = judge([link], overruled=True)[0]
        if against is not None:
            raise UserError(against.sentence, next_step=_("Sigue en cuarentena."), place=against.field or ref)
        if is_taken(connection, link.change):
            raise UserError(
                _("El registro ya tiene otro cambio {ref}.").format(ref=ref),
                next_step=_("Vuelva a anotarlo en la laptop nueva."),
                place=ref,
                code=TAKEN,
            )
        device = Device.find(connection, link.change.device)
        at = office.now_ms()
        run = Run(link.change.device, device.brigade if device else "", [link], [None], row.branch, at, waiting=True)
        if not admit(connection, office, end, run).accepted:
            raise UserError(_("El cambio no corresponde al registro que corrige."), place=ref)
        decide(connection, [item], RELEASED, why, by, at)
        accesses.note(connection, at=at, account=by, action="quarantine.release", subject=ref, why=why)
    return ref


def discard(office: Office, item: int, why: str, *, by: str) -> str:
    """Leave a waiting change out for good; it stays kept. Answers with the change's reference."""
    with office.database.writer() as connection:
        row = _waiting(connection, item)
        ref = f"{row.device}-{row.seq}"
        at = office.now_ms()
        decide(connection, [item], DISCARDED, why, by, at)
        accesses.note(connection, at=at, account=by, action="quarantine.discard", subject=ref, why=why)
    return ref


def _waiting(connection: Connection, item: int) -> Row[tuple[object, ...]]:
    successor = rejoin.successor_of(connection, item)
    if successor and not rejoin.brings_nothing(connection, successor):
        raise UserError(
            _("La laptop, que ahora es {device}, vuelve a enviar este cambio: no se cuenta dos veces.").format(
                device=successor
            ),
            next_step=_("No hace falta decidir nada."),
            place=str(item),
            code=rejoin.REENTERED,
        )
    row = connection.execute(select(_quarantine).where(_quarantine.c.id == item)).first()
    if row is None or (row.decision and not successor):
        raise UserError(_("No hay nada en cuarentena con el número {n}.").format(n=item), place=str(item))
    return row


def is_taken(connection: Connection, change: Change) -> bool:
    """Whether the ledger has a change under that number already."""
    here = (_change.c.device == change.device) & (_change.c.seq == change.seq)
    return connection.execute(select(_change.c.position).where(here)).first() is not None


def decide(connection: Connection, items: Sequence[int], decision: str, why: str, by: str, at: int) -> None:
    """Write down what was decided on changes in quarantine. Raises `UserError` without a reason."""
    if not why.strip():
        raise UserError(_("Diga el motivo con --why."), place="why")
    decided = {"decision": decision, "decided_at": at, "decided_by": by, "why": why}
    connection.execute(_quarantine.update().where(_quarantine.c.id.in_(items)).values(**decided))
