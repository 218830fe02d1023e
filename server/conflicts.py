"""Decisions about conflicts: a change of CENTRAL on top of everything that is known of the record, with a reason.

* Resolving deletes nothing: the other candidates stay in the record's history, and a later decision can go back.
* Whoever decides says what they saw (`seen`); if another reviewer was faster, they are told so and nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection

import orjson
from sqlalchemy import Connection, select

from itinerant.domain.fields import VOID, Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.log.change import Draft, order
from itinerant.log.merge import Conflict, Decision, before, decisions
from itinerant.texts import _
from server import central, ledger, records
from server.access import accesses
from server.office import Office
from server.tables import AccessRow, table

RESOLVE, UNDO = "conflict.resolve", "conflict.undo"
SHOWN = 200
"""Of the office's decisions, how many are listed: the latest."""

_access = table(AccessRow)


def resolve(
    office: Office, record: str, field: str, value: Value, why: str, *, by: str, seen: Collection[str] = ()
) -> str:
    """Settle one field of a record; answers with the change that did it. `value` need not be a candidate's.

    `seen`: the candidates' changes that were shown. Raises `UserError` without a reason, for a field that is not in
    conflict (code `no_conflict`), for other candidates than those seen (`changed_meanwhile`), or for a value that the
    field cannot have.
    """
    with office.database.writer() as connection:
        ledger.lock(connection)
        known = central.read(connection, record)
        found = next((conflict for conflict in known.conflicts if conflict.field == field), None)
        if found is None:
            raise _gone(connection, record, field)
        if seen and set(seen) != {item.change for item in found.candidates}:
            raise _changed(record, field)
        return _decide(connection, office, Draft(known.kind, {field: value}, record, known.heads, why), by, RESOLVE)


def undo(office: Office, record: str, field: str, why: str, *, by: str, seen: str = "") -> str:
    """Take back the decision that stands about a field, whoever took it; answers with the change that did it.

    `seen`: the deciding change that was shown. Raises `UserError` without a reason, or when no decision stands any
    more (code `no_decision`), or another one (`changed_meanwhile`).
    """
    with office.database.writer() as connection:
        ledger.lock(connection)
        known = central.read(connection, record)
        found = next((one for one in decided(connection, record) if one.conflict.field == field), None)
        if found is None:
            raise UserError(
                _("No hay una decisión que deshacer en «{field}» de {record}.").format(field=field, record=record),
                place=record,
                code="no_decision",
            )
        if seen and seen != found.change.ref:
            raise _changed(record, field)
        back = Draft(known.kind, {field: before(found)}, record, known.heads, why)
        return _decide(connection, office, back, by, UNDO)


def decided(connection: Connection, record: str = "") -> list[Decision]:
    """The decisions that stand about a record; without one, about the records that the office decided on last."""
    refs = [record] if record else _last_decided(connection)
    placed = records.load(connection, refs)
    known = [[item.change for item in placed[ref]] for ref in refs if ref in placed]
    return [one for changes in known for one in decisions(changes)]


def _last_decided(connection: Connection) -> list[str]:
    ours = _access.c.action == RESOLVE
    subjects = connection.scalars(select(_access.c.subject).where(ours).order_by(_access.c.id.desc()).limit(SHOWN))
    return list(dict.fromkeys(subject.partition(" ")[0] for subject in subjects))


def _decide(connection: Connection, office: Office, draft: Draft, by: str, action: str) -> str:
    ((field, value),) = draft.set.items()
    if not draft.why.strip():
        raise UserError(_("Diga el motivo con --why."), place="why", code="required")
    for problem in KINDS[draft.kind].problems(draft.set, partial=True):
        raise UserError(problem.sentence, place=problem.field, code=problem.code)
    if field == VOID and not isinstance(value, bool):
        raise UserError(_("«void» es true o false."), place=field)
    link = central.write(connection, office, [draft], by=by)[0]
    at = office.now_ms()
    accesses.note(connection, at=at, account=by, action=action, subject=f"{draft.record} {field}", why=draft.why)
    return link.change.ref


def _gone(connection: Connection, record: str, field: str) -> UserError:
    sentence = _("«{field}» de {record} no está en conflicto.").format(field=field, record=record)
    found = next((one for one in decided(connection, record) if one.conflict.field == field), None)
    if found is not None:
        value = orjson.dumps(found.change.set[field]).decode()
        sentence = _("«{field}» de {record} ya lo decidió {who}: {value} ({change}).").format(
            field=field, record=record, who=found.change.by, value=value, change=found.change.ref
        )
    return UserError(sentence, next_step=_("No se cambió nada."), place=record, code="no_conflict")


def _changed(record: str, field: str) -> UserError:
    return UserError(
        _("«{field}» de {record} cambió mientras usted decidía.").format(field=field, record=record),
        safe=_("No se cambió nada."),
        next_step=_("Mírelo de nuevo y decida con lo que hay ahora."),
        place=record,
        code="changed_meanwhile",
    )


def as_dict(one: Decision) -> dict[str, object]:
    """A decision as commands and the API tell it."""
    conflict: Conflict = one.conflict
    return {
        "record": conflict.record,
        "kind": conflict.kind,
        "field": conflict.field,
        "base": conflict.base,
        "provisional": conflict.provisional,
        "candidates": [{"value": c.value, "change": c.change, "by": c.by, "at": c.at} for c in conflict.candidates],
        "value": one.change.set[conflict.field],
        "change": one.change.ref,
        "device": order(one.change.ref)[0],
        "by": one.change.by,
        "at": one.change.at,
        "why": one.change.why,
        "undo": before(one),
    }
