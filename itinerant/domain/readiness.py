"""Whether a brigade may open: what articles 45 and 53 ask, and what a day on the road needs, from one check's answers.

* An answer that nobody could give is said as such; it is a gap, never a yes.
* Without a public terminal or anybody to guide, the norm's minimum for itinerant attention is not met: not ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from itinerant.domain import words
from itinerant.domain.fields import Value
from itinerant.domain.rules import Elements, Requirement, article_45, article_53
from itinerant.texts import _, ngettext

LEAST_BATTERY_PCT = 30
LEAST_DISK_MB = 200
MOST_SKEW_S = 300
OLD_CATALOGUE_D = 45
"""A campaign lasts up to 40 days; an older catalogue was not brought up to date before it."""

ASKED = ("readers", "drivers", "infrastructure", "privacy", "trained", "signing", "verifying")
"""Fields that are answered yes, no or unknown: what art. 53 looks for."""

_ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` is a value of the field `verdict`; `gaps` are the sentences of what is missing or unknown."""

    code: str
    gaps: tuple[str, ...]


def requirements(values: Mapping[str, Value]) -> tuple[Requirement, ...]:
    """What articles 45 and 53 ask, against the answers of a check (fields of READINESS)."""
    capacity = values.get("capacity")
    answers = {name: _ANSWERS.get(str(values.get(name))) for name in ASKED}
    return (
        *article_45(
            capacity if isinstance(capacity, int) else None,
            True,
            _number(values, "terminals"),
            _number(values, "guides"),
        ),
        *article_53(Elements(**answers)),
    )


def equipment(values: Mapping[str, Value]) -> tuple[Requirement, ...]:
    """What no article asks and a day on the road needs: clock, battery, disk, catalogue. `met` is None when it could
    not be measured."""
    skew, battery = values.get("clock_skew_s"), values.get("battery_pct")
    disk, age = values.get("disk_free_mb"), values.get("catalogue_age_d")
    return (
        _measured(
            "clock",
            skew,
            abs(_whole(skew)) <= MOST_SKEW_S,
            _("Reloj: {n} de diferencia"),
            words.duration(abs(_whole(skew))),
        ),
        _measured("battery", battery, _whole(battery) >= LEAST_BATTERY_PCT, _("Batería: {n}"), f"{battery} %"),
        _measured("disk", disk, _whole(disk) >= LEAST_DISK_MB, _("Disco: {n} libres"), _size(_whole(disk))),
        _measured(
            "catalogue",
            age,
            _whole(age) <= OLD_CATALOGUE_D,
            _("Catálogo: de hace {n}"),
            ngettext("{n} día", "{n} días", _whole(age)).format(n=age),
        ),
    )


def _measured(code: str, value: Value, good: bool, sentence: str, shown: str) -> Requirement:
    if not isinstance(value, int):
        return Requirement(code, "", None, sentence.format(n=_("no comprobado")))
    return Requirement(code, "", good, sentence.format(n=shown))


def _size(megabytes: int) -> str:
    return f"{megabytes // 1000} GB" if megabytes >= 10_000 else f"{megabytes} MB"


def verdict(values: Mapping[str, Value]) -> Verdict:
    """The check's conclusion."""
    asked = (*requirements(values), *equipment(values))
    gaps = tuple(one.sentence for one in asked if one.met is not True)
    unmet = {one.code for one in asked if one.met is False}
    if unmet & {"terminals", "guides"} and (not _number(values, "terminals") or not _number(values, "guides")):
        return Verdict("not_ready", gaps)
    return Verdict("with_gaps" if gaps else "ready", gaps)


def _number(values: Mapping[str, Value], name: str) -> int:
    return _whole(values.get(name))


def _whole(value: Value) -> int:
    return value if isinstance(value, int) else 0
