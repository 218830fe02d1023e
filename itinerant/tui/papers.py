"""The acta and the report of visits, put together from what a laptop holds. Knows no screen: commands use it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from itinerant.domain.acta import Acta
from itinerant.domain.fields import Value
from itinerant.domain.summary import Summary
from itinerant.errors import UserError
from itinerant.reference import districts
from itinerant.texts import _
from itinerant.tui.ports import Laptop, Row

MOST_VISITS = 500
"""A laptop keeps the visits of a campaign or two; what is older was erased from it."""


@dataclass(frozen=True, slots=True)
class Report:
    """Some visits in figures, and over what they go."""

    title: str
    visits: Sequence[Row]
    summary: Summary
    goal: int | None = None
    """Attentions that the campaign aims at."""


def acta_of(laptop: Laptop, ref: str) -> Acta:
    """The acta of a visit as the log stands now. Raises `UserError` when there is no such visit."""
    visit = laptop.get(ref)
    if visit is None or visit.kind != "visit":
        raise UserError(_("No existe la jornada {ref}.").format(ref=ref), code="no_record")
    checks = [row for row in laptop.list("readiness", where={"visit": ref}, limit=10) if not row.void]
    head = laptop.status()["head"]
    places, services = districts(), laptop.services

    def named(name: str, code: str) -> str:
        if name == "ubigeo":
            return places.label(code) if code else ""
        service = services.get(code) if name == "service" else None
        return f"{service.entity} · {service.name}" if service else code

    return Acta(
        visit=ref,
        values=visit.values,
        summary=laptop.summaries.of([ref]),
        readiness=checks[0].values if checks else {},
        device=laptop.device,
        seq=head["seq"],
        head=head["hash"],
        named=named,
    )


def report_of(laptop: Laptop, ref: str) -> Report:
    """One visit in figures."""
    visit = laptop.get(ref)
    if visit is None:
        raise UserError(_("No existe la jornada {ref}.").format(ref=ref), code="no_record")
    return Report(str(visit.values.get("place") or ref), [visit], laptop.summaries.of([ref]))


def reports(laptop: Laptop) -> list[Report]:
    """The open or latest visit, each campaign that has visits here, and all the visits that the laptop holds."""
    visits = [row for row in laptop.list("visit", limit=MOST_VISITS) if not row.void]
    found = [report_of(laptop, visits[0].record)] if visits else []
    stops = {row.record: row.values for row in laptop.list("stop", limit=MOST_VISITS)}
    for campaign in laptop.list("campaign", limit=20):
        own = [row for row in visits if _campaign(stops, row.values) == campaign.record]
        if own:
            goal = campaign.values.get("goal_sessions")
            title = str(campaign.values.get("name") or campaign.record)
            found.append(Report(title, own, _sum(laptop, own), goal if isinstance(goal, int) else None))
    found.append(Report(_("Toda la laptop"), visits, _sum(laptop, visits)))
    return found


def _sum(laptop: Laptop, visits: Sequence[Row]) -> Summary:
    return laptop.summaries.of([row.record for row in visits])


def _campaign(stops: Mapping[str, Mapping[str, Value]], visit: Mapping[str, Value]) -> Any:
    return stops.get(str(visit.get("stop")), {}).get("campaign")
