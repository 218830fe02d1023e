"""Reports that may be published: those of the public edition (`exports.public`), in a report's formats.

* The same rows, of the same months, and nothing besides: so a published report gives nobody anything to subtract from
  the edition, or from another report.
* Hence no other period, no filter, no shares, no totals; and no report whose figures would give small ones away.
"""

from __future__ import annotations

from collections.abc import Sequence

from itinerant.domain.session import SESSION
from itinerant.errors import UserError
from itinerant.texts import _
from server.exports import public
from server.exports.suppression import Row
from server.office import Office
from server.queries.totals import Scope
from server.reports import kinds
from server.reports.formats import Made
from server.reports.parts import sessions_column
from server.reports.period import Period
from server.reports.table import SECONDS, Cell, Column, Table

PLACES = "districts"
NAMES = (PLACES, *public.BREAKDOWNS)
"""The reports that have a public version."""


def make(office: Office, name: str, month: str, k: int = public.K) -> Made:
    """The public version of a report for a month that is over (`2025-11`), in rows of `k` attentions or more.

    Raises `UserError` for a report that has none, and as `exports.public.protected` does.
    """
    if name not in NAMES:
        raise UserError(
            _("Ese informe no se publica: con sus cifras se podrían despejar las chicas."),
            next_step=_("Se publican: {names}.").format(names=", ".join(NAMES)),
            place=name[:40],
            code="not_public",
        )
    edition = public.protected(office, month, k)
    report = kinds.REPORTS[name]
    table = _places(edition.rows[public.PLACES]) if name == PLACES else _values(name, edition.rows[f"by-{name}.csv"])
    notes = (
        _("Edición pública: cada fila cuenta {k} atenciones o más; lo demás está en «(otros)».").format(k=k),
        _("El mes es el de llegada a la oficina. No hay totales: se obtienen sumando filas."),
    )
    assert edition.asked.first is not None, "a month has its ends"
    assert edition.asked.last is not None, "a month has its ends"
    made = Table(table.name, _(report.title), table.columns, table.rows, notes)
    return report, Scope(Period(edition.asked.first, edition.asked.last)), [made]


def _places(rows: Sequence[Row]) -> Table:
    columns = (
        Column("department", _("Departamento")),
        Column("province", _("Provincia")),
        Column("district", _("Distrito")),
        Column("service", _("Servicio")),
        sessions_column(),
        Column("seconds", _("Duración, en total"), SECONDS),
    )
    return Table(PLACES, "", columns, [(*_filled(row, 4), row.total.count, row.total.seconds) for row in rows])


def _values(name: str, rows: Sequence[Row]) -> Table:
    field = SESSION.by_name[name]
    columns = (Column(name, _("Código")), Column("label", _(field.label)), sessions_column())
    cells: list[Sequence[Cell]] = []
    for row in rows:
        (code,) = _filled(row, 1)
        label = field.label_of(int(code) if code.isdigit() and name == "satisfaction" else code)
        cells.append((code, label, row.total.count))
    return Table(name, "", columns, cells)


def _filled(row: Row, depth: int) -> tuple[str, ...]:
    """The row's path, with «the others» where it ends before its table does."""
    return (*row.path, *[public.others()] * (depth - len(row.path)))
