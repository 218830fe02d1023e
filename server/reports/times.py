"""Time and waiting of attentions: means are exact, medians and percentiles are read from classes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from server.rollups import bin_of

_EDGES = sorted({bin_of(second) for second in range(0, 86_401, 60)})
_WIDTHS = dict(
    zip(_EDGES, [after - edge for edge, after in zip(_EDGES, [*_EDGES[1:], 90_000], strict=True)], strict=True)
)


def classes(counts: Mapping[str, int]) -> dict[str, dict[int, int]]:
    """Sessions by service and class (lower end, s), from totals whose values are `service class`."""
    found: dict[str, dict[int, int]] = {}
    for value, number in counts.items():
        service, _space, lower = value.rpartition(" ")
        found.setdefault(service, {})[int(lower)] = number
    return found


def percentile(counts: Mapping[int, int], share: float) -> int | None:
    """The time (s) that this share of sessions does not exceed, interpolated inside its class; None of no session.

    It is off by less than the class's width: a minute below an hour, 5 minutes below 4 hours.
    """
    whole = sum(counts.values())
    if not whole:
        return None
    rank, passed = share * whole, 0
    for lower in sorted(counts):
        number = counts[lower]
        if passed + number >= rank:
            return round(lower + _WIDTHS[lower] * (rank - passed) / number)
        passed += number
    return None


def together(by_service: Mapping[str, Mapping[int, int]]) -> dict[int, int]:
    """The classes of all services at once."""
    whole: dict[int, int] = {}
    for counts in by_service.values():
        for lower, number in counts.items():
            whole[lower] = whole.get(lower, 0) + number
    return whole


_STEPS = (0, 60, 120, 180, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 14_400, 86_401)


def histogram(counts: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """Few steps that a person can take in: from, to (s), sessions."""
    return [
        (low, high, sum(number for lower, number in counts.items() if low <= lower < high))
        for low, high in pairwise(_STEPS)
    ]
