"""What the screen asks of each kind of record, and what it shows in a list: little, since most follows from the
declaration.

* The laptop fills in who and where by itself: brigade, laptop, today's visit, the moment.
* At most `MOST_ASKED` fields are in sight at once; what is seldom written waits behind F4.
* Kinds of the office are read, never written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from itinerant.domain import words
from itinerant.domain.fields import Field, Kind, Type, Value
from itinerant.domain.kinds import KINDS

MOST_ASKED = 12
"""A form of more fields takes a quarter of a second to appear, and nobody reads it."""

_FILLED_IN = frozenset({"brigade", "device"})
"""Fields that the laptop knows and nobody is asked for."""

_LATER = frozenset(
    {"visit", "found_at", "checked_at", "state", "solution", "solved_at", "downtime_min", "active", "position"}
)
"""Fields that are behind F4 when a record is new: they are filled in, or written when it ends."""

_CARRIED = frozenset({"campaign", "funding", "ubigeo", "place", "language", "provider", "ally"})
"""Fields that begin as in the last record of the kind: where, with whom, from which money."""

_NOT_BY_HAND = {"incident": ("category", frozenset({"fork", "restored"}))}
"""Choices that the office writes by itself, by kind and field: nobody picks them from a list."""

_COLUMNS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "visit": (("opened_at", 16), ("place", 0), ("closed_at", 16)),
    "incident": (("found_at", 16), ("category", 12), ("description", 0), ("state", 12)),
    "cost": (("spent_on", 10), ("category", 0), ("amount_cents", 12), ("nature", 10)),
    "ally": (("name", 0), ("sector", 15), ("place", 18)),
    "agreement": (("ally", 0), ("subject", 0), ("ends_on", 10), ("state", 14)),
    "resource": (("code", 12), ("type", 0), ("description", 0), ("state", 17)),
    "training": (("held_on", 10), ("subject", 0), ("provider", 0), ("duration_min", 9)),
    "outreach": (("held_on", 10), ("medium", 20), ("place", 0), ("reach", 16)),
    "readiness": (("checked_at", 16), ("verdict", 0), ("terminals", 20), ("battery_pct", 8)),
    "campaign": (("code", 14), ("name", 0), ("starts_on", 10), ("ends_on", 10)),
    "stop": (("starts_on", 10), ("place", 0), ("ubigeo", 0), ("capacity", 14)),
    "cap": (("name", 0), ("hours", 0), ("registry_number", 25)),
    "service": (("entity", 12), ("name", 0), ("access", 18)),
    "funding": (("source", 0), ("amount_cents", 14), ("ends_on", 10)),
    "session": (("started_at", 16), ("service", 0), ("outcome", 17)),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The fields of a new record's form: `asked` in sight, `details` behind F4."""

    asked: tuple[str, ...]
    details: tuple[str, ...]


def plan(kind: Kind) -> Plan:
    """The form of a kind."""
    names = [item.name for item in kind.fields if item.name not in _FILLED_IN and item.type is not Type.KEY]
    asked = [name for name in names if name not in _LATER][:MOST_ASKED]
    return Plan(tuple(asked), tuple(name for name in names if name not in asked))


def by_hand(kind: Kind) -> Kind:
    """The kind as a person fills it in: without the choices that are not for them."""
    name, hidden = _NOT_BY_HAND.get(kind.name, ("", frozenset()))
    if not name:
        return kind
    fields = tuple(
        replace(item, choices=tuple(choice for choice in item.choices if choice.value not in hidden))
        if item.name == name
        else item
        for item in kind.fields
    )
    return replace(kind, fields=fields)


def columns(kind: Kind) -> tuple[tuple[Field, int], ...]:
    """The fields that a list of the kind shows, each with its width in cells (0: what is left)."""
    chosen = _COLUMNS.get(kind.name) or tuple((item.name, 0) for item in kind.fields[:3])
    return tuple((kind.by_name[name], width) for name, width in chosen if name in kind.by_name)


def writable(kind: str) -> bool:
    """Whether a brigade writes records of this kind by hand."""
    return not KINDS[kind].office


def beginnings(
    kind: Kind, *, last: Mapping[str, Value], visit: Mapping[str, Value], visit_ref: str, device: str, now_ms: int
) -> dict[str, Value]:
    """The values that a new record's form starts with.

    `last` is the latest record of the kind, `visit` the open visit (empty without one) and `now_ms` the laptop's clock.
    """
    values: dict[str, Value] = {
        name: value for name, value in last.items() if name in _CARRIED and name in kind.by_name and value is not None
    }
    known: dict[str, Value] = {"visit": visit_ref or None, "device": device}
    known |= {name: visit.get(name) for name in ("ubigeo", "place", "capacity", "terminals")}
    for item in kind.fields:
        if item.default is not None:
            values[item.name] = item.default
        elif known.get(item.name) is not None and item.name not in ("capacity", "terminals"):
            values[item.name] = known[item.name]
        elif item.required and item.type is Type.INSTANT:
            values[item.name] = now_ms
        elif item.required and item.type is Type.DATE:
            values[item.name] = words.today(now_ms)
    return values
