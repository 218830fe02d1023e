"""Other keys for the office: a step signed by the key before, which laptops and auditors follow by themselves.

* The new keys are in the folder before anything is signed with them; the step enters the ledger in the transaction that
  signs its end anew. What a cut, or a copy of the database that was put back, left out of the ledger is stated again.
* A laptop is answered with the signing key that it knows, until it says that it knows a later one: so one that was
  silent for months still syncs, and its first answer brings the steps that it missed.
* Who had the former signing key could have signed another step with it: a rotation is for a key that may leak one day,
  or whose holders change, not for one that has leaked (`docs/threat-model.md`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection, select

from itinerant.log.change import Draft
from itinerant.sync.rotation import FIRST, KIND, Rotation
from server import central, home, ledger
from server.access import accesses
from server.exchange import contacts
from server.laptops.devices import ENROLLED, FROZEN
from server.office import Office
from server.tables import RECORDS, InvitationRow, table

SIGN, SEAL = "sign", "seal"
BY = "admin"

_invitation = table(InvitationRow)
_device = RECORDS["device"]
_step = RECORDS[KIND]


def rotate(office: Office, which: str, why: str, *, by: str) -> Rotation:
    """Put another signing (`sign`) or sealing (`seal`) key in use; answers with the step to it.

    Raises `UserError` for a reason that no change can carry, `StoreProblem` when the folder cannot be written.
    """
    with office.database.writer() as connection:
        end = ledger.lock(connection)
        before = office.keys
        sign = Ed25519PrivateKey.generate() if which == SIGN else before.sign
        seal = X25519PrivateKey.generate() if which == SEAL else before.seal
        public = seal.public_key().public_bytes_raw()
        step = Rotation.make(office.settings.origin, before.number + 1, end.size, sign, public, before.sign)
        home.write_rotated(office.folder, before.after(sign, seal, step))
        restate(connection, office, by=by, why=why)
        accesses.note(
            connection, at=office.now_ms(), account=by, action="key.rotate", subject=f"{which} {step.number}", why=why
        )
    return step


def restate(connection: Connection, office: Office, *, by: str = BY, why: str = "") -> int:
    """Write the steps that the ledger lacks, inside the caller's transaction; answers with how many."""
    steps = missing(connection, office)
    drafts = [Draft(KIND, central.checked(KIND, step.values), why=why) for step in steps]
    central.write(connection, office, drafts, by=by)
    return len(steps)


def restate_if_needed(office: Office) -> int:
    """Write the steps that the ledger lacks, if any; answers with how many."""
    with office.database.reader() as connection:
        if not missing(connection, office):
            return 0
    with office.database.writer() as connection:
        ledger.lock(connection)
        return restate(connection, office)


def known_to(connection: Connection, office: Office, device: str, said: int) -> int:
    """Number of the office's keys that a laptop knows: what it `said`, or those of its one-time code."""
    if said or office.keys.number == FIRST:
        return said or FIRST
    used = (_invitation.c.device == device) & _invitation.c.used_at.is_not(None)
    newest = select(_invitation.c.office_keys).where(used).order_by(_invitation.c.used_at.desc()).limit(1)
    return connection.scalar(newest) or FIRST


def knowing(connection: Connection, office: Office) -> Mapping[int, int]:
    """How many enrolled laptops knew which keys when they were last heard of."""
    alive = _device.c.state.in_([ENROLLED, FROZEN]) & ~_device.c.void
    devices = connection.scalars(select(_device.c.code).where(alive)).all()
    said = {device: asked.keys for device, asked in contacts.everybody(connection)}
    return Counter(known_to(connection, office, device, said.get(device, 0)) for device in devices)


def missing(connection: Connection, office: Office) -> list[Rotation]:
    """The steps of the folder that the ledger lacks."""
    steps = office.keys.rotations
    if not steps:
        return []
    stated = set(connection.scalars(select(_step.c.number).where(~_step.c.void)))
    return [step for step in steps if step.number not in stated]
