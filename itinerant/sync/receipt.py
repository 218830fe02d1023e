"""The receipt: the answer to a parcel, signed by who received it and sealed to who sent it.

* It covers the sender's log up to `head`: nothing else earns the word «Enviado».
* It brings the changes of others that concern the recipient, from `since` (what the parcel had) up to `have`.
* `re` names the parcel that it answers. When there is nothing to say beyond the header, the body is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from itinerant.domain.people import CENTRAL
from itinerant.log.chain import START, Head
from itinerant.log.change import MAX_BYTES, MAX_SEQ, Change
from itinerant.sync import columns, envelope, keys
from itinerant.sync.envelope import RECEIPT, Envelope
from itinerant.sync.former import Former
from itinerant.sync.limits import LIMITS, Limits
from itinerant.sync.standing import Standing
from itinerant.sync.testimony import Proofs, Shown, proofs_as_list, read_proofs, read_shown
from itinerant.texts import _

_NAMES = frozenset(("upto", "head", "since", "have", "at", "re"))
_MAX_POSITION = 2**53 - 1


@dataclass(frozen=True, slots=True)
class ReceiptHeader:
    """What a receipt says of itself.

    `head`: the recipient's log as the sender has it, without a gap. `since`, `have`: ledger positions between which
    the body brings the changes of others. `at`: the sender's clock, ms. `re`: `Envelope.ref` of what it answers.
    """

    to: str
    head: Head
    since: int
    have: int
    at: int
    re: str
    sender: str = CENTRAL


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt, verified or about to be written.

    `changes`: of others, in the ledger's order, without chain (`prev` of zeros). `standing`: None when it is as the
    laptop was told last. `more`: another round trip has more to bring. `checkpoint`: the ledger's, when asked;
    `proofs`: that it continues what the laptop saw.
    `former`: what becomes of the log that a laptop had under another code.
    """

    header: ReceiptHeader
    changes: Sequence[Change] = ()
    standing: Standing | None = None
    more: bool = False
    checkpoint: Shown | None = None
    proofs: Proofs = field(default_factory=dict)
    former: Former | None = None
    size: int = 0
    """Bytes on the wire, once read."""
    reads: int = 0
    """Latest version of parcels that the sender reads, once read."""


def pack(receipt: Receipt, sign: Ed25519PrivateKey, seal_to: bytes, *, version: int | None = None) -> bytes:
    """The bytes of a receipt, sealed to the recipient's raw public key.

    `version`: the form that the recipient reads, our latest by default. An older one says how far we read ourselves.
    """
    header = receipt.header
    names: dict[str, object] = {
        "from": header.sender,
        "to": header.to,
        "upto": header.head.seq,
        "head": keys.encode(bytes.fromhex(header.head.hash)),
        "since": header.since,
        "have": header.have,
        "at": header.at,
        "re": header.re,
    }
    if version and version < envelope.VERSION:
        names[envelope.READS] = envelope.VERSION
    preamble: dict[str, object] = {}
    if receipt.standing is not None:
        preamble["standing"] = receipt.standing.as_dict()
    if receipt.more:
        preamble["more"] = True
    if receipt.checkpoint is not None:
        preamble["shown"] = receipt.checkpoint.as_list()
    if receipt.proofs:
        preamble["proofs"] = proofs_as_list(receipt.proofs)
    if receipt.former is not None:
        preamble["former"] = receipt.former.as_dict()
    return envelope.write(RECEIPT, names, columns.encode(receipt.changes, preamble), sign, seal_to, version=version)


def peek(data: bytes, limits: Limits = LIMITS) -> tuple[ReceiptHeader, Envelope]:
    """The header of a receipt and its envelope; nothing is verified yet. Raises `Damaged`, `FutureVersion`."""
    sealed = envelope.read(data, RECEIPT, limits)
    return _header(sealed), sealed


def unpack(
    sealed: Envelope, sign_public: bytes, seal_private: X25519PrivateKey, to: str, limits: Limits = LIMITS
) -> Receipt:
    """Verify a receipt for the laptop `to`. Raises `Damaged` for one flipped bit anywhere, or another's receipt."""
    header = _header(sealed)
    sealed.verify(sign_public)
    if header.to != to:
        raise sealed.damaged(_("Es para otro equipo: {device}.").format(device=header.to), code="recipient")
    preamble, changes = columns.decode(sealed.unseal(seal_private), limits) if sealed.body else ({}, [])
    size = 0
    for change in changes:
        length = len(change.to_bytes())
        size += length
        if length > MAX_BYTES or size > limits.canonical:
            raise sealed.damaged(_("Los cambios pasan del tamaño permitido."), code="size")
    return Receipt(header, changes, **_preamble(preamble, sealed), size=sealed.size, reads=sealed.reads)


def _preamble(preamble: Mapping[str, object], sealed: Envelope) -> dict[str, Any]:
    more = preamble.get("more", False)
    if not isinstance(more, bool):
        raise sealed.damaged(_("El contenido no tiene la forma debida."), code="preamble")
    standing = Standing.from_dict(preamble["standing"]) if "standing" in preamble else None
    checkpoint = read_shown(preamble.get("shown"), sealed)
    proofs = read_proofs(preamble.get("proofs", []), sealed)
    former = Former.from_dict(preamble["former"]) if "former" in preamble else None
    return {"standing": standing, "more": more, "checkpoint": checkpoint, "proofs": proofs, "former": former}


def _header(sealed: Envelope) -> ReceiptHeader:
    named = envelope.known(sealed, _NAMES)
    upto = envelope.integer(sealed, "upto")
    head = Head(upto, keys.decode(named["head"], place=sealed.sender).hex())
    since, have = envelope.integer(sealed, "since"), envelope.integer(sealed, "have")
    if upto > MAX_SEQ or (upto == START.seq) != (head == START) or have > _MAX_POSITION or since > have:
        raise sealed.damaged(_("El encabezado no tiene la forma debida."), code="header")
    return ReceiptHeader(
        to=sealed.recipient,
        sender=sealed.sender,
        head=head,
        since=since,
        have=have,
        at=envelope.integer(sealed, "at", minimum=-(2**53)),
        re=envelope.short_text(sealed, "re"),
    )
