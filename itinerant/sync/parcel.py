"""The parcel: a run of a laptop's own log on its way to the office, byte for byte the same by network and on a stick.

* The signed header says which run (`first` to `last`) and the chain's hash before it (`prev`) and after it (`head`):
  the changes travel without hashes, are chained again by who reads, and must arrive at the signed head.
* So a parcel is proved by itself, whatever else has arrived; the office compares `prev` with what it has.
* An idle parcel carries no change: `first` = `last` + 1, `prev` and `body` empty. It still asks for what is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from itinerant.domain.people import CENTRAL
from itinerant.errors import Damaged
from itinerant.log.chain import START, Head, Link
from itinerant.log.change import MAX_BYTES, MAX_SEQ, Change
from itinerant.sync import columns, envelope, keys
from itinerant.sync.envelope import PARCEL, Envelope
from itinerant.sync.limits import LIMITS, Limits
from itinerant.sync.testimony import NOTHING, Testimony
from itinerant.texts import _

_NAMES = frozenset(("first", "last", "prev", "head", "have", "standing", "room", "epoch", "at"))

MAX_ROOM = 768 * 1024
"""Room for a receipt where no link sets a limit: on a stick."""


@dataclass(frozen=True, slots=True)
class ParcelHeader:
    """What a parcel says of itself.

    `before` and `head`: the sender's log before and after this run (equal when idle). `have`: the ledger position up
    to which the sender has pulled. `standing`: digest of the standing that it was told last, or empty. `room`:
    bytes that the receipt should fit in, as the link allows. `epoch`: how often its log was re-founded. `at`: its
    clock, ms. `testimony`: what it saw of the ledger, and asks. `went_back`: it found that its log was put back to
    a copy. `keys`: number of the office's keys that it knows; 0 for those that it was enrolled with.
    """

    sender: str
    before: Head
    head: Head
    have: int
    at: int
    standing: str = ""
    room: int = MAX_ROOM
    epoch: int = 1
    to: str = CENTRAL
    testimony: Testimony = NOTHING
    went_back: bool = False
    keys: int = 0

    @property
    def first(self) -> int:
        """Number of the first change that travels, or of the next one to be written when idle."""
        return self.before.seq + 1

    @property
    def last(self) -> int:
        """Number of the last change that travels, or of the last one written when idle."""
        return self.head.seq

    @property
    def is_idle(self) -> bool:
        """Whether no change travels."""
        return self.before == self.head


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that was verified: signature, seal, bounds, and the chain from `before` to the signed head."""

    header: ParcelHeader
    links: Sequence[Link]
    envelope: Envelope


def pack(
    header: ParcelHeader,
    changes: Sequence[Change],
    sign: Ed25519PrivateKey,
    seal_to: bytes,
    *,
    version: int | None = None,
) -> bytes:
    """The bytes of a parcel. `changes` are the run of the sender's log from `header.before` to `header.head`.

    `version`: the form that the recipient reads, our latest by default.
    """
    if len(changes) != header.last - header.before.seq:
        raise Damaged(_("El envío no trae los cambios que anuncia."), place=header.sender, code="run")
    idle = header.is_idle
    names = {
        "from": header.sender,
        "to": header.to,
        "first": header.first,
        "last": header.last,
        "prev": "" if idle else keys.encode(bytes.fromhex(header.before.hash)),
        "head": keys.encode(bytes.fromhex(header.head.hash)),
        "have": header.have,
        "standing": header.standing,
        "room": header.room,
        "epoch": header.epoch,
        "at": header.at,
        **header.testimony.names(),
        **({"back": True} if header.went_back else {}),
        **({"keys": header.keys} if header.keys else {}),
    }
    return envelope.write(PARCEL, names, columns.encode(changes), sign, seal_to, version=version)


def peek(data: bytes, limits: Limits = LIMITS) -> tuple[ParcelHeader, Envelope]:
    """The header of a parcel and its envelope, to find out whose key verifies it. Nothing is verified yet.

    Raises `Damaged`; `FutureVersion`, with the envelope, when a later version of the program wrote it.
    """
    sealed = envelope.read(data, PARCEL, limits)
    return _header(sealed), sealed


def unpack(sealed: Envelope, sign_public: bytes, seal_private: keys.SealKeys, limits: Limits = LIMITS) -> Parcel:
    """Verify a parcel and chain its changes. Raises `Damaged` for one flipped bit anywhere."""
    header = _header(sealed)
    sealed.verify(sign_public)
    changes: Sequence[Change] = ()
    if sealed.body:
        _preamble, changes = columns.decode(sealed.unseal(seal_private), limits)
    if len(changes) != header.last - header.before.seq:
        raise sealed.damaged(_("El envío no trae los cambios que anuncia."), code="run")
    links = _chain(changes, header, sealed, limits)
    return Parcel(header, links, sealed)


def _header(sealed: Envelope) -> ParcelHeader:
    named = envelope.known(sealed, _NAMES)
    first = envelope.integer(sealed, "first", minimum=1)
    last = envelope.integer(sealed, "last")
    idle = not sealed.body
    if last > MAX_SEQ or first > last + 1 or idle != (first == last + 1) or idle != (named["prev"] == ""):
        raise sealed.damaged(_("El encabezado no tiene la forma debida."), code="header")
    head = Head(last, keys.decode(named["head"], place=sealed.sender).hex())
    before = head if idle else Head(first - 1, keys.decode(named["prev"], place=sealed.sender).hex())
    if START.seq in (head.seq, before.seq) and START not in (head, before):
        raise sealed.damaged(_("El encabezado no tiene la forma debida."), code="header")
    return ParcelHeader(
        sender=sealed.sender,
        to=sealed.recipient,
        before=before,
        head=head,
        have=envelope.integer(sealed, "have"),
        at=envelope.integer(sealed, "at", minimum=-(2**53)),
        standing=envelope.short_text(sealed, "standing"),
        room=envelope.integer(sealed, "room"),
        epoch=envelope.integer(sealed, "epoch", minimum=1),
        testimony=Testimony.of(sealed),
        went_back=sealed.header.get("back") is True,
        keys=envelope.integer(sealed, "keys") if "keys" in sealed.header else 0,
    )


def _chain(changes: Iterable[Change], header: ParcelHeader, sealed: Envelope, limits: Limits) -> list[Link]:
    """Chain changes after `header.before`; they must be the announced run and arrive at the signed head."""
    links: list[Link] = []
    head, size = header.before, 0
    for change in changes:
        if change.device != header.sender or change.seq != head.seq + 1:
            raise sealed.damaged(_("Los cambios no son los que el envío anuncia."), code="run")
        link = Link.of(change.chained(head.hash))
        size += len(link.data)
        if len(link.data) > MAX_BYTES or size > limits.canonical:
            raise sealed.damaged(_("Los cambios pasan del tamaño permitido."), code="size")
        links.append(link)
        head = link.head
    if head != header.head:
        raise sealed.damaged(_("Los cambios no llevan al final que se firmó."), code="chain")
    return links
