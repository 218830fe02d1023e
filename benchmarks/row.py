"""One measurement, as every benchmark returns it: `run() -> list[Row]`."""

from __future__ import annotations

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
