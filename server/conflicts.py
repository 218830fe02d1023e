"""Decisions about conflicts: a change of CENTRAL on top of everything that is known of the record, with a reason.

Resolving deletes nothing: the other candidates stay in the record's history, and a later decision can go back.
"""

from __future__ import annotations

from itinerant.domain.fields import VOID, Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.log.change import Draft
from itinerant.texts import _
from server import accesses, central
from server.office import Office


def resolve(office: Office, record: str, field: str, value: Value, why: str, *, by: str) -> str:
    """Settle one field of a record; answers with the change that did it. `value` need not be a candidate's.

    Raises `UserError` without a reason, for a field that is not in conflict, or for a value that it cannot have.
    """
    if not why.strip():
        raise UserError(_("Diga el motivo con --why."), place="why")
    with office.database.writer() as connection:
        known = central.read(connection, record)
        if field not in {conflict.field for conflict in known.conflicts}:
            raise UserError(
                _("«{field}» de {record} no está en conflicto.").format(field=field, record=record), place=record
            )
        for problem in KINDS[known.kind].problems({field: value}, partial=True):
            raise UserError(problem.sentence, place=problem.field, code=problem.code)
        if field == VOID and not isinstance(value, bool):
            raise UserError(_("«void» es true o false."), place=field)
        draft = Draft(known.kind, {field: value}, record=record, base=known.heads, why=why)
        link = central.write(connection, office, [draft], by=by)[0]
        at = office.now_ms()
        accesses.note(connection, at=at, account=by, action="conflict.resolve", subject=f"{record} {field}", why=why)
    return link.change.ref
