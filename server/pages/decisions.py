"""Conflicts and possible duplicates: both values side by side, a decision with a reason, and the way back."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Form
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from itinerant.domain.fields import VOID, Field, Kind, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.domain.words import NotUnderstood
from itinerant.errors import UserError
from itinerant.texts import N_, _
from server import central, conflicts, duplicates
from server.pages import forms
from server.pages.page import Decider, Reader, go, office_of, show
from server.queries import lists, state

router = APIRouter()
Text = Annotated[str, Form()]

VOIDED = Field(VOID, Type.BOOLEAN, N_("Anulado"))
OTHER = "otro"
_SHOWN = 200


async def _sent(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=50)


Sent = Annotated[FormData, Depends(_sent)]


def field_of(kind: str, name: str) -> Field:
    """The declaration of a field, or of being annulled. Raises `UserError` for a field that the kind lacks."""
    field = VOIDED if name == VOID else KINDS[kind].by_name.get(name)
    if field is None:
        raise UserError(_("Este campo no existe en el formulario."), place=name[:40], code="unknown_field")
    return field


@router.get("/diferencias")
def waiting(request: Request, _me: Reader, scope: str = "", clase: str = "", dicho: str = "") -> Response:
    """Open conflicts, the oldest first; and the decisions that were taken last."""
    with office_of(request).database.reader() as connection:
        found = [
            one for one in state.conflicts(connection) if scope in ("", one["scope"]) and clase in ("", one["kind"])
        ]
        done = conflicts.decided(connection)
        brigades = lists.names(connection, "brigade")
        named = {kind: lists.names(connection, kind) for kind in ("service", "brigade")}
    return show(
        request,
        "conflicts.html",
        conflicts=found[:_SHOWN],
        count=len(found),
        done=done,
        brigades=brigades,
        scope=scope,
        kind_asked=clase,
        kinds=KINDS,
        field_of=field_of,
        names=named,
        said=_("Decidido: {change}.").format(change=dicho[:20]) if dicho else "",
    )


@router.get("/diferencias/{ref}/{name}")
def one(request: Request, _me: Reader, ref: str, name: str) -> Response:
    """One conflict: what it was, what each wrote, who and when."""
    return _page(request, ref, name)


@router.post("/diferencias/{ref}/{name}")
def decide(request: Request, me: Decider, ref: str, name: str, sent: Sent) -> Response:
    """Take one of the values, or a third, with a reason."""
    office = office_of(request)
    seen, why = [str(each) for each in sent.getlist("visto")], str(sent.get("why", ""))
    with office.database.reader() as connection:
        kind = central.read(connection, ref).kind
    try:
        value = _chosen(field_of(kind, name), sent)
        change = conflicts.resolve(office, ref, name, value, why, by=me.code, seen=seen)
    except (NotUnderstood, UserError) as error:
        if isinstance(error, UserError) and error.code in ("no_conflict", "changed_meanwhile"):
            raise
        words = error if isinstance(error, UserError) else UserError(str(error), place=name)
        return _page(request, ref, name, words)
    return go(f"/diferencias?dicho={change}")


@router.post("/diferencias/{ref}/{name}/deshacer")
def undo(request: Request, me: Decider, ref: str, name: str, why: Text, visto: Text) -> Response:
    """Take a decision back."""
    change = conflicts.undo(office_of(request), ref, name, why, by=me.code, seen=visto)
    return go(f"/diferencias?dicho={change}")


@router.get("/duplicados")
def proposed(request: Request, _me: Reader, dicho: str = "") -> Response:
    """Attentions that two laptops may have logged twice."""
    office = office_of(request)
    found = duplicates.listed(office, at_once=False)
    with office.database.reader() as connection:
        behind = duplicates.behind(connection)
        sides = [tuple(lists.one(connection, str(one[side])) for side in ("first", "second")) for one in found[:_SHOWN]]
        named = {kind: lists.names(connection, kind) for kind in ("service", "resource")}
    return show(
        request,
        "duplicates.html",
        pairs=[(first[0], second[0]) for first, second in sides if first and second],
        count=len(found),
        behind=behind,
        kind=KINDS["session"],
        names=named,
        said=_("Quedó anotado.") if dicho else "",
    )


@router.post("/duplicados")
def settle(request: Request, me: Decider, una: Text, otra: Text, decision: Text, why: Text) -> Response:
    """Annul `una`, which repeats `otra`; or note that they are two."""
    office = office_of(request)
    if decision == "confirm":
        duplicates.confirm(office, una, otra, why, by=me.code)
    elif decision == "dismiss":
        duplicates.dismiss(office, una, otra, why, by=me.code)
    else:
        raise UserError(_("Falta un dato, o no tiene la forma debida."), place="decision")
    return go("/duplicados?dicho=1")


def _page(request: Request, ref: str, name: str, error: UserError | None = None) -> Response:
    with office_of(request).database.reader() as connection:
        known = central.read(connection, ref)
        found = next((each for each in known.conflicts if each.field == name), None)
        named = {kind: lists.names(connection, kind) for kind in ("service", "resource", "brigade", "ally")}
    if found is None:
        raise UserError(
            _("«{field}» de {record} no está en conflicto.").format(field=name[:40], record=ref[:20]),
            next_step=_("Quizá otra persona ya lo decidió: mire la historia del registro."),
            code="no_conflict",
        )
    field = field_of(known.kind, name)
    (control,) = forms.inputs(Kind("", "", "", (field,)), {name: ""}, names=named)
    return show(
        request,
        "conflict.html",
        status=200 if error is None else 400,
        record=known,
        kind=KINDS[known.kind],
        conflict=found,
        field=field,
        control=control,
        names=named,
        error=error,
        OTHER=OTHER,
    )


def _chosen(field: Field, sent: FormData) -> Value:
    """The value of the candidate that was chosen (its JSON), or the one that was typed."""
    chosen = str(sent.get("valor", ""))
    if chosen != OTHER:
        try:
            value: Value = orjson.loads(chosen)
        except orjson.JSONDecodeError as error:
            raise UserError(_("Elija un valor."), place=field.name) from error
        return value
    values, problems = forms.read(
        Kind("", "", "", (field,)), {field.name: [str(text) for text in sent.getlist(field.name)]}
    )
    if problems:
        raise UserError(problems[0].sentence, place=field.name)
    return values.get(field.name)
