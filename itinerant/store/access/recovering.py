"""The laptop's half of a recovery by the office: asks without being unlocked, and lets a person in with the answer.

* The private half that opens the answer waits in `recovery.json`, in the home and nowhere else; it is overwritten and
  removed when the person is in. Until then laptop and answer together open the vault: they travel apart.
* Whoever comes in by an answer gives the database another key at once, so that the answer that went by stick, and the
  passphrase that was forgotten, open nothing afterwards.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from itinerant.domain import passphrases
from itinerant.errors import Damaged, UserError
from itinerant.paths import Home
from itinerant.store import opening
from itinerant.store.access import accesses
from itinerant.store.access.slots import DatabaseKey
from itinerant.store.access.vault import Vault
from itinerant.store.disk.faults import storing
from itinerant.store.disk.files import write_atomically
from itinerant.store.laptop import Laptop, wall_clock
from itinerant.sync import folder, keys, recovery
from itinerant.sync.recovery import RecoveryRequest
from itinerant.texts import _


def ask(home: Home, place: Path, person: str, now_ms: int) -> tuple[RecoveryRequest, Path]:
    """Write a request for `person` into the folder `place`; an earlier one of this home is given up.

    `now_ms`: the laptop's clock. Raises `UserError` when the office has no slot here, `StoreProblem`, `Damaged`.
    """
    vault = Vault.read(home.slots)
    public, seals = vault.office_seals()
    private = X25519PrivateKey.generate()
    request = RecoveryRequest(
        device=vault.device,
        person=person,
        at=now_ms,
        key=private.public_key().public_bytes_raw(),
        recovery_key=base64.b64decode(public),
        seals=tuple(base64.b64decode(seal) for seal in seals),
    )
    waiting = {"private": keys.encode(private.private_bytes_raw()), "request": request.to_bytes().decode()}
    write_atomically(home.recovery, json.dumps(waiting).encode())
    folder.prepare(place)
    return request, folder.write(place, request.to_bytes(), recovery.REQUESTS)


def finish(home: Home, place: Path, person: str, passphrase: str, now_ms: Callable[[], int] = wall_clock) -> Laptop:
    """Let `person` in with the answer in `place` and a new passphrase; the laptop, unlocked.

    Raises `UserError` (nothing was asked, no answer for it, weak passphrase), `Damaged` (answer), `Locked` when the
    laptop's key changed since it was asked.
    """
    request, private = _waiting(home)
    if person != request.person:
        raise UserError(
            _("La solicitud que espera es para {person}.").format(person=request.person), place="person", code="person"
        )
    reason = passphrases.weak(passphrase)
    if reason:
        raise UserError(reason, place="passphrase", code="weak_passphrase")
    found = [DatabaseKey(raw) for raw in recovery.open_answer(_answer(place, request), request, private)]
    opened = opening.adopt(home, person, found, now_ms())
    try:
        accesses.replace(opened, person, passphrase)
        _forget(home.recovery)
    except BaseException:
        opened.close()
        raise
    return Laptop(opened, now_ms)


def _waiting(home: Home) -> tuple[RecoveryRequest, X25519PrivateKey]:
    """The request that waits for its answer, and what opens that."""
    try:
        value = json.loads(home.recovery.read_bytes())
        request = RecoveryRequest.from_bytes(value["request"].encode())
        return request, X25519PrivateKey.from_private_bytes(keys.decode(value["private"]))
    except FileNotFoundError as error:
        raise UserError(
            _("Esta laptop no espera ninguna respuesta de recuperación."),
            next_step=_("Haga la solicitud con «itinerant recover request»."),
            code="no_request",
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(
            _("La solicitud que esperaba respuesta está dañada."),
            next_step=_("Haga otra con «itinerant recover request»."),
            place=str(home.recovery),
            code="recovery_file",
        ) from error


def _answer(place: Path, request: RecoveryRequest) -> bytes:
    """The answer for this request among the files of a folder; a damaged one is named only if there is no good one."""
    damaged: Damaged | None = None
    for _path, data in folder.read_all(place, recovery.ANSWERS):
        try:
            if isinstance(data, Damaged):
                raise data
            if recovery.answers_to(data) == request.ref:
                return data
        except Damaged as error:
            damaged = error
    if damaged is not None:
        raise damaged
    raise UserError(
        _("En {folder} no hay una respuesta para la última solicitud de {device}.").format(
            folder=place, device=request.device
        ),
        next_step=_("Lleve la solicitud a la oficina; una respuesta de antes no sirve."),
        code="no_answer",
    )


def _forget(path: Path) -> None:
    with storing(path):
        with path.open("r+b") as file:
            file.write(bytes(os.fstat(file.fileno()).st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
