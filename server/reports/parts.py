"""What several reports need: columns, orders, names, and where the rows behind a figure are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from sqlalchemy import Connection, select

from itinerant.texts import _
from server.queries.totals import Scope
from server.reports.table import COUNT, Column
from server.tables import RECORDS


def sessions_column() -> Column:
    """The column that counts attentions."""
    return Column("sessions", _("Atenciones"), COUNT, _("atenciones"))


def visits_column() -> Column:
    """The column that counts visits."""
    return Column("visits", _("Jornadas"), COUNT, _("jornadas"))


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Values and numbers, the largest first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def behind(scope: Scope, name: str) -> Callable[[str], str]:
    """Where the sessions behind a value of a field are, on the page."""
    first, last = scope.period.first.isoformat(), scope.period.last.isoformat()
    query = {"dia_desde": first, "dia_hasta": last, **({"scope": scope.brigade} if scope.brigade else {})}
    return lambda value: f"/registros/session?{urlencode({**query, name: value})}"


def catalogue(connection: Connection) -> dict[str, tuple[str, str, str, str]]:
    """Entity, name, access and stage of each service's code; of those that are not annulled where there are several."""
    service = RECORDS["service"]
    columns = (service.c.code, service.c.entity, service.c.name, service.c.access, service.c.stage)
    statement = select(*columns).where(~service.c.partial).order_by(service.c.void.desc(), service.c.made_seq)
    return {
        code: (entity or "", name or "", access or "", stage or "")
        for code, entity, name, access, stage in connection.execute(statement)
        if code
    }


def service_name(known: Mapping[str, tuple[str, str, str, str]], code: str) -> str:
    """What a service is called; its code where the catalogue does not know it, so that two such are not one name."""
    name = known[code][1] if code in known else ""
    return name or _("fuera del catálogo: {code}").format(code=code)


def record_names(connection: Connection, kind: str, field: str) -> dict[str, str]:
    """What the records of a kind are called."""
    source = RECORDS[kind]
    return {ref: name for ref, name in connection.execute(select(source.c.record, source.c[field])) if name}
