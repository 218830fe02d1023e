"""What attentions come to: how many of each, at what hours, how long they took. The unit is the attention, never the
person.

Median and 90th percentile are of the nearest rank (ISO 3534): a duration that some attention really had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from itinerant.domain import words
from itinerant.domain.fields import Value

COUNTED = ("service", "outcome", "cause", "access", "segment", "language", "age_band", "card")
"""Fields whose values are counted."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Attentions of some visits; annulled ones are left out of everything but `void`.

    `by` counts by field and value, most first; a field left blank is not counted. `by_hour`: hour of the day in Peru.
    Times in seconds, None without attentions.
    """

    total: int
    void: int
    fee_cents: int
    by: Mapping[str, Mapping[str, int]]
    by_hour: Mapping[int, int]
    seconds: int
    median_s: int | None
    p90_s: int | None

    def as_dict(self) -> dict[str, object]:
        """For a machine."""
        return {
            "total": self.total,
            "void": self.void,
            "fee_cents": self.fee_cents,
            "seconds": self.seconds,
            "median_s": self.median_s,
            "p90_s": self.p90_s,
            "by_hour": {f"{hour:02}": count for hour, count in self.by_hour.items()},
            **{f"by_{name}": dict(counts) for name, counts in self.by.items()},
        }


def summarise(sessions: Iterable[tuple[Mapping[str, Value], bool]]) -> Summary:
    """Sum up sessions, each with whether it is void."""
    tallies: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
    hours: Counter[int] = Counter()
    durations: list[int] = []
    void = fee = 0
    for values, annulled in sessions:
        if annulled:
            void += 1
            continue
        for name, tally in tallies.items():
            value = values.get(name)
            if isinstance(value, str):
                tally[value] += 1
        hours[int(words.clock(_integer(values.get("started_at")))[:2])] += 1
        durations.append(_integer(values.get("duration_s")))
        fee += _integer(values.get("fee_cents"))
    durations.sort()
    return Summary(
        total=len(durations),
        void=void,
        fee_cents=fee,
        by={name: dict(sorted(tally.items(), key=lambda item: (-item[1], item[0]))) for name, tally in tallies.items()},
        by_hour=dict(sorted(hours.items())),
        seconds=sum(durations),
        median_s=rank(durations, 50),
        p90_s=rank(durations, 90),
    )


def rank(ordered: Sequence[int], percent: int) -> int | None:
    """The percentile of the nearest rank; None of nothing. `ordered` ascends; `percent` is from 1 to 100."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


def _integer(value: Value) -> int:
    return value if isinstance(value, int) else 0
