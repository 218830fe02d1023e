"""Cost per transaction (modelo CAP EGOB, B and C.9), by a method that is written down and can be checked by hand.

* A fixed cost that covers from one day to another is spread evenly over those days; the part inside the period counts.
  A fixed cost of one day counts when that day is inside. The whole is divided evenly among the period's attentions.
* A variable cost of a service is that service's; one of a campaign (or of a visit in it) is divided evenly among that
  campaign's attentions; any other among all attentions.
* All in whole cents (hundredths of a sol): what the division leaves over is added to the last share, so that the
  shares add up to the costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from server.reports.period import Period


@dataclass(frozen=True, slots=True)
class Cost:
    """One cost record. `until` is the last day that a fixed cost covers; `campaign` is a record, or empty."""

    nature: str
    cents: int
    spent_on: date
    until: date | None = None
    service: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Shares:
    """What a period cost: cents in all by nature, and by service (fixed, variable)."""

    fixed: int
    variable: int
    by_service: Mapping[str, tuple[int, int]]


def within(cost: Cost, period: Period) -> int:
    """The cents of a cost that fall in a period."""
    last = cost.until if cost.nature == "fixed" and cost.until and cost.until > cost.spent_on else cost.spent_on
    first_inside, last_inside = max(cost.spent_on, period.first), min(last, period.last)
    if last_inside < first_inside:
        return 0
    days, whole = (last_inside - first_inside).days + 1, (last - cost.spent_on).days + 1
    return round(Fraction(cost.cents * days, whole))


def spread(
    costs: Iterable[Cost],
    period: Period,
    sessions: Mapping[str, int],
    of_campaigns: Mapping[str, Mapping[str, int]],
) -> Shares:
    """The costs of a period, divided among its services. `sessions`: attentions by service, in all and by campaign."""
    fixed = variable = 0
    shares: dict[str, list[Fraction]] = {service: [Fraction(0), Fraction(0)] for service in sorted(sessions)}
    for cost in costs:
        cents = within(cost, period)
        if not cents:
            continue
        place = 0 if cost.nature == "fixed" else 1
        if place == 0:
            fixed += cents
        else:
            variable += cents
        if place and cost.service in sessions:
            among: Mapping[str, int] = {cost.service: 1}
        else:
            among = (of_campaigns.get(cost.campaign) if place and cost.campaign else None) or sessions
        whole = sum(among.values())
        for service, number in among.items():
            shares.setdefault(service, [Fraction(0), Fraction(0)])[place] += Fraction(cents * number, whole)
    rounded = [
        _whole([share[place] for share in shares.values()], total) for place, total in ((0, fixed), (1, variable))
    ]
    by_service = dict(zip(shares, zip(*rounded, strict=True), strict=True)) if sessions else {}
    return Shares(fixed, variable, by_service)


def _whole(shares: Sequence[Fraction], total: int) -> list[int]:
    """Shares in whole cents that add up to the total: what rounding leaves goes to the last that has any."""
    rounded = [round(share) for share in shares]
    for place in range(len(rounded) - 1, -1, -1):
        if rounded[place]:
            rounded[place] += total - sum(rounded)
            break
    return rounded
