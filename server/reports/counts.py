"""How many: attentions by each of the things that are known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from itinerant import reference
from itinerant.domain.catalogue import SERVICE
from itinerant.domain.fields import Field
from itinerant.domain.session import SESSION
from itinerant.texts import _
from server import rollups
from server.queries import totals
from server.queries.lists import names
from server.queries.totals import Scope
from server.reports.parts import behind, catalogue, ranked, record_names, service_name, sessions_column, visits_column
from server.reports.table import CENTS, SECONDS, SHARE, Cell, Column, Table, share

Maker = Callable[[Connection, Scope], Sequence[Table]]


def of_field(name: str) -> Maker:
    field = SESSION.by_name[name]

    def made(connection: Connection, scope: Scope) -> Sequence[Table]:
        counts = totals.totals(connection, scope, [name])[name]
        return [_counted(name, _(field.label), counts, lambda value: _label(field, value), behind(scope, name))]

    return made


def services(connection: Connection, scope: Scope) -> Sequence[Table]:
    found = totals.totals(
        connection, scope, ["service", rollups.TIMED, rollups.SECONDS, rollups.OUTCOME_OF, rollups.FEES]
    )
    known, entities = catalogue(connection), names(connection, "entity")
    whole = sum(found["service"].values())
    where = behind(scope, "service")
    rows: list[Sequence[Cell]] = []
    for code, number in ranked(found["service"]):
        entity = known[code][0] if code in known else ""
        timed = found[rollups.TIMED].get(code, 0)
        resolved = found[rollups.OUTCOME_OF].get(f"{code} resolved", 0)
        mean = round(found[rollups.SECONDS].get(code, 0) / timed) if timed else None
        rows.append(
            (
                code,
                service_name(known, code),
                entities.get(entity, entity),
                number,
                share(number, whole),
                share(resolved, number),
                mean,
                found[rollups.FEES].get(code, 0),
            )
        )
    columns = (
        Column("service", _("Servicio")),
        Column("name", _("Nombre")),
        Column("entity", _("Entidad")),
        sessions_column(),
        Column("share", _("Del total"), SHARE),
        Column("resolved", _("Resueltas"), SHARE),
        Column("mean_s", _("Duración media"), SECONDS),
        Column("fees_cents", _("Pagado por las personas"), CENTS),
    )
    links = {row[0]: where(str(row[0])) for row in rows}
    return [Table("services", _("Transacciones por servicio"), columns, rows, (), links, ("name", "sessions"))]


def of_catalogue(place: int, name: str, title: str, label: Callable[[Connection], Callable[[str], str]]) -> Maker:
    def made(connection: Connection, scope: Scope) -> Sequence[Table]:
        known = catalogue(connection)
        counts: dict[str, int] = {}
        for code, number in totals.totals(connection, scope, ["service"])["service"].items():
            value = known.get(code, ("", "", "", ""))[place]
            counts[value] = counts.get(value, 0) + number
        note = _("Según el catálogo de hoy; lo que no está en él va sin dato.")
        return [_counted(name, _(title), counts, label(connection), None, (note,))]

    return made


def brigades(connection: Connection, scope: Scope) -> Sequence[Table]:
    named = names(connection, "brigade")
    counts = {code: sum(values.values()) for code, values in totals.by_brigade(connection, scope, "mode").items()}
    return [_counted("brigades", _("Brigada"), counts, lambda code: named.get(code, code), behind(scope, "scope"))]


def months(connection: Connection, scope: Scope) -> Sequence[Table]:
    counts = {f"{month // 100}-{month % 100:02}": n for month, n in totals.by_month(connection, scope).items()}
    rows: list[Sequence[Cell]] = [(month, counts[month]) for month in sorted(counts)]
    columns = (Column("month", _("Mes")), sessions_column())
    return [Table("months", _("Transacciones por mes"), columns, rows, chart=("month", "sessions"))]


def districts(connection: Connection, scope: Scope) -> Sequence[Table]:
    places = reference.districts()
    rows: list[Sequence[Cell]] = [
        (code, places.label(code) if code else _("Sin dato"), sessions, count)
        for code, sessions, count in sorted(totals.by_place(connection, scope), key=lambda row: (-row[1], row[0]))
    ]
    columns = (Column("ubigeo", _("UBIGEO")), Column("district", _("Distrito")), sessions_column(), visits_column())
    note = _("El distrito es el de la jornada.")
    return [Table("districts", _("Transacciones por distrito"), columns, rows, (note,), {}, ("district", "sessions"))]


def campaigns(connection: Connection, scope: Scope) -> Sequence[Table]:
    named = record_names(connection, "campaign", "name")
    rows: list[Sequence[Cell]] = [
        (ref, named.get(ref, ref) or _("Fuera de campaña"), sessions, count)
        for ref, sessions, count in sorted(totals.by_campaign(connection, scope), key=lambda row: (-row[1], row[0]))
    ]
    columns = (Column("campaign", _("Registro")), Column("name", _("Campaña")), sessions_column(), visits_column())
    return [Table("campaigns", _("Transacciones por campaña"), columns, rows, (), {}, ("name", "sessions"))]


def _counted(
    name: str,
    heading: str,
    counts: Mapping[str, int],
    label: Callable[[str], str],
    where: Callable[[str], str] | None,
    notes: Sequence[str] = (),
) -> Table:
    whole = sum(counts.values())
    rows: list[Sequence[Cell]] = [
        (value, label(value) if value else _("Sin dato"), number, share(number, whole))
        for value, number in ranked(counts)
    ]
    columns = (
        Column(name, _("Código")),
        Column("label", heading),
        sessions_column(),
        Column("share", _("Del total"), SHARE),
    )
    links: dict[Cell, str] = {row[0]: where(str(row[0])) for row in rows if row[0]} if where else {}
    return Table(
        name,
        _("Transacciones: {what}").format(what=heading.lower()),
        columns,
        rows,
        notes,
        links,
        ("label", "sessions"),
    )


def _label(field: Field, value: str) -> str:
    return field.label_of(int(value) if value.isdigit() and field.name == "satisfaction" else value)


def entity_label(connection: Connection) -> Callable[[str], str]:
    named = names(connection, "entity")
    return lambda code: named.get(code, code)


def stage_label(_connection: Connection) -> Callable[[str], str]:
    return SERVICE.by_name["stage"].label_of
