"""What the regulator asks besides: time, cost, coverage, terminals, and the periodic report to the ONGEI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, select

from itinerant.domain import rules
from itinerant.reference import districts
from itinerant.texts import _
from server import rollups
from server.queries import totals
from server.queries.totals import Scope
from server.reports import costs as method
from server.reports import times as classes
from server.reports.costs import Cost
from server.reports.counts import services
from server.reports.parts import catalogue, ranked, service_name, sessions_column
from server.reports.table import CENTS, COUNT, SECONDS, Cell, Column, Table
from server.tables import RECORDS

_MOST_VISITS = 2_000
"""Visits that the report of terminals lists; how many there are is said."""


def times(connection: Connection, scope: Scope) -> Sequence[Table]:
    found = totals.totals(
        connection,
        scope,
        [rollups.TIMED, rollups.SECONDS, rollups.WAITED, rollups.WAITING, rollups.DURATION_BIN, rollups.WAITING_BIN],
    )
    durations, waits = classes.classes(found[rollups.DURATION_BIN]), classes.classes(found[rollups.WAITING_BIN])
    known = catalogue(connection)

    def row(code: str, label: str, lasted: Mapping[int, int], waited: Mapping[int, int], *sums: int) -> Sequence[Cell]:
        timed, seconds, known_waits, waiting = sums
        return (
            code,
            label,
            timed,
            round(seconds / timed) if timed else None,
            classes.percentile(lasted, 0.5),
            classes.percentile(lasted, 0.9),
            known_waits,
            round(waiting / known_waits) if known_waits else None,
            classes.percentile(waited, 0.5),
            classes.percentile(waited, 0.9),
        )

    sums = (rollups.TIMED, rollups.SECONDS, rollups.WAITED, rollups.WAITING)
    whole_lasted, whole_waited = classes.together(durations), classes.together(waits)
    rows = [row("", _("Todos los servicios"), whole_lasted, whole_waited, *(sum(found[s].values()) for s in sums))]
    for code, _number in ranked(found[rollups.TIMED]):
        rows.append(
            row(
                code,
                service_name(known, code),
                durations.get(code, {}),
                waits.get(code, {}),
                *(found[s].get(code, 0) for s in sums),
            )
        )
    columns = (
        Column("service", _("Servicio")),
        Column("name", _("Nombre")),
        Column("timed", _("Atenciones medidas"), COUNT, _("atenciones")),
        Column("mean_s", _("Duración media"), SECONDS),
        Column("median_s", _("Mediana"), SECONDS),
        Column("p90_s", _("Percentil 90"), SECONDS),
        Column("waited", _("Con espera medida"), COUNT, _("atenciones")),
        Column("wait_mean_s", _("Espera media"), SECONDS),
        Column("wait_median_s", _("Mediana"), SECONDS),
        Column("wait_p90_s", _("Percentil 90"), SECONDS),
    )
    note = _(
        "Las medias son exactas. Medianas y percentiles salen de clases de 1 minuto hasta una hora, de 5 minutos hasta"
        " cuatro y de una hora después: ese es su error máximo."
    )
    steps: list[Sequence[Cell]] = [(_step(low, high), n) for low, high, n in classes.histogram(whole_lasted)]
    waiting_steps: list[Sequence[Cell]] = [(_step(low, high), n) for low, high, n in classes.histogram(whole_waited)]
    heads = (Column("class", _("Duración")), sessions_column())
    wait_heads = (Column("class", _("Espera")), sessions_column())
    return [
        Table("times", _("Tiempo por transacción"), columns, rows, (note,)),
        Table("duration", _("Cuánto duran"), heads, steps, chart=("class", "sessions")),
        Table("waiting", _("Cuánto esperan"), wait_heads, waiting_steps, chart=("class", "sessions")),
    ]


def costs(connection: Connection, scope: Scope) -> Sequence[Table]:
    sessions = totals.totals(connection, scope, ["service"])["service"]
    spent = list(_spent(connection, scope))
    campaigns = {cost.campaign for cost in spent if cost.campaign and cost.nature == "variable"}
    by_campaign = {
        ref: totals.totals(connection, Scope(scope.period, scope.brigade, scope.ubigeo, ref), ["service"])["service"]
        for ref in sorted(campaigns)
    }
    found = method.spread(spent, scope.period, sessions, by_campaign)
    known, whole = catalogue(connection), sum(sessions.values())
    rows: list[Sequence[Cell]] = [
        (
            "",
            _("Todos los servicios"),
            whole,
            found.fixed,
            found.variable,
            round((found.fixed + found.variable) / whole) if whole else None,
        )
    ]
    for code, number in ranked(sessions):
        fixed, variable = found.by_service.get(code, (0, 0))
        name = service_name(known, code)
        rows.append((code, name, number, fixed, variable, round((fixed + variable) / number)))
    columns = (
        Column("service", _("Servicio")),
        Column("name", _("Nombre")),
        sessions_column(),
        Column("fixed_cents", _("Costo fijo"), CENTS),
        Column("variable_cents", _("Costo variable"), CENTS),
        Column("per_transaction_cents", _("Costo por transacción"), CENTS),
    )
    notes = (
        _(
            "Un costo fijo se reparte por igual entre los días que cubre; cuenta la parte que cae en el periodo y se"
            " divide por igual entre todas sus atenciones."
        ),
        _(
            "Un costo variable es de su servicio; si es de una campaña o jornada, se divide entre las atenciones de la"
            " campaña; si no dice, entre todas."
        ),
    )
    behind: dict[Cell, str] = {"": "/registros/cost"}
    return [Table("costs", _("Costo por transacción"), columns, rows, notes, behind)]


def coverage(connection: Connection, scope: Scope) -> Sequence[Table]:
    stop = RECORDS["stop"]
    first, last = scope.period.first.isoformat(), scope.period.last.isoformat()
    wanted = [~stop.c.void, stop.c.starts_on.between(first, last)]
    if scope.brigade:
        wanted.append(stop.c.brigade == scope.brigade)
    planned = connection.execute(select(stop.c.record, stop.c.ubigeo, stop.c.campaign).where(*wanted)).all()
    reached = totals.reached(connection, scope)
    asked = {row.ubigeo for row in planned}
    rows: list[Sequence[Cell]] = [
        (_("Distritos"), len(asked), len(asked & reached), len(reached - asked)),
        (_("Provincias"), *_at_level(asked, reached, 4)),
        (_("Departamentos"), *_at_level(asked, reached, 2)),
    ]
    columns = (
        Column("level", _("Nivel")),
        Column("planned", _("Planificados"), COUNT),
        Column("reached", _("De ellos, con jornada"), COUNT),
        Column("unplanned", _("Con jornada sin plan"), COUNT),
    )
    places = districts()
    missing: list[Sequence[Cell]] = [(code, places.label(code)) for code in sorted(asked - reached)]
    lacking = (Column("ubigeo", _("UBIGEO")), Column("district", _("Distrito")))
    note = _("Planificado: puntos de campaña cuyo inicio cae en el periodo. Alcanzado: al menos una jornada abierta.")
    return [
        Table("coverage", _("Cobertura"), columns, rows, (note,)),
        Table("unreached", _("Distritos planificados sin jornada"), lacking, missing),
    ]


def terminals(connection: Connection, scope: Scope) -> Sequence[Table]:
    rows: list[Sequence[Cell]] = []
    count, short = totals.few_terminals(connection, scope, _MOST_VISITS)
    for row in short:
        needed = rules.terminals_required(row.capacity, itinerant=True)
        rows.append((row.record, row.scope, row.place, row.capacity, needed, row.terminals))
    columns = (
        Column("visit", _("Jornada")),
        Column("brigade", _("Brigada")),
        Column("place", _("Localidad")),
        Column("capacity", _("Aforo"), COUNT),
        Column("needed", _("Terminales que pide la norma"), COUNT),
        Column("present", _("Terminales presentes"), COUNT),
    )
    note = _(
        "Reglamento de la Ley 29904, art. 45 a y b: una por cada 50 de aforo o resto mayor de 25; itinerante, una."
    )
    notes = [note]
    if count > len(rows):
        notes.append(_("Son {count}; se listan las {n} más recientes.").format(count=count, n=len(rows)))
    behind: dict[Cell, str] = {row[0]: f"/registro/{row[0]}" for row in rows}
    return [Table("terminals", _("Jornadas con menos terminales que las debidas"), columns, rows, notes, behind)]


def ongei(connection: Connection, scope: Scope) -> Sequence[Table]:
    cap = RECORDS["cap"]
    listed = connection.execute(select(cap).where(~cap.c.void).order_by(cap.c.code)).all()
    places = districts()
    rows: list[Sequence[Cell]] = [
        (
            row.code,
            row.registry_number,
            row.name,
            row.type,
            places.label(row.ubigeo) if row.ubigeo else None,
            row.hours,
            row.terminals,
        )
        for row in listed
    ]
    columns = (
        Column("cap", _("CAP")),
        Column("registry_number", _("Número en la Red Nacional")),
        Column("name", _("Nombre")),
        Column("type", _("Tipo")),
        Column("district", _("Distrito")),
        Column("hours", _("Horario")),
        Column("terminals", _("Terminales"), COUNT),
    )
    registry = Table("caps", _("Centros registrados"), columns, rows)
    return [
        registry,
        *services(connection, scope),
        *costs(connection, scope),
        *times(connection, scope),
        *coverage(connection, scope)[:1],
    ]


def _at_level(asked: set[str], reached: set[str], digits: int) -> tuple[int, int, int]:
    planned, got = {code[:digits] for code in asked}, {code[:digits] for code in reached}
    return len(planned), len(planned & got), len(got - planned)


def _spent(connection: Connection, scope: Scope) -> Iterator[Cost]:
    cost, visit, stop = RECORDS["cost"], RECORDS["visit"], RECORDS["stop"]
    joined = cost.outerjoin(visit, visit.c.record == cost.c.visit).outerjoin(stop, stop.c.record == visit.c.stop)
    wanted = [~cost.c.void, ~cost.c.partial]
    if scope.brigade:
        wanted.append(cost.c.brigade.is_(None) | (cost.c.brigade == scope.brigade))
    columns = (
        cost.c.nature,
        cost.c.amount_cents,
        cost.c.spent_on,
        cost.c.until,
        cost.c.service,
        cost.c.campaign,
        stop.c.campaign.label("of_visit"),
    )
    for row in connection.execute(select(*columns).select_from(joined).where(*wanted).order_by(cost.c.record)):
        yield Cost(
            row.nature,
            row.amount_cents,
            date.fromisoformat(row.spent_on),
            date.fromisoformat(row.until) if row.until else None,
            row.service or "",
            row.campaign or row.of_visit or "",
        )


def _step(low: int, high: int) -> str:
    if high > 86_400:
        return _("{n} h o más").format(n=low // 3_600)
    if high >= 7_200:
        return _("{low} a {high} h").format(low=low // 3_600, high=high // 3_600)
    return _("{low} a {high} min").format(low=low // 60, high=high // 60)
