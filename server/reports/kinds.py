"""Every report of the office by its name: what its tables hold, how their figures are made, and where the rows are.

* The unit is the attention, never the person (`domain.session`).
* Records that wait in quarantine or are annulled count in none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from itinerant.domain.session import SESSION
from itinerant.errors import UserError
from itinerant.texts import N_, _
from server.queries.totals import Scope
from server.reports import counts, duties
from server.reports.counts import Maker
from server.reports.table import Table


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its name for programs, its title, and what makes its tables."""

    name: str
    title: str
    make: Maker


def make(connection: Connection, name: str, scope: Scope) -> tuple[Report, Sequence[Table]]:
    """The tables of a report. Raises `UserError` for one that does not exist."""
    report = REPORTS.get(name)
    if report is None:
        raise UserError(
            _("No existe el informe «{name}».").format(name=name[:40]), next_step=", ".join(REPORTS), code="no_report"
        )
    return report, report.make(connection, scope)


REPORTS: Mapping[str, Report] = {
    report.name: report
    for report in (
        Report("services", N_("Transacciones por servicio"), counts.services),
        Report(
            "entities",
            N_("Transacciones por entidad"),
            counts.of_catalogue(0, "entities", N_("Entidad"), counts.entity_label),
        ),
        Report("costs", N_("Costo por transacción"), duties.costs),
        Report("times", N_("Tiempo por transacción"), duties.times),
        Report("ongei", N_("Informe periódico a la ONGEI"), duties.ongei),
        Report("coverage", N_("Cobertura de distritos"), duties.coverage),
        Report("terminals", N_("Terminales y aforo"), duties.terminals),
        Report("districts", N_("Transacciones por distrito"), counts.districts),
        Report("campaigns", N_("Transacciones por campaña"), counts.campaigns),
        Report("brigades", N_("Transacciones por brigada"), counts.brigades),
        Report("months", N_("Transacciones por mes"), counts.months),
        Report(
            "stages", N_("Transacciones por etapa"), counts.of_catalogue(3, "stages", N_("Etapa"), counts.stage_label)
        ),
        *(
            Report(name, SESSION.by_name[name].label, counts.of_field(name))
            for name in (
                "access",
                "mode",
                "channel",
                "segment",
                "outcome",
                "cause",
                "language",
                "age_band",
                "sex",
                "card",
                "connectivity",
                "satisfaction",
            )
        ),
    )
}
