"""The days that a laptop of the demonstration lived: visits opened, filled and closed by the clock of the story."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from itinerant.demo import sample
from itinerant.demo.sample import DAY_MS, SampleService
from itinerant.domain import readiness
from itinerant.domain.fields import Value

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop

CORRECTED = 0.03
"""Share of sessions that somebody corrects afterwards."""
_TYPING_MS = 4_000
_TERMINALS = 2
_SPARE_MS = 10 * 60_000
_CHECKED: Mapping[str, Value] = {
    **dict.fromkeys(readiness.ASKED, "yes"),
    "terminals": _TERMINALS,
    "guides": 1,
    "clock_skew_s": 2,
    "battery_pct": 91,
    "catalogue_age_d": 3,
    "verdict": "ready",
}
"""What was found before today's visit opened."""


@dataclass
class Clock:
    """A laptop's clock that can be set to a moment of the story; unset, it is the real one."""

    moment: int | None = None

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 if self.moment is None else self.moment


@dataclass
class Story:
    """Fills the log of one laptop. `services` are those of the catalogue that it received."""

    laptop: Laptop
    clock: Clock
    services: Sequence[SampleService]
    seed: int
    sessions: list[str] = field(default_factory=list)
    """Numbers of the sessions that were recorded."""

    def live(self, count: int, start_ms: int, stop: str) -> Iterator[str]:
        """Record `count` sessions from `start_ms` on, a visit a day at `stop`, some corrected, and yield each number.

        Every visit is closed when its day ends, the last one too.
        """
        rng = random.Random(self.seed)  # noqa: S311 - sample data, repeatable on purpose
        day: int | None = None
        for values in sample.sessions(count, self.seed, start_ms, self.services, ""):
            started = int(str(values["started_at"]))
            if day != (started - start_ms) // DAY_MS:
                if day is not None:
                    self.close_visit()
                day = (started - start_ms) // DAY_MS
                visit = self.open_visit(started - _SPARE_MS, stop)
            yield self._record({**values, "visit": visit}, rng)
        if day is not None:
            self.close_visit()
        self.clock.moment = None

    def open_visit(self, at: int, stop: str) -> str:
        """Open a visit at a stop of the campaign, at the moment `at` (ms)."""
        self.clock.moment = at
        place = self.laptop.get(stop)
        planned = {name: place.values[name] for name in ("ubigeo", "place", "capacity")} if place else {}
        present: Value = [self.laptop.person]
        return self.laptop.open_visit({"stop": stop, **planned, "terminals": _TERMINALS, "present": present})

    def close_visit(self) -> None:
        """Close the open visit a while after its last session."""
        self.clock.moment = self.clock() + _SPARE_MS
        self.laptop.close_visit()

    def today(self, count: int, stop: str) -> None:
        """Record `count` sessions (20 at most) of a visit that is still open: the last one ended minutes ago."""
        rng = random.Random(self.seed + 1)  # noqa: S311 - sample data, repeatable on purpose
        drafted = list(sample.sessions(min(count, 20), self.seed + 1, 0, self.services, ""))
        shift = time.time_ns() // 1_000_000 - _SPARE_MS - max((_end(values) for values in drafted), default=0)
        visit = self.open_visit(shift, stop)
        self.laptop.add("readiness", {**_CHECKED, "visit": visit, "checked_at": shift})
        for values in drafted:
            started = int(str(values["started_at"])) + shift
            self._record({**values, "started_at": started, "visit": visit}, rng)
        self.clock.moment = None

    def _record(self, values: Mapping[str, Value], rng: random.Random) -> str:
        self.clock.moment = _end(values) + rng.randrange(_TYPING_MS)
        record = self.laptop.add("session", values)
        self.sessions.append(record)
        if rng.random() < CORRECTED:
            altered, why = sample.correction(rng, values)
            self.clock.moment += rng.randrange(20_000, 200_000)
            self.laptop.amend(record, altered, why)
        return record


def _end(values: Mapping[str, Value]) -> int:
    return int(str(values["started_at"])) + 1_000 * int(str(values["duration_s"]))


def morning(days_ago: int) -> int:
    """Eight o'clock of that day, by this machine's own time (ms)."""
    day = datetime.now().astimezone() - timedelta(days=days_ago)
    return int(day.replace(hour=8, minute=0, second=0, microsecond=0).timestamp() * 1_000)


def days_for(count: int) -> int:
    """How many days back a story of `count` sessions must begin to be over before today: 15 a day is a slow table."""
    return 1 + count // 15
