"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature), read by the verifier.

* A key is one word, `name+id+base64`, as an auditor receives it on paper.
* A wrong signature of a known key condemns the note; signatures of strangers are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from itinerant.audit.ed25519 import Signed, all_signed
from itinerant.audit.report import Broken

ED25519_KIND = 1
COSIGNATURE_KIND = 4
NOTE_LINE = re.compile("— ([^ +]+) ([A-Za-z0-9+/=]+)")


class Key(NamedTuple):
    """A public key: its name, its 32 bytes, and the kind of signature that it makes."""

    name: str
    raw: bytes
    kind: int

    @property
    def id(self) -> bytes:
        """Four bytes that tell the keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.raw).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as one word."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.raw).decode()}"


class NoteSignature(NamedTuple):
    """One signature line: whose, and the bytes after the key's id."""

    name: str
    id: bytes
    value: bytes


class Checkpoint(NamedTuple):
    """Of which ledger, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes


def read_key(text: str) -> Key:
    """The key of a `vkey`; raises `Broken` when a character is wrong or missing."""
    name, _plus, rest = text.strip().partition("+")
    digits, _plus, encoded = rest.partition("+")
    raw = strict_base64(encoded)
    if raw is not None and len(raw) == 33 and raw[0] in {ED25519_KIND, COSIGNATURE_KIND} and name:
        key = Key(name, raw[1:], raw[0])
        if key.id.hex() == digits:
            return key
    raise Broken("key", "La llave de verificación está incompleta o tiene un error de copia.")


def split_note(note: str, file: str) -> tuple[str, list[NoteSignature]]:
    """A note's text and signature lines, nothing verified yet."""
    text, separator, block = note.rpartition("\n\n")
    lines = block.split("\n")
    found = [NOTE_LINE.fullmatch(line) for line in lines[:-1]]
    signatures: list[NoteSignature] = []
    for match in found:
        raw = strict_base64(match[2]) if match else None
        if match is None or raw is None or len(raw) <= 4:
            raise Broken("note", "No tiene la forma de una nota firmada.", file)
        signatures.append(NoteSignature(match[1], raw[:4], raw[4:]))
    if not separator or not signatures or lines[-1] or any(char < " " and char != "\n" for char in note):
        raise Broken("note", "No tiene la forma de una nota firmada.", file)
    return text + "\n", signatures


def check_note(note: str, key: Key, file: str) -> str:
    """The text of a note that `key` signed; raises `Broken` otherwise."""
    text, signatures = split_note(note, file)
    mine = [item for item in signatures if (item.name, item.id) == (key.name, key.id)]
    if not mine:
        names = ", ".join(sorted({item.name for item in signatures}))
        raise Broken("key", f"No lleva la firma de la llave esperada ({key.name}); lleva la de: {names}.", file)
    for item in mine:
        if not all_signed([Signed(key.raw, text.encode(), item.value)]):
            raise Broken("signature", "La firma no corresponde al texto.", file)
    return text


def read_checkpoint(text: str, file: str) -> Checkpoint:
    """The three lines of a checkpoint's text."""
    lines = text.split("\n")
    if len(lines) == 4 and lines[0] and re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]) and not lines[3]:
        root = strict_base64(lines[2])
        if root is not None and len(root) == 32:
            return Checkpoint(lines[0], int(lines[1]), root)
    raise Broken("checkpoint", "El sello no tiene las tres líneas que debe.", file)


def strict_base64(text: str) -> bytes | None:
    """The bytes of standard base64, or None for any other way of writing them."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def url_base64(text: str) -> bytes | None:
    """The bytes of base64url without padding, or None."""
    if not re.fullmatch("[A-Za-z0-9_-]*", text):
        return None
    return strict_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
