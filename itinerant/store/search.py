"""How records are found by typed words: without accents or capitals, wherever a word is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from itinerant.domain.fields import Field, Kind, Type, Value
from itinerant.domain.lookup import fold

_SEARCHED = (Type.TEXT, Type.CODE, Type.CHOICE, Type.CODES, Type.DATE)


def words(kind: Kind, ref: str, by: str, values: Mapping[str, Value]) -> str:
    """The folded text by which a record is found: its number, author, codes, texts and the labels of its choices."""
    parts = [f"{ref} {by}".lower()]
    for item in kind.fields:
        value = values.get(item.name)
        if value is not None and item.type in _SEARCHED:
            parts.extend(_spoken(item, str(one)) for one in (value if isinstance(value, list) else (value,)))
    return " ".join(parts)


def _spoken(item: Field, value: str) -> str:
    return _label(item, value) if item.choices else fold(value)


@lru_cache(maxsize=2_048)
def _label(item: Field, value: str) -> str:
    return fold(item.label_of(value))
