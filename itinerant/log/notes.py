"""Signed statements about the ledger: C2SP signed-note, tlog-checkpoint and tlog-cosignature (cosignature/v1).

* A note is text, a blank line, and one signature line a signer; signatures of unknown keys are passed over, a wrong
  signature of a known key condemns the whole note, and a note that no known key signed says nothing.
* A verifier key (`vkey`, `origin+1a2b3c4d+base64`) is what an auditor is given on paper.
* A checkpoint's text is origin, size and root: three lines, no more.
* A cosignature says "I saw this checkpoint at this time, and it continues all that I saw before".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from itinerant.errors import Damaged, UserError
from itinerant.log.canonical import HASH_SIZE
from itinerant.texts import _

ED25519 = 0x01
COSIGNATURE = 0x04
"""Kinds of signature, as C2SP signed-note numbers them."""

COSIGNATURE_SIZE = 72
"""Bytes of a cosignature: its time (8), and the signature."""

MAX_NOTE = 64 * 1024
"""Bytes of a note that is read at all; a checkpoint with 100 cosignatures has less than 20 KiB."""

_NAME = re.compile(r"[^\s+]{1,200}\Z")
_LINE = re.compile(r"— (\S+) (\S+)\Z")
_SIZE = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A name and its Ed25519 public key (32 bytes); `kind` is the kind of signature that it makes."""

    name: str
    key: bytes
    kind: int = ED25519

    @property
    def id(self) -> bytes:
        """The four bytes that tell keys of one name apart; no proof of anything."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]

    @property
    def vkey(self) -> str:
        """`name+id+base64`: the whole key as one word, as Go's `note` and C2SP write it."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.key).decode()}"

    @classmethod
    def from_vkey(cls, text: str) -> Self:
        """The key that `vkey` wrote; raises `UserError` for anything else (also for one mistyped character)."""
        name, _plus, rest = text.strip().partition("+")
        digits, _plus, encoded = rest.partition("+")
        raw = _unbase64(encoded)
        if raw is not None and len(raw) == 33 and raw[0] in {ED25519, COSIGNATURE} and _NAME.match(name):
            verifier = cls(name, raw[1:], raw[0])
            if verifier.id.hex() == digits:
                return verifier
        raise UserError(
            _("La llave de verificación está incompleta o tiene un error de copia."),
            next_step=_("Cópiela entera: nombre+8 dígitos+44 caracteres."),
            code="vkey",
        )

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (after the key's id) is this key's over a note's text."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            if len(signature) != COSIGNATURE_SIZE:
                return False
            message = _cosigned(text, int.from_bytes(signature[:8], "big"))
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose, and the bytes after the key's id."""

    name: str
    id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """As it stands in the note, with its line end."""
        return f"— {self.name} {base64.b64encode(self.id + self.value).decode()}\n"

    @property
    def seconds(self) -> int:
        """When a cosignature was made, in seconds since 1970 by its maker's clock."""
        return int.from_bytes(self.value[:8], "big")


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """The note of `text` (which ends in a line end) with the signature of `name`."""
    if not text.endswith("\n") or not _is_note_text(text) or not _NAME.match(name):
        raise Damaged(_("El texto no puede ser una nota firmada."), code="note")
    verifier = Verifier(name, key.public_key().public_bytes_raw())
    return f"{text}\n{Signature(name, verifier.id, key.sign(text.encode())).line}"


def cosign(note: str, name: str, key: Ed25519PrivateKey, seconds: int) -> Signature:
    """The cosignature of `name` on a checkpoint that it verified, at `seconds` since 1970."""
    text, _signatures = split(note)
    verifier = Verifier(name, key.public_key().public_bytes_raw(), COSIGNATURE)
    return Signature(name, verifier.id, seconds.to_bytes(8, "big") + key.sign(_cosigned(text, seconds)))


def witness(origin: str, device: str, sign_public: bytes) -> Verifier:
    """The key with which a laptop cosigns: its own signing key (32 raw bytes), under a name of the ledger's.

    What it signs as a witness begins with other words than what it signs as a sender, so one key is enough, and who
    knows the ledger knows it.
    """
    return Verifier(f"{origin}/{device}", sign_public, COSIGNATURE)


def with_cosignature(note: str, by: Verifier, cosignature: bytes) -> str:
    """A checkpoint's note with one more line: the 72 bytes of a witness. They are not verified here."""
    return note + Signature(by.name, by.id, cosignature).line


def split(note: str) -> tuple[str, list[Signature]]:
    """A note's text and signature lines, nothing verified. Raises `Damaged` when it has not the form of a note."""
    text, separator, block = note.rpartition("\n\n")
    lines = block.removesuffix("\n").split("\n")
    parsed = [_signature(line) for line in lines]
    signatures = [signature for signature in parsed if signature is not None]
    if not separator or not block.endswith("\n") or len(signatures) != len(lines) or not _is_note_text(note):
        raise Damaged(_("El sello no tiene la forma de una nota firmada."), code="note")
    return text + "\n", signatures


def read(note: str, verifiers: Iterable[Verifier]) -> tuple[str, list[Signature]]:
    """A note's text and the signatures of `verifiers` on it.

    Raises `Damaged` when the note has not its form, when none of them signed, or when one of them did not sign this.
    """
    text, signatures = split(note)
    known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
    good: list[Signature] = []
    for signature in signatures:
        verifier = known.get((signature.name, signature.id))
        if verifier is None:
            continue
        if not verifier.accepts(text, signature.value):
            raise Damaged(
                _("La firma de «{name}» en el sello no es válida.").format(name=verifier.name), code="signature"
            )
        good.append(signature)
    if not good:
        raise Damaged(_("El sello no lleva la firma de la llave esperada."), code="unsigned")
    return text, good


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the office signs: of which ledger, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines of C2SP tlog-checkpoint."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The checkpoint in a note's text; raises `Damaged` when it is something else."""
        lines = text.split("\n")
        if len(lines) == 4 and lines[0] and _SIZE.match(lines[1]) and not lines[3]:
            root = _unbase64(lines[2])
            if root is not None and len(root) == HASH_SIZE:
                return cls(lines[0], int(lines[1]), root)
        raise Damaged(_("El sello no tiene las tres líneas que debe."), code="checkpoint")

    def with_signature(self, signature: bytes, by: Verifier) -> str:
        """The note of this checkpoint with a signature (64 bytes) that is not verified here."""
        return f"{self.text}\n{Signature(by.name, by.id, signature).line}"

    def sign(self, key: Ed25519PrivateKey) -> str:
        """The signed checkpoint; the key's name is the origin, as C2SP advises."""
        return sign(self.text, self.origin, key)


def read_checkpoint(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint in a note that one of `verifiers` signed; raises `Damaged` otherwise (see `read`)."""
    text, _signatures = read(note, verifiers)
    return Checkpoint.from_text(text)


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _is_note_text(text: str) -> bool:
    return len(text) <= MAX_NOTE and not any(
        (char < " " and char != "\n") or "\ud800" <= char <= "\udfff" for char in text
    )


def _signature(line: str) -> Signature | None:
    found = _LINE.match(line)
    raw = _unbase64(found[2]) if found else None
    if found is None or raw is None or len(raw) <= 4 or not _NAME.match(found[1]):
        return None
    return Signature(found[1], raw[:4], raw[4:])


def _unbase64(text: str) -> bytes | None:
    """The bytes, or None for anything that standard base64 would not have written."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None
