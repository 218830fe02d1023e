"""One measurement, as every benchmark returns it: `run() -> list[Row]`."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured. `baseline` was measured in the same run, on the same machine, in the same `unit`."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    limit: float | None = None
    """What the project promises: the most that `ratio` may be (the most that `value` may be, without a baseline)."""
    at_least: bool = False
    """Whether `limit` is a least, as for a throughput."""
    spread: float | None = None
    """Half the distance between the quartiles, in `unit`, where the value is a median of several."""

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of its baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def kept(self) -> bool | None:
        """Whether the promise holds; None when there is none."""
        if self.limit is None:
            return None
        measured = self.value if self.ratio is None else self.ratio
        return measured >= self.limit if self.at_least else measured <= self.limit


def of(name: str, samples: Sequence[float], unit: str, *, scale: float = 1, **more: float | None) -> Row:
    """The median of several runs and their spread; `scale` turns the samples into `unit`."""
    scaled = [sample * scale for sample in samples]
    if len(scaled) < 2:
        return Row(name, scaled[0], unit, **more)  # type: ignore[arg-type]  # the rest of Row's numbers
    low, _middle, high = statistics.quantiles(scaled, n=4, method="inclusive")
    return Row(name, statistics.median(scaled), unit, spread=(high - low) / 2, **more)  # type: ignore[arg-type]
