"""Recovery of a laptop that nobody can unlock: a request by stick, two holders' approvals, an answer by stick.

* A request is judged before anybody approves: this office's key, a laptop that is believed, a person of the staff. What
  nobody can judge by machine, who really asks, two people judge by voice: they compare its code.
* The first approval leaves, for each other holder, what that one alone opens (`holders`); it is good for a week. The
  second gives the answer. Both, and every refusal for a wrong passphrase, are in the access log; a recovery that was
  given is an incident of the brigade in the ledger too, so that laptops and auditors see who was let in by whom.
* What is noted is noted before the answer exists on disk. The answer is sealed to the request: it is kept, and written
  again as often as asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from itinerant.domain.fields import Value
from itinerant.errors import Damaged, ItinerantError, Locked, Refused, UserError
from itinerant.log.change import Draft
from itinerant.sync import recovery, wrapping
from itinerant.sync.recovery import RecoveryRequest
from itinerant.texts import _
from server import central
from server.access import accesses, accounts
from server.access.permissions import Right, may
from server.home import replace_private
from server.keys.holders import NEEDED, Holders
from server.laptops.devices import GONE, RETIRED, Device
from server.laptops.fleet import DAY_MS
from server.office import Office
from server.tables import RECORDS

APPROVAL_DAYS = 7
FOLDER = "recovery"
"""Of the office: one file a request, beside the keys and never in the database or its copies."""

_device = RECORDS["device"]
_staff = RECORDS["staff"]


@dataclass(frozen=True, slots=True)
class Case:
    """A request and how far it came. `approvals`: accounts and when (ms); `answer`: the file to write, once given.

    `peeled`: what the first approval left for each other holder, until the second.
    """

    request: RecoveryRequest
    received_at: int
    approvals: tuple[tuple[str, int], ...] = ()
    peeled: Mapping[str, str] = field(default_factory=dict)
    answer: bytes = b""

    @property
    def accounts(self) -> tuple[str, ...]:
        """Who approved."""
        return tuple(account for account, _at in self.approvals)


def cases(office: Office) -> Iterator[Case]:
    """Every request that was shown to this office, latest first."""
    found = [_load(office, path) for path in (office.folder / FOLDER).glob("*.json")]
    yield from sorted(found, key=lambda case: case.received_at, reverse=True)


def receive(office: Office, data: bytes) -> Case:
    """Look at a request, and keep it. Raises `Damaged`, `Refused` for one that nobody here may approve."""
    request = RecoveryRequest.from_bytes(data)
    path = _path(office, request.ref)
    if path.exists():
        return _load(office, path)
    _judge(office, request)
    case = Case(request, office.now_ms())
    _save(office, case)
    return case


def find(office: Office, ref: str) -> Case:
    """A request that was received, by its `ref`. Raises `UserError` for an unknown one."""
    path = _path(office, ref)
    if not (ref.replace("-", "").replace("_", "").isalnum() and path.exists()):
        raise UserError(_("No hay ninguna solicitud {ref}.").format(ref=ref), place=ref, code="unknown_request")
    return _load(office, path)


def require_holder(office: Office, account: str) -> None:
    """Raise `UserError` unless the account is open and its role lets it keep the key."""
    with office.database.reader() as connection:
        known = accounts.find(connection, account)
    if known is None or not known.active or not may(known.role, Right.RECOVER):
        raise UserError(
            _("{account} no es una cuenta abierta que pueda recuperar laptops.").format(account=account),
            next_step=_("Véalas con «itinerant-server account list»."),
            place=account,
            code="not_a_holder",
        )


def approve(office: Office, case: Case, code: str, account: str, passphrase: str) -> Case:
    """One holder's approval, after comparing the code by voice; the second one's gives the answer.

    Raises `UserError` (another code, the same account twice, fewer than two holders), `Locked` (passphrase),
    `Refused` (laptop or person), `Damaged` (seals that are not the laptop's).
    """
    require_holder(office, account)
    _require_code(case, code)
    holders = Holders.read(office.folder)
    if not holders.ready:
        raise UserError(
            _("La llave de recuperación todavía no tiene dos custodios."),
            next_step=_("Nómbrelos con «itinerant-server recovery holder add»."),
            code="no_holders",
        )
    _judge(office, case.request)
    if case.answer:
        return case
    if account in case.accounts:
        raise UserError(
            _("{account} ya la aprobó: falta otra cuenta.").format(account=account), place=account, code="same_account"
        )
    try:
        if case.approvals:
            return _second(office, case, holders, account, passphrase)
        return _first(office, case, holders, account, passphrase)
    except (Locked, Damaged) as error:
        _note(office, account, "recovery.refused", case, error.code)
        raise


def _first(office: Office, case: Case, holders: Holders, account: str, passphrase: str) -> Case:
    peeled = holders.peel(account, passphrase)
    _note(office, account, "recovery.approve", case)
    approved = replace(case, approvals=((account, office.now_ms()),), peeled=peeled)
    _save(office, approved)
    return approved


def _second(office: Office, case: Case, holders: Holders, account: str, passphrase: str) -> Case:
    (first, _at), *_rest = case.approvals
    key = holders.open(account, passphrase, first, case.peeled.get(account, ""))
    request = case.request
    answer = recovery.answer(request, recovery.open_seals(request, key))
    at = office.now_ms()
    sentence = _("{person} recuperó el acceso a {device}; lo aprobaron {first} y {second}.").format(
        person=request.person, device=request.device, first=first, second=account
    )
    incident: dict[str, Value] = {
        "found_at": at,
        "category": "security",
        "severity": "medium",
        "device": request.device,
        "description": sentence,
        "state": "open",
    }
    with office.database.writer() as connection:
        device = _require_device(connection, request.device)
        central.write(connection, office, [Draft("incident", incident)], by=account, scope=device.brigade)
        accesses.note(connection, at=at, account=account, action="recovery.approve", subject=_subject(case))
        accesses.note(connection, at=at, account=account, action="recovery.give", subject=_subject(case), why=sentence)
    given = replace(case, approvals=(*case.approvals, (account, at)), peeled={}, answer=answer)
    _save(office, given)
    return given


def _judge(office: Office, request: RecoveryRequest) -> None:
    if request.recovery_key != office.keys.recovery_public:
        raise _refused(request, _("La laptop {device} es de otra oficina.").format(device=request.device), "office")
    with office.database.reader() as connection:
        _require_device(connection, request.device)
        person = (_staff.c.code == request.person) & ~_staff.c.void
        active = list(connection.scalars(select(_staff.c.active).where(person)))
    if not active or False in active:
        sentence = _("{person} no figura en el personal, o ya no está activo.").format(person=request.person)
        raise _refused(request, sentence, "person")


def _require_device(connection: Connection, code: str) -> Device:
    """The laptop whose vault was made under `code`, under its present code; `Refused` unless it is believed."""
    device = Device.find(connection, code)
    followed = {code}
    while device is not None and device.state == RETIRED:
        later = select(_device.c.code).where(_device.c.replaces == device.code, ~_device.c.void)
        following = [Device.find(connection, found) for found in connection.scalars(later) if found not in followed]
        device = next((one for one in following if one is not None and one.state not in GONE - {RETIRED}), None)
        followed |= {device.code} if device is not None else set()
    if device is None or device.state in GONE:
        raise Refused(
            _("El equipo {device} está revocado, perdido o no es de esta oficina: no se recupera.").format(device=code),
            next_step=_("Si volvió a sus manos, rescate lo suyo como dice el manual de operación."),
            place=code,
            code="revoked",
        )
    return device


def _require_code(case: Case, code: str) -> None:
    if code.strip().upper().replace("-", "").replace(" ", "") != case.request.code.replace("-", ""):
        raise UserError(
            _("El código no es el de esta solicitud: puede ser de otra, o alguien la cambió."),
            next_step=_("Llame a la brigada y pida que se lo dicten otra vez; si difiere, no apruebe."),
            place="code",
            code="other_code",
        )


def _refused(request: RecoveryRequest, sentence: str, code: str) -> ItinerantError:
    return Refused(sentence, next_step=_("No apruebe; llame a la brigada."), place=request.ref, code=code)


def _note(office: Office, account: str, action: str, case: Case, why: str = "") -> None:
    with office.database.writer() as connection:
        accesses.note(connection, at=office.now_ms(), account=account, action=action, subject=_subject(case), why=why)


def _subject(case: Case) -> str:
    return f"{case.request.device} {case.request.person} {case.request.ref}"


def _path(office: Office, ref: str) -> Path:
    return office.folder / FOLDER / f"{ref}.json"


def _save(office: Office, case: Case) -> None:
    value = {
        "v": 1,
        "request": case.request.to_bytes().decode(),
        "received_at": case.received_at,
        "approvals": case.approvals,
        "peeled": dict(case.peeled),
        "answer": wrapping.encode(case.answer),
    }
    path = _path(office, case.request.ref)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    replace_private(path, json.dumps(value).encode())


def _load(office: Office, path: Path) -> Case:
    """A case as it is now: an approval that nobody followed within its time is forgotten, and erased."""
    try:
        value: Mapping[str, Any] = json.loads(path.read_bytes())
        case = Case(
            request=RecoveryRequest.from_bytes(value["request"].encode()),
            received_at=value["received_at"],
            approvals=tuple((account, at) for account, at in value["approvals"]),
            peeled=value["peeled"],
            answer=wrapping.decode(value["answer"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(_("No se puede leer una solicitud de recuperación."), place=str(path)) from error
    expired = case.approvals and case.approvals[0][1] < office.now_ms() - APPROVAL_DAYS * DAY_MS
    if expired and len(case.approvals) < NEEDED:
        case = replace(case, approvals=(), peeled={})
        _save(office, case)
    return case
