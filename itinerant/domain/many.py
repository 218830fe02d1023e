"""Whether many records of a kind are all faultless, looked at column by column: a value that comes a thousand times is
looked at once. Pure; what is wrong, and where, `Kind.problems` says of one record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from itinerant.domain.fields import VOID, Field, Kind, Value

_NULL = type(None)


def faultless(kind: Kind, records: Sequence[Mapping[str, Value]], *, partial: bool = False) -> bool:
    """Whether `kind.problems(record, partial=partial)` finds nothing in any of the records."""
    alike: dict[tuple[str, ...], list[Iterable[Value]]] = defaultdict(list)
    for record in records:
        alike[tuple(record)].append(record.values())
    if not partial and not all(kind.required.keys() <= set(names) for names in alike):
        return False
    columns: dict[str, list[Value]] = defaultdict(list)
    for names, rows in alike.items():
        for name, column in zip(names, zip(*rows, strict=True), strict=True):
            columns[name].extend(column)
    if not all(_is_faultless(kind.by_name.get(name), name, column) for name, column in columns.items()):
        return False
    return partial or not any(problem for record in records for rule in kind.rules for problem in rule(record))


def _is_faultless(declared: Field | None, name: str, column: Sequence[Value]) -> bool:
    """Whether a field may hold every one of these."""
    types = set(map(type, column))
    if declared is None:
        return name == VOID and types == {bool}
    some: Iterable[Value] = column
    if _NULL in types:
        if declared.required:
            return False
        types.discard(_NULL)
        some = [value for value in column if value is not None]
    if types == {int}:
        numbers = cast("Iterable[int]", some)
        some = (min(numbers), max(numbers))  # an integer's bounds are its only rule
    elif types == {str}:
        some = set(cast("Iterable[str]", some)) - declared.settled
    return all(declared.checker(declared, value) is None for value in some)
