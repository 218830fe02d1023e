"""Enrolment: the office's one-time file, and the laptop's signed request. The answer is an ordinary receipt.

* The file tells the office's address, its public keys and a token that works once. Who holds it can enrol: it is
  handed over in person and expires.
* The request is signed by the new signing key, which proves that the laptop has it; token and person travel sealed
  to the office.
* A file that `replaces` another code is for the laptop that has it: its request names the log that it leaves behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged, UserError
from itinerant.log import canonical
from itinerant.log.notes import Verifier
from itinerant.sync import envelope, keys
from itinerant.sync.envelope import ENROLMENT, VERSION, Envelope, FutureVersion
from itinerant.sync.former import FormerLog
from itinerant.sync.keys import DeviceKeys, PublicKeys
from itinerant.sync.limits import LIMITS, Limits
from itinerant.sync.rotation import FIRST, Rotation
from itinerant.texts import _

MAX_FILE = 8 * 1024
_MAX_TEXT = 1_000
_NAMES = frozenset(("sign_key", "seal_key", "at"))


@dataclass(frozen=True, slots=True)
class OfficeIdentity:
    """Who an office is: its name, its raw public keys, and the key that its ledger's checkpoints are verified with."""

    name: str
    sign_key: bytes
    seal_key: bytes
    recovery_key: bytes
    vkey: str
    number: int = FIRST
    """Of its signing and sealing keys, which are changed by rotations."""
    former: tuple[bytes, ...] = field(default=(), compare=False)
    """The signing keys that it had since this laptop knows it: nothing that they sign is believed any more."""

    def after(self, rotations: Iterable[Rotation]) -> OfficeIdentity:
        """The office as it is after those of `rotations`, in their order, that its own keys vouch for."""
        office = self
        for step in rotations:
            if step.follows(office.number, office.sign_key):
                vkey = Verifier(step.origin, step.sign_key).vkey
                former = (*office.former, office.sign_key) if office.sign_key != step.sign_key else office.former
                office = replace(
                    office,
                    number=step.number,
                    sign_key=step.sign_key,
                    seal_key=step.seal_key,
                    vkey=vkey,
                    former=former,
                )
        return office

    def as_dict(self) -> dict[str, Any]:
        """As the one-time file and the laptop's database hold it: keys in base64url."""
        raw = {name: keys.encode(getattr(self, name)) for name in ("sign_key", "seal_key", "recovery_key")}
        number: dict[str, Any] = {"number": self.number} if self.number != FIRST else {}
        former = {"former": [keys.encode(key) for key in self.former]} if self.former else {}
        return {"name": self.name, "vkey": self.vkey, **raw, **number, **former}

    @classmethod
    def from_dict(cls, value: object) -> OfficeIdentity:
        """What `as_dict` wrote. Raises `Damaged`."""
        if not isinstance(value, Mapping) or not all(_is_text(value.get(name)) for name in ("name", "vkey")):
            raise Damaged(_("El archivo no dice bien qué oficina es."), place="office")
        number, before = value.get("number", FIRST), value.get("former", [])
        if type(number) is not int or number < FIRST or not isinstance(before, list):
            raise Damaged(_("El archivo no dice bien qué oficina es."), place="office")
        raw = {name: keys.decode(value.get(name), place=name) for name in ("sign_key", "seal_key", "recovery_key")}
        former = tuple(keys.decode(key, place="former") for key in before)
        return cls(name=value["name"], vkey=value["vkey"], number=number, former=former, **raw)


@dataclass(frozen=True, slots=True, repr=False)
class Invitation:
    """The one-time file of a laptop to be. `url` is empty for an office without network; `expires_at` in ms.

    `replaces`: the code that the laptop has until now; empty for a laptop that has none. `rotations`: the changes of
    the office's keys that such a laptop may not have heard of; nothing in them is verified.
    """

    device: str
    brigade: str
    url: str
    token: str
    office: OfficeIdentity
    expires_at: int
    replaces: str = ""
    rotations: Sequence[Rotation] = ()

    def __repr__(self) -> str:
        return f"Invitation({self.device})"

    def to_json(self) -> str:
        """The file's text."""
        value = {"v": VERSION, **asdict(self), "office": self.office.as_dict()}
        value["rotations"] = [step.values for step in self.rotations] if self.replaces else []
        for name in ("replaces", "rotations"):
            if not value[name]:
                del value[name]
        return json.dumps(value, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Invitation:
        """Read a one-time file. Raises `UserError` for a file that is none, `FutureVersion`, `Damaged`."""
        try:
            value = json.loads(text) if len(text) <= MAX_FILE else None
        except (ValueError, RecursionError) as error:
            raise _no_invitation() from error
        if not isinstance(value, dict) or type(value.get("v")) is not int:
            raise _no_invitation()
        if value["v"] > VERSION:
            raise FutureVersion(None, _("código de inscripción"))
        names = ("device", "brigade", "url", "token")
        if not all(_is_text(value.get(name)) for name in names) or type(value.get("expires_at")) is not int:
            raise _no_invitation()
        replaces = value.get("replaces", "")
        if not _is_text(replaces):
            raise _no_invitation()
        office = OfficeIdentity.from_dict(value.get("office"))
        given = {name: value[name] for name in names}
        steps = value.get("rotations", [])
        if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
            raise _no_invitation()
        origin = office.vkey.partition("+")[0]
        rotations = tuple(Rotation.from_values(origin, step) for step in steps)
        return cls(office=office, expires_at=value["expires_at"], replaces=replaces, rotations=rotations, **given)


@dataclass(frozen=True, slots=True, repr=False)
class EnrolmentRequest:
    """A verified request: which device, its public keys, the token, who enrols it. `at`: the laptop's clock, ms.

    `former`: the log that the laptop had under another code; None for a laptop that had none.
    """

    device: str
    keys: PublicKeys
    token: str
    person: str
    at: int
    ref: str
    former: FormerLog | None = None

    def __repr__(self) -> str:
        return f"EnrolmentRequest({self.device})"


def pack(
    invitation: Invitation, device_keys: DeviceKeys, person: str, at: int, former: FormerLog | None = None
) -> bytes:
    """The bytes of a request. `at`: the laptop's clock, ms. The same invitation and keys may be sent again."""
    public = device_keys.public
    names = {
        "from": invitation.device,
        "to": CENTRAL,
        "sign_key": keys.encode(public.sign),
        "seal_key": keys.encode(public.seal),
        "at": at,
    }
    body: dict[str, object] = {"token": invitation.token, "person": person}
    if former is not None:
        body["former"] = former.as_dict()
    return envelope.write(ENROLMENT, names, canonical.encode(body), device_keys.sign, invitation.office.seal_key)


def peek(data: bytes, limits: Limits = LIMITS) -> Envelope:
    """The envelope of a request; nothing is verified yet. Raises `Damaged`, `FutureVersion`."""
    return envelope.read(data, ENROLMENT, limits)


def unpack(sealed: Envelope, seal_private: keys.SealKeys) -> EnrolmentRequest:
    """Verify a request with the key that it brings. Whether token and device fit is the office's to say."""
    named = envelope.known(sealed, _NAMES)
    public = PublicKeys(
        sign=keys.decode(named["sign_key"], place="sign_key"), seal=keys.decode(named["seal_key"], place="seal_key")
    )
    at = envelope.integer(sealed, "at", minimum=-(2**53))
    sealed.verify(public.sign)
    value = canonical.decode(sealed.unseal(seal_private))
    if not (isinstance(value, dict) and _is_text(value.get("token")) and _is_text(value.get("person"))):
        raise sealed.damaged(_("El contenido no tiene la forma debida."), code="enrolment")
    former = FormerLog.from_dict(value["former"]) if "former" in value else None
    return EnrolmentRequest(sealed.sender, public, value["token"], value["person"], at, sealed.ref, former)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT


def _no_invitation() -> UserError:
    return UserError(
        _("El archivo no es un código de inscripción de la oficina."),
        next_step=_("Pida a la oficina uno nuevo para esta laptop."),
        code="invitation",
    )
