"""The public edition: attentions of one month, counted, with no cell small enough to tell of a person.

* A month is of *arrival* at the office, whole and over: its edition never changes, and two editions count different
  attentions, so that subtracting one from another tells nothing either.
* One table by place and service, and one each by what the others are. Each is protected by `suppression`, whose rows
  count at least `k` and never the same attention twice; no table shares a column with another (a sum of seconds that
  stood in two would tell that two rows are of the same people).
* Computed from the ledger as it stood at the month's end, like the auditor's export.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import orjson

from itinerant import reference
from itinerant.domain.fields import Value
from itinerant.domain.kinds import KINDS
from itinerant.domain.ubigeo import Districts
from itinerant.errors import StoreProblem, UserError
from itinerant.log.change import Change
from itinerant.log.merge import merge
from itinerant.texts import N_, _
from server import ledger
from server.exports import seal, sheets
from server.exports.archive import ArchiveWriter
from server.exports.source import Asked, Source
from server.exports.suppression import Path as CellPath
from server.exports.suppression import Row, Total, protect
from server.office import Office

K = 5
LEAST_K, MOST_K = 3, 1_000

BREAKDOWNS = (
    "access", "mode", "channel", "segment", "outcome", "age_band", "sex", "language", "connectivity", "card",
    "satisfaction",
)  # fmt: skip
"""Fields of a session that have a table of their own."""

PLACES = "sessions.csv"
_OTHERS = N_("(otros)")
_UNKNOWN = N_("(sin dato)")
_PLACE_COLUMNS = ("month", "department", "province", "district", "service", "sessions", "seconds")
_VALUE_COLUMNS = ("month", "value", "sessions")


@dataclass(frozen=True, slots=True)
class PublicSummary:
    """What was published: attentions of the month, those in rows of their own (by place and service), and rows."""

    path: Path
    month: str
    sessions: int
    detailed: int
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Edition:
    """A month as it may be published: the rows of each file, by its name; `sessions`: how many arrived in it."""

    asked: Asked
    rows: Mapping[str, Sequence[Row]]
    sessions: int


def write_public(office: Office, out: Path, month: str, k: int = K) -> PublicSummary:
    """Write the public edition of a month (`2025-11`) that is over.

    Raises `UserError` for a month that is none or not over, for an impossible `k`, and for fewer than `k` attentions;
    `Damaged` when the ledger is not what the office signed.
    """
    edition = protected(office, month, k)
    rows = edition.rows
    part = out.with_name(out.name + ".part")
    try:
        with ExitStack() as stack:
            stack.callback(part.unlink, missing_ok=True)
            file = stack.enter_context(part.open("w+b"))
            archive = ArchiveWriter(file)
            archive.add("LEEME.txt", [_readme(office, month, k).encode()])
            archive.add("datapackage.json", [_package(office, month, k, rows)])
            for name, published in rows.items():
                archive.add(name, (line.encode() for line in _lines(name, month, published)))
            archive.finish()
            size = file.seek(0, os.SEEK_END)
            file.flush()
            os.fsync(file.fileno())
            part.replace(out)
    except OSError as error:
        raise StoreProblem(
            _("No se pudo escribir la edición pública: {reason}.").format(reason=error.strerror),
            safe=_("No quedó ningún archivo a medias."),
            place=str(out),
        ) from error
    detailed = sum(row.total.count for row in rows[PLACES] if len(row.path) == 4)
    return PublicSummary(out, month, edition.sessions, detailed, sum(map(len, rows.values())), size)


def protected(office: Office, month: str, k: int = K) -> Edition:
    """The rows that may be published of a month that is over; raises as `write_public` does."""
    asked = _month(office, month)
    if not LEAST_K <= k <= MOST_K:
        raise UserError(_("El umbral va de {a} a {b}.").format(a=LEAST_K, b=MOST_K), place="--k")
    tables, count = _tables(office, asked)
    if count < k:
        raise UserError(
            _("En {month} llegaron menos de {k} atenciones: no se publica nada.").format(month=month, k=k),
            place="--month",
            code="too_few",
        )
    return Edition(asked, {name: protect(cells, k) for name, cells in tables.items()}, count)


def others() -> str:
    """What a row is called that holds what is too small for rows of its own."""
    return _(_OTHERS)


def _month(office: Office, text: str) -> Asked:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise UserError(_("«{text}» no es un mes como 2026-11.").format(text=text), place="--month") from error
    asked = Asked(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    if asked.cut is None or office.now_ms() < asked.cut:
        raise UserError(
            _("El mes {month} no ha terminado.").format(month=text),
            next_step=_("Publíquelo desde el primer día del mes siguiente; así la edición no cambia nunca."),
            place="--month",
            code="month",
        )
    return asked


def _tables(office: Office, asked: Asked) -> tuple[dict[str, dict[CellPath, Total]], int]:
    """The cells of every table, unprotected, and how many attentions they count."""
    tables: dict[str, dict[CellPath, Total]] = {PLACES: {}, **{f"by-{name}.csv": {} for name in BREAKDOWNS}}
    count = 0
    with office.database.reader() as connection:
        end = ledger.read(connection)
        seal.check_signed(office, end)
        places = _Places(Source(connection, end.size, asked))
        for values in places.sessions():
            count += 1
            seconds = values.get("duration_s")
            one = Total(1, seconds if type(seconds) is int else 0)
            paths: dict[str, CellPath] = {f"by-{name}.csv": (_text(values.get(name)),) for name in BREAKDOWNS}
            paths[PLACES] = (*places.of(values.get("visit")), _text(values.get("service")))
            for name, path in paths.items():
                tables[name][path] = tables[name].get(path, Total()) + one
    return tables, count


class _Places:
    """The month's attentions, and where each one was."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._districts: Districts = reference.districts()
        self._known: dict[str, tuple[str, str, str]] = {}

    def sessions(self) -> Iterator[Mapping[str, Value]]:
        """Values of every attention that arrived in the month and was not void at its end."""
        amended = self._source.amended()
        for leaf in self._source.leaves():
            change = orjson.loads(leaf.data)
            ref = f"{change['device']}-{change['seq']}"
            if change["kind"] != "session" or change["record"] != ref:
                continue
            if ref not in amended:
                yield change["set"]
                continue
            record = merge([Change.from_bytes(one.data) for one in self._source.history(ref)])
            if not record.void:
                yield record.values

    def of(self, visit: Value) -> tuple[str, str, str]:
        """Department, province and district of a visit, by its own place or its stop's."""
        if not isinstance(visit, str):
            return (_(_UNKNOWN),) * 3
        if visit not in self._known:
            values = self._values(visit)
            code = values.get("ubigeo")
            stop = values.get("stop")
            if code is None and isinstance(stop, str):
                code = self._values(stop).get("ubigeo")
            district = self._districts.get(str(code))
            named = (district.department, district.province, f"{district.code} {district.district}") if district else ()
            self._known[visit] = named or ((_(_UNKNOWN),) * 3)
        return self._known[visit]

    def _values(self, ref: str) -> Mapping[str, Value]:
        history = self._source.history(ref)
        return merge([Change.from_bytes(one.data) for one in history]).values if history else {}


def _text(value: Value) -> str:
    return _(_UNKNOWN) if value is None else str(value)


def _lines(name: str, month: str, rows: Sequence[Row]) -> Iterator[str]:
    columns = _PLACE_COLUMNS if name == PLACES else _VALUE_COLUMNS
    yield sheets.line(columns)
    depth = 4 if name == PLACES else 1
    for row in rows:
        path = (*row.path, *[_(_OTHERS)] * (depth - len(row.path)))
        numbers = [str(row.total.count), str(row.total.seconds)][: len(columns) - 1 - depth]
        yield sheets.line([month, *map(sheets.cell, path), *numbers])


def _readme(office: Office, month: str, k: int) -> str:
    words = _(
        """EDICIÓN PÚBLICA

Oficina: {office}
Mes:     {month}, según la llegada a la oficina (días de Lima)
Unidad:  atenciones, no personas: una persona puede tener varias

sessions.csv cuenta las atenciones por departamento, provincia, distrito y servicio; cada by-….csv, por una
característica. datapackage.json explica las columnas (Frictionless Data Package).

CÓMO SE PROTEGE A LAS PERSONAS
- Cada fila cuenta {k} atenciones o más, y ninguna atención está en dos filas de un mismo cuadro.
- Lo que no llega a {k} se suma en «(otros)»: primero dentro del distrito, después de la provincia, del departamento
  y del país. Si «(otros)» tampoco llega, toma la fila menor. Por eso «(otros)» puede incluir servicios o distritos que
  en otro mes tienen fila propia.
- No hay totales: se obtienen sumando filas, y restando unas de otras solo quedan filas enteras.
- Un mes se publica cuando terminó y no se corrige: lo que llega después cuenta en el mes en que llega.
"""
    )
    return words.format(office=office.settings.name, month=month, k=k)


def _package(office: Office, month: str, k: int, rows: Mapping[str, Sequence[Row]]) -> bytes:
    described = {
        "description": _("Atenciones, no personas. Toda fila cuenta {k} o más.").format(k=k),
        "name": f"itinerant-public-{month}",
        "profile": "tabular-data-package",
        "resources": [_resource(name, len(published)) for name, published in rows.items()],
        "title": f"{office.settings.name} · {month}",
    }
    return json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _resource(name: str, rows: int) -> dict[str, object]:
    fields = KINDS["session"].by_name
    about = name.removeprefix("by-").removesuffix(".csv")
    labels = {
        "month": _("Mes de llegada a la oficina"),
        "department": _("Departamento"),
        "province": _("Provincia"),
        "district": _("Distrito, con su código UBIGEO"),
        "service": _(fields["service"].label),
        "value": _(fields[about].label) if about in fields else "",
        "sessions": _("Atenciones"),
        "seconds": _("Segundos que duraron, en total"),
    }
    columns = _PLACE_COLUMNS if name == PLACES else _VALUE_COLUMNS
    numbers = {"sessions", "seconds"}
    return {
        "encoding": "utf-8",
        "format": "csv",
        "mediatype": "text/csv",
        "name": name.removesuffix(".csv").replace("_", "-"),
        "path": name,
        "profile": "tabular-data-resource",
        "rows": rows,
        "schema": {
            "fields": [
                {"name": item, "title": labels[item], "type": "integer" if item in numbers else "string"}
                for item in columns
            ]
        },
    }
