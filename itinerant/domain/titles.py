"""How a record is called in a line: an ally by its name, a stop by its place, a cost by its concept and amount.

Lists, references in forms and the history show this instead of the record's number.
"""

from __future__ import annotations

from collections.abc import Mapping

from itinerant.domain import words
from itinerant.domain.fields import Kind, Value

_CALLED_BY: Mapping[str, tuple[str, ...]] = {
    "session": ("started_at", "service"),
    "visit": ("place", "opened_at"),
    "campaign": ("name", "starts_on"),
    "stop": ("place", "starts_on"),
    "cap": ("name", "hours"),
    "service": ("name", "code"),
    "entity": ("name", "code"),
    "brigade": ("name", "code"),
    "staff": ("code", "role"),
    "device": ("code", "state"),
    "segment": ("name", "code"),
    "ally": ("name", "place"),
    "agreement": ("subject", "state"),
    "resource": ("code", "description"),
    "cost": ("category", "amount_cents"),
    "funding": ("source", "amount_cents"),
    "incident": ("category", "description"),
    "readiness": ("verdict", "checked_at"),
    "training": ("subject", "held_on"),
    "outreach": ("medium", "held_on"),
}


def title(kind: Kind, values: Mapping[str, Value]) -> str:
    """The record's name for a person; empty when none of the fields that make it has a value."""
    names = _CALLED_BY.get(kind.name) or tuple(item.name for item in kind.fields[:2])
    shown = (words.shown(kind.by_name[name], values.get(name)) for name in names if name in kind.by_name)
    return " · ".join(part for part in shown if part)
