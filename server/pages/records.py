"""Records of every kind: lists with filters, one record with its history, and forms for what the office writes.

One engine for all kinds: what is shown and asked comes from the domain's declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from itinerant.domain.fields import VOID, Field, Kind, Problem, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.errors import UserError
from itinerant.texts import N_, _
from server import central
from server.access import accesses
from server.access.permissions import Right
from server.access.sessions import Session
from server.pages import forms
from server.pages.page import Reader, go, office_of, show
from server.queries import lists

router = APIRouter()
Text = Annotated[str, Form()]

WRITERS: Mapping[str, Right] = {
    "incident": Right.INCIDENTS,
    **dict.fromkeys(
        ("entity", "service", "segment", "cap", "campaign", "stop", "resource", "ally", "agreement", "cost", "funding",
         "training", "outreach"),
        Right.REGISTRY,
    ),
}  # fmt: skip
"""Who writes which kind by hand. The others are the field's own, or have pages of their own."""

FILTERS: Mapping[str, tuple[str, ...]] = {
    "session": ("dia_desde", "dia_hasta", "scope", "service", "outcome", "visit"),
    "visit": ("scope", "ubigeo"),
    "incident": ("scope", "state", "category"),
    "service": ("entity", "access", "stage"),
    "cost": ("scope", "nature", "category"),
    "resource": ("scope", "category", "state"),
}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "session": ("started_at", "service", "outcome", "cause", "duration_s", "visit"),
    "visit": ("opened_at", "closed_at", "ubigeo", "place", "capacity"),
    "service": ("code", "name", "entity", "access", "stage"),
}
_FEW = 6


async def _sent(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=200)


Sent = Annotated[FormData, Depends(_sent)]


@router.get("/registros")
def kinds(request: Request, _me: Reader) -> Response:
    """All kinds of records."""
    return show(request, "kinds.html", kinds=[kind for kind in KINDS.values() if kind.name not in ("staff", "device")])


@router.get("/registros/{kind}")
def listed(request: Request, me: Reader, kind: str, desde: str = "", anulados: str = "") -> Response:
    """A page of a kind's records."""
    declared = _declared(kind, me)
    asked = {name: request.query_params.get(name, "") for name in FILTERS.get(kind, ())}
    if kind == "session":  # what a figure of a report leads to
        asked |= {name: text for name, text in request.query_params.items() if name in declared.by_name}
    where = {name: text for name, text in asked.items() if text}
    with office_of(request).database.reader() as connection:
        found = lists.page(connection, kind, where, desde, voided=None if anulados else False)
        named = _names(connection, declared)
    columns = [declared.by_name[name] for name in _COLUMNS.get(kind, ())] or list(declared.fields[:_FEW])
    query = {**where, **({"anulados": "1"} if anulados else {})}
    return show(
        request,
        "records.html",
        kind=declared,
        page=found,
        columns=columns,
        names=named,
        filters=[_filter(declared, name, text, named) for name, text in asked.items()],
        more=f"/registros/{kind}?{urlencode({**query, 'desde': found.after})}" if found.after else "",
        voided=bool(anulados),
        may_write=_may_write(me, kind),
    )


@router.get("/registros/{kind}/nuevo")
def blank(request: Request, me: Reader, kind: str) -> Response:
    """A new record's form."""
    declared = _written_by(me, kind)
    return _form(request, declared, forms.blank(declared), [])


@router.post("/registros/{kind}/nuevo")
def create(request: Request, me: Reader, kind: str, sent: Sent) -> Response:
    """Make a record, as a change of the office."""
    declared = _written_by(me, kind)
    values, problems = _read(declared, sent)
    given = {name: value for name, value in values.items() if value is not None}
    problems = problems or declared.problems(given)
    if problems:
        return _form(request, declared, _texts(declared, sent), problems)
    office = office_of(request)
    with office.database.writer() as connection:
        ref = central.create(connection, office, kind, [given], by=me.code)[0]
        accesses.note(connection, at=office.now_ms(), account=me.code, action=f"{kind}.create", subject=ref)
    return go(f"/registro/{ref}")


@router.get("/registro/{ref}")
def record(request: Request, me: Reader, ref: str) -> Response:
    """One record: values, conflicts, history down to each change and its place in the ledger."""
    with office_of(request).database.reader() as connection:
        found = lists.one(connection, ref)
        if found is None:
            raise UserError(_("No hay ningún registro {ref}.").format(ref=ref[:20]), code="unknown_record")
        known, told = found
        declared = _declared(known.kind, me)
        named = _names(connection, declared)
    return show(
        request,
        "record.html",
        record=known,
        kind=declared,
        told=told,
        names=named,
        may_write=_may_write(me, known.kind),
        VOID=VOID,
    )


@router.get("/registro/{ref}/modificar")
def amend_form(request: Request, me: Reader, ref: str) -> Response:
    """A record's form, with what it says now."""
    known = _known(request, me, ref)
    declared = KINDS[known.kind]
    texts = {item.name: forms.written(item, known.values.get(item.name)) for item in declared.fields}
    return _form(request, declared, texts, [], ref=ref)


@router.post("/registro/{ref}/modificar")
def amend(request: Request, me: Reader, ref: str, sent: Sent) -> Response:
    """Alter a record, with a reason."""
    known = _known(request, me, ref)
    declared = KINDS[known.kind]
    values, problems = _read(declared, sent)
    why = str(sent.get("why", "")).strip()
    whole = {name: value for name, value in (dict(known.values) | values).items() if value is not None}
    problems = problems or declared.problems(values, partial=True) or declared.problems(whole)
    if not why:
        problems = [*problems, Problem("why", "required", _("Diga el motivo."))]
    if problems:
        return _form(request, declared, _texts(declared, sent), problems, ref=ref, why=why)
    _amend(request, me, ref, values, why)
    return go(f"/registro/{ref}")


@router.post("/registro/{ref}/anular")
def void(request: Request, me: Reader, ref: str, why: Text, anular: Text = "1") -> Response:
    """Annul a record with a reason, or bring it back."""
    _known(request, me, ref)
    if not why.strip():
        raise UserError(_("Diga el motivo."), place="why", code="required")
    _amend(request, me, ref, {VOID: anular == "1"}, why)
    return go(f"/registro/{ref}")


def _amend(request: Request, me: Session, ref: str, values: Mapping[str, Value], why: str) -> None:
    office = office_of(request)
    with office.database.writer() as connection:
        central.amend(connection, office, ref, values, by=me.code, why=why)
        accesses.note(connection, at=office.now_ms(), account=me.code, action="record.amend", subject=ref, why=why)


def _declared(kind: str, me: Session) -> Kind:
    """The declaration of a kind that this person may see."""
    if kind not in KINDS:
        raise UserError(_("No existe la clase «{kind}».").format(kind=kind[:40]), code="unknown_kind")
    if kind == "staff":
        me.require(Right.STAFF)
    return KINDS[kind]


def _may_write(me: Session, kind: str) -> bool:
    right = WRITERS.get(kind)
    return right is not None and me.may(right)


def _written_by(me: Session, kind: str) -> Kind:
    declared = _declared(kind, me)
    me.require(WRITERS.get(kind, Right.ACCOUNTS))
    if kind not in WRITERS:
        raise UserError(_("Estos registros no se escriben aquí."), place=kind, code="not_here")
    return declared


def _known(request: Request, me: Session, ref: str) -> Any:
    with office_of(request).database.reader() as connection:
        known = central.read(connection, ref)
    _written_by(me, known.kind)
    return known


def _read(declared: Kind, sent: FormData) -> tuple[dict[str, Value], list[Problem]]:
    return forms.read(declared, {name: [str(text) for text in sent.getlist(name)] for name in sent})


def _texts(declared: Kind, sent: FormData) -> dict[str, str]:
    return {item.name: ", ".join(str(text) for text in sent.getlist(item.name)) for item in declared.fields}


def _form(
    request: Request, declared: Kind, texts: Mapping[str, str], problems: list[Problem], *, ref: str = "", why: str = ""
) -> Response:
    with office_of(request).database.reader() as connection:
        named = _names(connection, declared)
    return show(
        request,
        "record_form.html",
        status=400 if problems else 200,
        kind=declared,
        inputs=forms.inputs(declared, texts, problems, names=named),
        problems=problems,
        ref=ref,
        why=why,
    )


def _names(connection: Any, declared: Kind) -> dict[str, dict[str, str]]:
    """What the records that a kind's fields point to are called; there are too many sessions and visits to list."""
    wanted = {item.to for item in declared.fields if item.to} - {"session", "visit", "device", "staff"}
    return {kind: lists.names(connection, kind) for kind in sorted(wanted | {"brigade"})}


def _filter(declared: Kind, name: str, text: str, named: Mapping[str, Mapping[str, str]]) -> forms.Input:
    field = _SPECIAL.get(name) or declared.by_name[name]
    (shown,) = forms.inputs(Kind("filter", "", "", (field,)), {name: text}, names=named)
    return shown


_SPECIAL = {
    "scope": Field("scope", Type.CODE, N_("Brigada"), to="brigade"),
    "dia_desde": Field("dia_desde", Type.TEXT, N_("Desde")),
    "dia_hasta": Field("dia_hasta", Type.TEXT, N_("Hasta")),
}
