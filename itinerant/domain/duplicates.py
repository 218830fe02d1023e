"""Possible duplicates: the same attention logged on two laptops. Proposed to people, never merged by itself.

* Two attentions of different laptops are alike when they are of one visit and one service, at one terminal or by one
  person, and overlap in time.
* Both laptops write by their own clocks: up to `MARGIN_MS` between the end of one and the beginning of the other is
  still an overlap. Clocks that are further apart hide a duplicate; nothing else depends on them.
* Confirming annuls one with a reference to the other; dismissing writes in one that it is not the other. Both are
  changes like any other, so all who know them agree, and both can be reversed.
* Two people who confirm the same pair the other way round annul both: that pair is proposed again, as `lost`.
* Pure; the office and the laptops use these very functions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from itinerant.domain.fields import VOID, Value

MARGIN_MS = 120_000
"""How far two laptops' clocks may be apart, in ms."""

NEAREST = 50
"""Attentions before it with which one is compared, at most: so many at once are no duplicates but a wrong duration."""


@dataclass(frozen=True, slots=True)
class Attention:
    """What the rule looks at in a session. `by` is who logged it, `started_at` ms by that laptop's clock."""

    record: str
    by: str
    visit: str
    service: str
    terminal: str | None
    started_at: int
    duration_s: int
    void: bool
    duplicate_of: str | None
    distinct_from: tuple[str, ...] = ()

    @property
    def device(self) -> str:
        """The laptop that logged it."""
        return self.record.rsplit("-", 1)[0]

    @property
    def ends_at(self) -> int:
        """ms, by the same clock as `started_at`."""
        return self.started_at + self.duration_s * 1_000


class Pair(NamedTuple):
    """Two attentions that may be one, in the order of their numbers. `lost`: each was annulled for repeating the other,
    so that neither counts."""

    first: str
    second: str
    lost: bool = False


def find(sessions: Iterable[Attention]) -> list[Pair]:
    """The pairs to propose among some sessions, in order; those of one visit must all be there."""
    groups: dict[tuple[str, str], list[Attention]] = defaultdict(list)
    annulled: dict[str, str] = {}
    for one in sessions:
        if not one.void:
            groups[one.visit, one.service].append(one)
        elif one.duplicate_of:
            annulled[one.record] = one.duplicate_of
    found = {pair for group in groups.values() for pair in _alike(group)}
    found.update(_pair(one, other, lost=True) for one, other in annulled.items() if annulled.get(other) == one)
    return sorted(found, key=lambda pair: (number(pair.first), number(pair.second)))


def _alike(group: list[Attention]) -> Iterator[Pair]:
    open_ones: list[Attention] = []
    for one in sorted(group, key=lambda each: (each.started_at, number(each.record))):
        open_ones = [other for other in open_ones if other.ends_at + MARGIN_MS >= one.started_at][-NEAREST:]
        for other in open_ones:
            if _are_alike(one, other):
                yield _pair(one.record, other.record)
        open_ones.append(one)


def _are_alike(one: Attention, other: Attention) -> bool:
    if one.device == other.device or other.record in one.distinct_from or one.record in other.distinct_from:
        return False
    return one.by == other.by or (one.terminal is not None and one.terminal == other.terminal)


def _pair(one: str, other: str, *, lost: bool = False) -> Pair:
    first, second = sorted((one, other), key=number)
    return Pair(first, second, lost)


def confirming(repeated: Attention, kept: Attention) -> Mapping[str, Mapping[str, Value]]:
    """What to write, by record, so that `repeated` is annulled for repeating `kept`, which counts."""
    altered: dict[str, Mapping[str, Value]] = {}
    if not (repeated.void and repeated.duplicate_of == kept.record):
        altered[repeated.record] = {VOID: True, "duplicate_of": kept.record}
    if kept.void:
        altered[kept.record] = {VOID: False, "duplicate_of": None}
    return altered


def dismissing(one: Attention, other: Attention) -> Mapping[str, Mapping[str, Value]]:
    """What to write, by record, so that both count and are not proposed again. It is written in the later number."""
    first, second = sorted((one, other), key=lambda each: number(each.record))
    back: Mapping[str, Value] = {VOID: False, "duplicate_of": None}
    altered: dict[str, Mapping[str, Value]] = {first.record: back} if first.void else {}
    known = sorted({*second.distinct_from, first.record}, key=number)
    altered[second.record] = {**(back if second.void else {}), "distinct_from": known}
    return altered


def number(record: str) -> tuple[str, int]:
    """A record's number as it is put in order."""
    device, _dash, seq = record.rpartition("-")
    return device, int(seq) if seq.isdigit() else 0
