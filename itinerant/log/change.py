"""The change: one small fact that one author wrote into one log. Everything else is a view of changes.

* `ref` (`LOR07-123`) names it; `record` is the ref of the change that made the record.
* `base` holds the latest changes of that record which the author had seen; `set` only what the author altered.
* `prev` is the hash of the device's previous change: a log with a hole or an edit does not hash to its head.
* `at` is the laptop's clock, recorded and never trusted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self, cast

import orjson

from itinerant.domain.fields import MAX_INTEGER, Value, is_reference
from itinerant.domain.people import DEVICE_PATTERN
from itinerant.errors import Damaged
from itinerant.log import canonical
from itinerant.texts import _

VERSION = 1
"""Version of the change's form; a reader keeps a later one aside (`future_version`), it never drops it."""

MAX_BYTES = 8 * 1024
MAX_BASES = 64
MAX_FIELDS = 64
MAX_WHY = 200
MAX_SEQ = 9_999_999

GENESIS = "0" * 64
"""`prev` of a device's first change."""

_NAMES = frozenset(("at", "base", "by", "device", "kind", "prev", "record", "seq", "set", "v", "why"))
_DEVICE = re.compile(DEVICE_PATTERN + r"\Z").match
_PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z").match
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z").match
_HASH = re.compile(r"[0-9a-f]{64}\Z").match


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author wants to write, before the log gives it a place. `record` is empty when it makes one."""

    kind: str
    set: Mapping[str, Value]
    record: str = ""
    base: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change; see the module's rules. `at` in ms since 1970 UTC; `prev` in hex."""

    device: str
    seq: int
    at: int
    by: str
    kind: str
    record: str
    base: tuple[str, ...]
    set: Mapping[str, Value]
    prev: str
    why: str = ""
    v: int = VERSION

    @property
    def ref(self) -> str:
        """`LOR07-123`: readable over a radio."""
        return f"{self.device}-{self.seq}"

    @property
    def creates(self) -> bool:
        """Whether this change made its record."""
        return self.record == self.ref

    def to_bytes(self) -> bytes:
        """Canonical bytes (RFC 8785) of a change that was already checked."""
        return canonical.encode_trusted(
            {
                "at": self.at,
                "base": self.base,
                "by": self.by,
                "device": self.device,
                "kind": self.kind,
                "prev": self.prev,
                "record": self.record,
                "seq": self.seq,
                "set": self.set,
                "v": self.v,
                "why": self.why,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The change whose canonical bytes are `data`; raises `Damaged` for anything else."""
        if len(data) > MAX_BYTES:
            raise Damaged(_("Un cambio pasa de 8 KiB."))
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise Damaged(_("Los bytes de un cambio no son JSON válido.")) from error
        if not isinstance(value, dict) or value.keys() != _NAMES:
            raise Damaged(_("Un cambio no tiene sus once campos."))
        if not isinstance(value["base"], list):
            raise Damaged(_("La base de un cambio no es una lista."))
        value["base"] = tuple(value["base"])
        change = cls(**value)
        reason = malformed(change)
        if reason:
            raise Damaged(reason, place=change.ref)
        if change.to_bytes() != data:
            raise Damaged(_("Los bytes de un cambio no están en su forma canónica."), place=change.ref)
        return change

    def chained(self, prev: str) -> Self:
        """The same change after another previous one."""
        return type(self)(
            self.device, self.seq, self.at, self.by, self.kind, self.record, self.base, self.set, prev, self.why, self.v
        )


def seal(draft: Draft, *, device: str, seq: int, prev: str, by: str, at: int) -> Change:
    """Give a draft its place in a device's log. Raises `Damaged` for a draft that no log may hold."""
    change = Change(
        device=device,
        seq=seq,
        at=at,
        by=by,
        kind=draft.kind,
        record=draft.record or f"{device}-{seq}",
        base=tuple(sorted(draft.base)),
        set=dict(draft.set),
        prev=prev,
        why=draft.why,
    )
    reason = malformed(change)
    if reason:
        raise Damaged(reason, place=change.ref)
    return change


def malformed(change: Change, *, fields_are_known: bool = False) -> str:
    """Why `change` cannot stand in a log, in words; empty when it can. Accepts any values (hostile input).

    `fields_are_known`: names and values of `set` were looked at already (`is_name`, `are_values`), many at once.
    """
    head = (
        isinstance(change.device, str)
        and _DEVICE(change.device) is not None
        and type(change.seq) is int
        and 1 <= change.seq <= MAX_SEQ
        and type(change.at) is int
        and -MAX_INTEGER <= change.at <= MAX_INTEGER
        and isinstance(change.by, str)
        and _PERSON(change.by) is not None
        and isinstance(change.prev, str)
        and _HASH(change.prev) is not None
        and type(change.v) is int
        and 1 <= change.v <= MAX_SEQ
    )
    if not head:
        return _("El encabezado de un cambio no tiene la forma debida.")
    return _malformed_record(change) or _malformed_why(change) or ("" if fields_are_known else _malformed_set(change))


def are_heads(
    devices: Sequence[object],
    seqs: Sequence[int],
    ats: Sequence[int],
    bys: Sequence[object],
    versions: Sequence[object],
    whys: Sequence[object],
) -> bool:
    """Whether these columns of changes, none of them empty, have the form that `malformed` asks of each."""
    return (
        _are(str, devices, _DEVICE)
        and 1 <= min(seqs) <= max(seqs) <= MAX_SEQ
        and -MAX_INTEGER <= min(ats) <= max(ats) <= MAX_INTEGER
        and _are(str, bys, _PERSON)
        and _are(int, versions, lambda version: 1 <= version <= MAX_SEQ)
        and _are(str, whys, lambda why: len(why) <= MAX_WHY and canonical.is_canonical_text(why))
    )


def _are(kind: type, column: Sequence[object], fits: Callable[[Any], object]) -> bool:
    return set(map(type, column)) == {kind} and all(map(fits, set(column)))


def _malformed_record(change: Change) -> str:
    if not (isinstance(change.kind, str) and _NAME(change.kind)):
        return _("La clase de un cambio no tiene la forma debida.")
    refs = (change.record, *change.base)
    if len(refs) > MAX_BASES + 1 or not all(isinstance(ref, str) and is_reference(ref) for ref in refs):
        return _("Una referencia de un cambio no tiene la forma debida.")
    if len(change.base) > 1 and list(change.base) != sorted(set(change.base)):
        return _("La base de un cambio no está ordenada o se repite.")
    if change.ref in change.base:
        return _("Un cambio no puede basarse en sí mismo.")
    return ""


def _malformed_why(change: Change) -> str:
    why = change.why
    if why == "" or (isinstance(why, str) and len(why) <= MAX_WHY and canonical.is_canonical_text(why)):
        return ""
    return _("El motivo de un cambio no tiene la forma debida.")


def _malformed_set(change: Change) -> str:
    if not isinstance(change.set, Mapping) or len(change.set) > MAX_FIELDS:
        return _("Un cambio toca demasiados campos.")
    for name, value in change.set.items():
        plain = type(value) is str and value.isascii()  # by far the most values: settled without a call
        if not (isinstance(name, str) and is_name(name) and (plain or _is_value(value))):
            return _("Un campo de un cambio no tiene la forma debida.")
    return ""


@lru_cache(1024)
def is_name(name: str) -> bool:
    """Whether a field (or a kind) may have that name."""
    return _NAME(name) is not None


def are_values(column: Sequence[object]) -> bool:
    """Whether a field may hold every one of these. Many of one type are looked at together."""
    kinds = set(map(type, column))
    if kinds == {str}:
        texts = cast("Sequence[str]", column)
        return all(text.isascii() or canonical.is_canonical_text(text) for text in set(texts))
    if kinds == {int}:
        numbers = cast("Sequence[int]", column)
        return min(numbers) >= -MAX_INTEGER and max(numbers) <= MAX_INTEGER
    return all(map(_is_value, column))


def _is_value(value: object) -> bool:
    kind = type(value)
    if kind is str:
        return canonical.is_canonical_text(cast("str", value))
    if kind is int:
        return -MAX_INTEGER <= cast("int", value) <= MAX_INTEGER
    if kind is list:
        items = cast("list[object]", value)
        return all(isinstance(item, str) and canonical.is_canonical_text(item) for item in items)
    return value is None or kind is bool


def order(ref: str) -> tuple[str, int]:
    """Sorting key of references: by device, then by number."""
    device, _dash, seq = ref.rpartition("-")
    return device, int(seq)
