"""The one-page CAP model of the regulation, filled from what the office has: nine blocks, each a few facts.

Source: Modelo CAP EGOB, B and C.1 to C.9; compliance: regulation of Law 29904, art. 45, and DS 052-2008-PCM, art. 53.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from itinerant.domain import words
from itinerant.domain.fields import Kind
from itinerant.domain.kinds import KINDS
from itinerant.texts import N_, _, ngettext
from server.queries import totals
from server.queries.totals import Scope
from server.tables import RECORDS


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the canvas: its title, the part of the model that asks for it, its facts, where more is."""

    title: str
    source: str
    facts: Sequence[str]
    path: str


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of art. 45 or 53 as the checks before visits found it: of how many checks, how many met it, not, or
    could not tell."""

    article: str
    title: str
    met: int
    unmet: int
    unknown: int


def canvas(connection: Connection, scope: Scope) -> list[Block]:
    """The nine blocks, for a period where it matters."""
    found = totals.totals(connection, scope, ["segment", "access", "channel", "mode", "service"])
    return [
        Block(N_("Segmentos"), "C.1", _shares("segment", found["segment"]), "/informes/segment"),
        Block(N_("Servicios"), "C.2", _shares("access", found["access"]), "/informes/services"),
        Block(N_("Canales"), "C.3", _shares("channel", found["channel"]), "/informes/channel"),
        Block(N_("Asistencia"), "C.4", _shares("mode", found["mode"]), "/informes/mode"),
        Block(N_("Financiamiento"), "C.5", _amounts(connection, "funding", "source"), "/registros/funding"),
        Block(N_("Recursos"), "C.6", _counts(connection, "resource", "category"), "/registros/resource"),
        Block(N_("Gestión"), "C.7", _management(connection), "/registros/training"),
        Block(N_("Red de aliados"), "C.8", _counts(connection, "ally", "sector"), "/registros/ally"),
        Block(N_("Costos"), "C.9", _amounts(connection, "cost", "category", scope), "/registros/cost"),
    ]


_ELEMENTS: Mapping[str, tuple[str, str]] = {
    "readers": ("53 a", N_("Lectores de tarjetas")),
    "drivers": ("53 a", N_("Controladores de los lectores")),
    "infrastructure": ("53 b", N_("Infraestructura adecuada")),
    "privacy": ("53 c", N_("Seguridad y sin datos personales")),
    "trained": ("53 d", N_("Personal capacitado")),
    "signing": ("53 e", N_("Software de firma digital")),
    "verifying": ("53 e", N_("Software que verifica firmas")),
}


def duties(connection: Connection, scope: Scope) -> list[Duty]:
    """What the checks of a period found."""
    readiness = RECORDS["readiness"]
    first, after = scope.period.instants()
    inside = (readiness.c.checked_at >= first) & (readiness.c.checked_at < after) & ~readiness.c.void
    mine = inside & (readiness.c.scope == scope.brigade) if scope.brigade else inside
    found = []
    for name, (article, title) in _ELEMENTS.items():
        column = readiness.c[name]
        rows = connection.execute(select(column, func.count()).where(mine).group_by(column))
        counts: dict[str, int] = {row[0]: row[1] for row in rows}
        known = counts.get("yes", 0) + counts.get("no", 0)
        found.append(Duty(article, title, counts.get("yes", 0), counts.get("no", 0), sum(counts.values()) - known))
    return found


def quality(connection: Connection, scope: Scope) -> dict[str, Any]:
    """Availability, continuity, capacity and security (C.7), each from what was measured in a period.

    `available`: hundredths of the time of the closed visits without what an incident took; `continued`: visits that
    were closed, of those opened; `sessions_a_visit`; `security`: incidents of that kind.
    """
    incident, visit = RECORDS["incident"], RECORDS["visit"]
    first, after = scope.period.instants()
    here = (visit.c.opened_at >= first) & (visit.c.opened_at < after) & ~visit.c.void & ~visit.c.partial
    when = (incident.c.found_at >= first) & (incident.c.found_at < after) & ~incident.c.void
    if scope.brigade:
        here, when = here & (visit.c.scope == scope.brigade), when & (incident.c.scope == scope.brigade)
    lasted = func.sum(visit.c.closed_at - visit.c.opened_at)
    closed = here & visit.c.closed_at.is_not(None) & (visit.c.closed_at > visit.c.opened_at)
    opened = connection.scalar(select(func.count()).select_from(visit).where(here)) or 0
    ended, ms = connection.execute(select(func.count(), lasted).where(closed)).one()
    down, count = connection.execute(select(func.sum(incident.c.downtime_min), func.count()).where(when)).one()
    security = select(func.count()).select_from(incident).where(when, incident.c.category == "security")
    minutes = int(ms or 0) // 60_000
    sessions = sum(totals.totals(connection, scope, ["mode"])["mode"].values())
    return {
        "available": round(100 * max(0, minutes - int(down or 0)) / minutes, 1) if minutes else None,
        "down_min": int(down or 0),
        "incidents": count,
        "opened": opened,
        "closed": ended,
        "sessions_a_visit": round(sessions / opened, 1) if opened else None,
        "security": connection.scalar(security) or 0,
    }


def _shares(name: str, counts: Mapping[str, int]) -> list[str]:
    field = KINDS["session"].by_name[name]
    whole = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [
        _("{label}: {n} ({share} %)").format(
            label=field.label_of(value) or _("Sin dato"), n=number, share=round(100 * number / whole)
        )
        for value, number in ranked
    ]


def _counts(connection: Connection, kind: str, by: str) -> list[str]:
    source, field = RECORDS[kind], KINDS[kind].by_name[by]
    statement = select(source.c[by], func.count()).where(~source.c.void, ~source.c.partial).group_by(source.c[by])
    rows = sorted(connection.execute(statement), key=lambda row: (-row[1], str(row[0])))
    return [f"{field.label_of(value) or _('Sin dato')}: {number}" for value, number in rows]


def _amounts(connection: Connection, kind: str, by: str, scope: Scope | None = None) -> list[str]:
    source, field = RECORDS[kind], KINDS[kind].by_name[by]
    wanted = [~source.c.void, ~source.c.partial]
    if scope is not None:
        period = scope.period
        wanted.append(source.c.spent_on.between(period.first.isoformat(), period.last.isoformat()))
    statement = select(source.c[by], func.sum(source.c.amount_cents)).where(*wanted).group_by(source.c[by])
    rows = sorted(connection.execute(statement), key=lambda row: (-int(row[1]), str(row[0])))
    return [f"{field.label_of(value)}: {words.soles(int(cents))}" for value, cents in rows]


def _management(connection: Connection) -> list[str]:
    facts = []
    cap = RECORDS["cap"]
    for name, hours in connection.execute(select(cap.c.name, cap.c.hours).where(~cap.c.void).order_by(cap.c.code)):
        facts.append(f"{name}: {hours}" if hours else str(name))
    for kind in (KINDS["training"], KINDS["outreach"]):
        facts.append(_how_many(connection, kind))
    return facts


def _how_many(connection: Connection, kind: Kind) -> str:
    source = RECORDS[kind.name]
    number = connection.scalar(select(func.count()).select_from(source).where(~source.c.void, ~source.c.partial)) or 0
    return ngettext("{label}: {n} registro", "{label}: {n} registros", number).format(label=_(kind.plural), n=number)
