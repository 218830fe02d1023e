"""What laptops and the office say to each other of the office's ledger, so that nobody rewrites it unseen.

* A laptop that asks names the sizes of the ledger that it saw; the receipt shows the present checkpoint and, for each
  size, the proof that what was seen is its beginning. Sizes are echoed: on a stick, answers come late.
* What was proved is cosigned with the laptop's own key; the cosignature travels with the laptop's next parcel.
* From laptop to laptop, by stick, travels the checkpoint itself: two views of one ledger meet there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from itinerant.log import notes
from itinerant.log.canonical import HASH_SIZE
from itinerant.log.notes import COSIGNATURE_SIZE, Checkpoint, Verifier
from itinerant.sync import keys
from itinerant.sync.envelope import Envelope
from itinerant.texts import _

MAX_ASKED = 8
"""Sizes that one parcel may name: its own and those that peers saw."""

MAX_SEEN = 512
"""Characters of a checkpoint that a parcel carries for a peer."""

_MAX_SIZE = 2**53 - 1
_MAX_PROOF = 128
"""Hashes of a proof; a ledger of 2^53 leaves needs 54."""

SIGNATURE_SIZE = 64


@dataclass(frozen=True, slots=True)
class Shown:
    """A checkpoint as a receipt carries it: what the note says besides the names that the laptop knows.

    `root` (32 bytes) over `size` leaves and the office's `signature` (64 bytes) of the note of both.
    """

    size: int
    root: bytes
    signature: bytes

    @classmethod
    def of(cls, note: str) -> Shown:
        """The checkpoint of a note, whoever signed it. Raises `Damaged` when it is none."""
        text, signatures = notes.split(note)
        checkpoint = Checkpoint.from_text(text)
        return cls(checkpoint.size, checkpoint.root, signatures[0].value[:SIGNATURE_SIZE].ljust(SIGNATURE_SIZE, b"\0"))

    def note(self, by: Verifier) -> str:
        """The note again, under the name and key of the office, which must be verified."""
        return Checkpoint(by.name, self.size, self.root).with_signature(self.signature, by)

    def as_list(self) -> list[object]:
        """As a receipt's preamble carries it."""
        return [self.size, keys.encode(self.root + self.signature)]


Proofs = Mapping[int, Sequence[bytes]]
"""For each size that was asked for, the proof that the shown checkpoint continues it (RFC 9162 section 2.1.4)."""


@dataclass(frozen=True, slots=True)
class Testimony:
    """What a parcel's header says of the ledger; empty when there is nothing to say.

    `asks`: sizes from which proofs are asked for; (0,) asks for the checkpoint alone. `cosignature`: 72 bytes over
    the checkpoint of `size` leaves. `seen`: for a peer, the signed checkpoint that the sender verified last.
    """

    asks: Sequence[int] = ()
    size: int = 0
    cosignature: bytes = b""
    seen: str = ""

    def names(self) -> dict[str, object]:
        """The names that it adds to a parcel's header."""
        named: dict[str, object] = {}
        if self.asks:
            named["tree"] = list(self.asks)
        if self.cosignature:
            named["cosign"] = [self.size, keys.encode(self.cosignature)]
        if self.seen:
            named["seen"] = self.seen
        return named

    @classmethod
    def of(cls, sealed: Envelope) -> Testimony:
        """What an envelope's header says. Raises `Damaged` for another form."""
        asks, cosign = sealed.header.get("tree", []), sealed.header.get("cosign", [0, ""])
        seen = sealed.header.get("seen", "")
        if not (isinstance(asks, list) and len(asks) <= MAX_ASKED and all(map(_is_size, asks))):
            raise sealed.damaged(_("El encabezado no tiene la forma debida."), code="header")
        if not (isinstance(cosign, list) and len(cosign) == 2 and _is_size(cosign[0])):
            raise sealed.damaged(_("El encabezado no tiene la forma debida."), code="header")
        if not (isinstance(cosign[1], str) and isinstance(seen, str) and len(seen) <= MAX_SEEN):
            raise sealed.damaged(_("El encabezado no tiene la forma debida."), code="header")
        raw = keys.decode(cosign[1], COSIGNATURE_SIZE, place=sealed.sender) if cosign[1] else b""
        return cls(tuple(asks), cosign[0] if raw else 0, raw, seen)


NOTHING = Testimony()
"""Nothing is said or asked."""


def proofs_as_list(proofs: Proofs) -> list[list[object]]:
    """Proofs as a receipt's preamble carries them."""
    return [[size, keys.encode(b"".join(proof))] for size, proof in proofs.items()]


def read_shown(value: object, sealed: Envelope) -> Shown | None:
    """The checkpoint of a receipt's preamble; None for none. Raises `Damaged` for another form."""
    if value is None:
        return None
    if not (isinstance(value, list) and len(value) == 2 and _is_size(value[0])):
        raise sealed.damaged(_("El contenido no tiene la forma debida."), code="preamble")
    raw = keys.decode(value[1], HASH_SIZE + SIGNATURE_SIZE, place=sealed.sender)
    return Shown(value[0], raw[:HASH_SIZE], raw[HASH_SIZE:])


def read_proofs(value: object, sealed: Envelope) -> Proofs:
    """The proofs of a receipt's preamble. Raises `Damaged` for another form."""
    found: dict[int, Sequence[bytes]] = {}
    for item in value if isinstance(value, list) and len(value) <= MAX_ASKED else [None]:
        if not (isinstance(item, list) and len(item) == 2 and _is_size(item[0]) and isinstance(item[1], str)):
            raise sealed.damaged(_("El contenido no tiene la forma debida."), code="preamble")
        raw = keys.decode(item[1], len(item[1]) * 3 // 4, place=sealed.sender)
        if len(raw) % HASH_SIZE or len(raw) > _MAX_PROOF * HASH_SIZE:
            raise sealed.damaged(_("El contenido no tiene la forma debida."), code="preamble")
        found[item[0]] = [raw[at : at + HASH_SIZE] for at in range(0, len(raw), HASH_SIZE)]
    return found


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MAX_SIZE
