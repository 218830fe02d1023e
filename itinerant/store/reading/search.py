"""The words by which a record is found, folded: without accents or capitals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from itinerant.domain.fields import Kind, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.domain.lookup import fold

_SEARCHED = (Type.TEXT, Type.CODE, Type.CHOICE, Type.CODES, Type.DATE)


def words(kind: Kind, ref: str, by: str, values: Mapping[str, Value]) -> str:
    """A record's number, author, codes, texts and the labels of its choices."""
    parts = [f"{ref} {by}".lower()]
    for item in kind.fields:
        value = values.get(item.name)
        if value is None or item.type not in _SEARCHED:
            continue
        for one in value if isinstance(value, list) else (value,):
            parts.append(_label(kind.name, item.name, str(one)) if item.choices else fold(str(one)))
    return " ".join(parts)


@lru_cache(maxsize=2_048)
def _label(kind: str, field: str, value: str) -> str:
    return fold(KINDS[kind].by_name[field].label_of(value))
