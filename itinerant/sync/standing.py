"""How a laptop stands with the office: roster, quarantine, conflicts, its brigade's laptops, told whole or not at all.

* A parcel names the digest of the standing that the laptop was told last; a receipt tells the present one only when it
  is another. So an idle sync carries none, and a receipt that was lost costs nothing.
* Lists replace what was told before; they are never added to it.
* Unknown names are kept as they are and not looked at, so that an older laptop understands a newer office and its
  digest is the office's; a known name with another shape makes the receipt `Damaged`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from itinerant.errors import Damaged
from itinerant.log import canonical
from itinerant.sync import keys
from itinerant.texts import _

ENROLLED = "enrolled"
DEFAULT_RETENTION_D = 7
MAX_LISTED = 500
"""Entries of a list that is told; whoever has more tells the first ones (the oldest changes, by number)."""

_DIGEST_BYTES = 6
_LISTS = ("quarantined", "conflicts", "roster", "revoked", "peers", "aside", "discarded", "withdrawn")


class Quarantined(NamedTuple):
    """A change that the office keeps aside: its ref, the reason's code, and the reason in words."""

    ref: str
    reason: str
    sentence: str


class Discarded(NamedTuple):
    """A change that the office decided to leave out for good, and why."""

    ref: str
    why: str


class Disputed(NamedTuple):
    """A field in conflict that concerns the laptop."""

    record: str
    field: str


class Person(NamedTuple):
    """A line of the brigade's roster. Names travel here and nowhere in the log."""

    code: str
    name: str
    role: str
    brigade: str


class Revoked(NamedTuple):
    """A device of the brigade that is not believed after its change number `after`."""

    device: str
    after: int


class Peer(NamedTuple):
    """Another laptop of the brigade, with its raw public keys in base64url: whose parcels by stick to believe."""

    code: str
    sign_key: str
    seal_key: str
    state: str


class SetAside(NamedTuple):
    """Changes `first` to `last` of another laptop of the brigade, which the office does not count."""

    device: str
    first: int
    last: int


class Withdrawn(NamedTuple):
    """Numbers of the office's own log after `after` up to `upto`: it was put back to a copy from before them, whose
    ledger had `size` changes."""

    after: int
    upto: int
    size: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the office holds about a laptop at this moment.

    `state`: `enrolled`, `frozen`, `revoked`, `lost` or `retired`. `retention_d`: days that a closed and received visit
    stays on the laptop. Lists are whole, up to `MAX_LISTED`; of `aside` and `discarded` the latest are told. `rest`:
    what a later office says besides.
    """

    state: str = ENROLLED
    retention_d: int = DEFAULT_RETENTION_D
    quarantined: Sequence[Quarantined] = ()
    conflicts: Sequence[Disputed] = ()
    roster: Sequence[Person] = ()
    revoked: Sequence[Revoked] = ()
    peers: Sequence[Peer] = ()
    aside: Sequence[SetAside] = ()
    discarded: Sequence[Discarded] = ()
    withdrawn: Sequence[Withdrawn] = ()
    rest: Mapping[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As it travels: empty lists left out."""
        lists = {name: [list(item) for item in getattr(self, name)] for name in _LISTS}
        return {
            **self.rest,
            "state": self.state,
            "retention_d": self.retention_d,
            **{name: value for name, value in lists.items() if value},
        }

    @property
    def digest(self) -> str:
        """8 characters: of the SHA-256 of the canonical JSON of `as_dict`."""
        return keys.encode(hashlib.sha256(canonical.encode(self.as_dict())).digest()[:_DIGEST_BYTES])

    @classmethod
    def from_dict(cls, value: object) -> Standing:
        """The standing that `as_dict` wrote. Raises `Damaged` for another shape."""
        if not isinstance(value, Mapping):
            raise _damaged("standing")
        state, retention_d = value.get("state"), value.get("retention_d")
        if not isinstance(state, str) or type(retention_d) is not int or retention_d < 0:
            raise _damaged("state")
        rest = {name: told for name, told in value.items() if name not in ("state", "retention_d", *_LISTS)}
        canonical.encode(rest)  # whatever it says, it has a digest
        return cls(
            state=state,
            retention_d=retention_d,
            quarantined=_rows(value, "quarantined", Quarantined, (str, str, str)),
            conflicts=_rows(value, "conflicts", Disputed, (str, str)),
            roster=_rows(value, "roster", Person, (str, str, str, str)),
            revoked=_rows(value, "revoked", Revoked, (str, int)),
            peers=_rows(value, "peers", Peer, (str, str, str, str)),
            aside=_rows(value, "aside", SetAside, (str, int, int)),
            discarded=_rows(value, "discarded", Discarded, (str, str)),
            withdrawn=_rows(value, "withdrawn", Withdrawn, (int, int, int)),
            rest=rest,
        )


_Row = TypeVar("_Row", bound=tuple[Any, ...])


def _rows(
    value: Mapping[str, object], name: str, make: Callable[..., _Row], types: tuple[type, ...]
) -> tuple[_Row, ...]:
    rows = value.get(name, [])
    if not isinstance(rows, list) or len(rows) > MAX_LISTED:
        raise _damaged(name)
    if not all(isinstance(row, list) and tuple(map(type, row)) == types for row in rows):
        raise _damaged(name)
    return tuple(make(*row) for row in rows)


def _damaged(name: str) -> Damaged:
    return Damaged(_("Lo que dice la oficina no tiene la forma debida."), place=name, code="standing")
