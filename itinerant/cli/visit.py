"""`itinerant visit`: check, open and close the day at one stop; its acta on paper and its report in figures."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from itinerant.cli import output, records
from itinerant.cli.arguments import Parser, Verbs
from itinerant.cli.unlocking import unlock
from itinerant.domain.acta import short_code
from itinerant.domain.session import SESSION
from itinerant.domain.visit import VISIT
from itinerant.errors import UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.log.chain import Head
    from itinerant.store.laptop import Laptop
    from itinerant.store.reading.visits import Counters

_TOTALS = ("outcome", "service", "access", "segment", "language", "age_band")


def arguments(parser: Parser) -> None:
    """Declare what may follow the verb."""
    group = Verbs(parser)
    opening = group.add("open", _("abre la jornada en un punto de la campaña o en una localidad"), _open)
    opening.add_argument("--stop", metavar=_("NÚMERO"), help=_("punto de la campaña"))
    opening.add_argument("--ubigeo", metavar=_("CÓDIGO"), help=_("distrito: seis cifras"))
    opening.add_argument("--place", metavar=_("TEXTO"), help=_("localidad"))
    opening.add_argument("--capacity", type=int, metavar="N", help=_("aforo del local, sin contar al personal"))
    group.add("close", _("cierra la jornada abierta y muestra los totales del acta"), _close)
    records.list_options(group.add("list", _("lista las jornadas, la última primero"), _list))
    checking = group.add(
        "check", _("dice lo que la laptop puede comprobar antes de abrir, y lo que pide la norma"), _check
    )
    checking.add_argument("--capacity", type=int, metavar="N", help=_("aforo del local, sin contar al personal"))
    checking.add_argument("--terminals", type=int, default=1, metavar="N", help=_("terminales de acceso público"))
    paper = group.add("acta", _("escribe el acta de una jornada, en texto y en PDF"), _acta)
    paper.add_argument("ref", nargs="?", metavar=_("NÚMERO"), help=_("la abierta, o la última, si no se dice"))
    paper.add_argument("--out", type=Path, required=True, metavar=_("CARPETA"), help=_("dónde se escribe"))
    report = group.add("report", _("la jornada en cifras: por servicio, hora, resultado y lengua; tiempos"), _report)
    report.add_argument("ref", nargs="?", metavar=_("NÚMERO"), help=_("la abierta, o la última, si no se dice"))


def _open(asked: argparse.Namespace) -> int:
    by_stop, by_place = asked.stop is not None, asked.ubigeo is not None and asked.place is not None
    if by_stop == (asked.ubigeo is not None or asked.place is not None) or not (by_stop or by_place):
        raise UserError(
            _("Diga el punto con --stop, o la localidad con --ubigeo y --place."),
            next_step=_("Los puntos se ven con «itinerant record stop list»."),
            code="usage",
        )
    with unlock(asked) as laptop:
        values: dict[str, Any] = {"stop": asked.stop, "capacity": asked.capacity}
        values |= {"ubigeo": asked.ubigeo, "place": asked.place}
        if by_stop:
            stop = laptop.get(asked.stop)
            if stop is None or stop.kind != "stop":
                raise UserError(_("No existe el punto {ref}.").format(ref=asked.stop), place="stop", code="no_record")
            values |= {name: stop.values.get(name) for name in ("ubigeo", "place")}
            values["capacity"] = stop.values.get("capacity") if asked.capacity is None else asked.capacity
        record = laptop.open_visit(records.with_defaults(VISIT, values))
    output.document({"ok": True, "record": record})
    return 0


def _close(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        visit = laptop.current_visit()
        if visit is None:
            raise UserError(_("No hay una jornada abierta."), place="visit", code="no_visit")
        change = laptop.close_visit(visit.record)
        totals, head = laptop.counters(visit.record), laptop.head
    if asked.json:
        output.document({"ok": True, "record": visit.record, "change": change, **acta(totals, head)})
    else:
        output.say(_("Jornada {ref} cerrada.").format(ref=visit.record))
        _print_acta(totals, head)
    return 0


def acta(totals: Counters, head: Head) -> dict[str, Any]:
    """The acta's figures: attentions (never persons), by field, and the head of the log when it was closed."""
    return {
        "total": totals.total,
        "void": totals.void,
        "minutes": totals.minutes,
        "fee_cents": totals.fee_cents,
        **{f"by_{name}": dict(getattr(totals, f"by_{name}")) for name in _TOTALS},
        "head": {"seq": head.seq, "hash": head.hash},
        "code": short_code(head.hash),
    }


def _print_acta(totals: Counters, head: Head) -> None:
    output.pairs(
        [
            (_("Atenciones"), totals.total),
            (_("Anuladas"), totals.void),
            (_("Minutos de atención"), totals.minutes),
            (_("Pagado por servicios"), f"S/ {totals.fee_cents // 100}.{totals.fee_cents % 100:02}"),
            (_("Código del acta"), f"{short_code(head.hash)} ({head.seq})"),
        ]
    )
    for name in ("outcome", "service", "segment"):
        field = SESSION.by_name[name]
        output.line("")
        counts = getattr(totals, f"by_{name}").items()
        output.table((_(field.label), _("Atenciones")), [(field.label_of(value), count) for value, count in counts])


def _list(asked: argparse.Namespace) -> int:
    return records.show_list(asked, VISIT, {})


def _check(asked: argparse.Namespace) -> int:
    from itinerant.domain import readiness
    from itinerant.store.surroundings import measure

    with unlock(asked) as laptop:
        found = measure(laptop, time.time_ns() // 1_000_000)
    values = {**found, "capacity": asked.capacity, "terminals": asked.terminals, "guides": 1}
    asks = (*readiness.requirements(values), *readiness.equipment(values))
    if asked.json:
        requirements = [{"code": one.code, "met": one.met, "sentence": one.sentence} for one in asks]
        output.document({"measured": found, "requirements": requirements, "verdict": readiness.verdict(values).code})
    else:
        for one in asks:
            mark = {True: "✓", False: "✗", None: "·"}[one.met]
            output.line(f"{mark} {one.sentence}" + (f" ({one.article})" if one.article else ""))
    return 1 if any(one.met is False for one in asks) else 0


def _acta(asked: argparse.Namespace) -> int:
    from itinerant.domain import acta as papers
    from itinerant.store.disk.files import write_atomically
    from itinerant.tui.papers import acta_of

    with unlock(asked) as laptop:
        made = acta_of(laptop, visit_of(laptop, asked.ref))
    asked.out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in papers.files(made).items():
        write_atomically(asked.out / name, content)
        paths.append(str(asked.out / name))
    output.document({"ok": True, "visit": made.visit, "code": made.code, "files": paths})
    return 0


def _report(asked: argparse.Namespace) -> int:
    with unlock(asked) as laptop:
        ref = visit_of(laptop, asked.ref)
        summary = laptop.summaries.of([ref])
    output.document({"visit": ref, **summary.as_dict()})
    return 0


def visit_of(laptop: Laptop, ref: str | None) -> str:
    """The visit that was asked for: by number, the open one, or the latest."""
    if ref:
        return records.require(laptop, VISIT, ref).record
    now = laptop.current_visit()
    latest = [now] if now else [row for row in laptop.list("visit", limit=10) if not row.void]
    if not latest:
        raise UserError(_("No hay jornadas."), place="visit", code="no_visit")
    return latest[0].record
