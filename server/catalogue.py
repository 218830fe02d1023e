"""The catalogue of services from a CSV file, all of it or nothing.

* Columns are named in the first line: `code`, `entity`, `name`, `access` and any other field of a service;
  `entity_name` names the entity; `check` says "por verificar" or "verificado". Other columns are passed over.
* A known code is amended where it differs, an unknown one added; codes that the file leaves out stay as they are.
* Spreadsheets in Spanish write semicolons and Windows-1252: both are read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from itinerant.domain.catalogue import ENTITY, SERVICE
from itinerant.domain.fields import Kind, Type, Value
from itinerant.errors import UserError
from itinerant.texts import _
from server import central
from server.access import accesses
from server.office import Office

MAX_BYTES = 8 * 1024 * 1024
_CHECKED = frozenset({"verificado", "sí", "si", "true", "1"})
_TRUE = frozenset({"true", "1", "sí", "si", "x"})
_FALSE = frozenset({"false", "0", "no"})


@dataclass(frozen=True, slots=True)
class Imported:
    """How many services and entities the file brought, and what it did."""

    services: int
    entities: int
    added: int
    amended: int


def import_file(office: Office, path: Path, *, by: str) -> Imported:
    """`import_bytes` of a file on this machine."""
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        raise UserError(
            _("No se puede leer el archivo: {reason}.").format(reason=error.strerror), place=str(path)
        ) from error
    if data is None:
        raise UserError(_("El archivo es demasiado grande para un catálogo."), place=str(path))
    return import_bytes(office, data, path.name, by=by)


def import_bytes(office: Office, data: bytes, name: str, *, by: str) -> Imported:
    """Bring the catalogue up to date with a file called `name`; raises `UserError` naming the line, and the column,
    that cannot be read."""
    lines = _lines(data, name)
    entities: dict[str, dict[str, Value]] = {}
    services: dict[str, dict[str, Value]] = {}
    for number, line in lines:
        place = _("línea {n}").format(n=number)
        service = _service(line, place)
        code = str(service["code"])
        if code in services:
            raise UserError(_("El código {code} está dos veces.").format(code=code), place=_column(place, "code"))
        services[code] = service
        entity = str(service["entity"])
        entities.setdefault(entity, {"code": entity, "name": line.get("entity_name") or entity})
    with office.database.writer() as connection:
        counts = [_upsert(connection, office, ENTITY, entities, by), _upsert(connection, office, SERVICE, services, by)]
        accesses.note(connection, at=office.now_ms(), account=by, action="catalogue.import", subject=name)
    added, amended = (sum(column) for column in zip(*counts, strict=True))
    return Imported(len(services), len(entities), added, amended)


def _upsert(
    connection: Connection, office: Office, kind: Kind, items: Mapping[str, Mapping[str, Value]], by: str
) -> tuple[int, int]:
    known = central.by_code(connection, kind.name)
    fresh = [{name: value for name, value in values.items() if value is not None}
             for code, values in items.items() if code not in known]  # fmt: skip
    central.create(connection, office, kind.name, fresh, by=by)
    amended = central.amend_many(
        connection, office, {known[code]: values for code, values in items.items() if code in known}, by=by
    )
    return len(fresh), amended


def _lines(data: bytes, name: str) -> list[tuple[int, dict[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    header = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if header.count(";") > header.count(",") else ","
    )
    try:
        missing = {"code", "entity", "name", "access"} - set(reader.fieldnames or ())
        if missing:
            raise UserError(
                _("Al archivo le falta la columna {names}.").format(names=", ".join(sorted(missing))),
                next_step=_("La primera línea nombra las columnas: code, entity, entity_name, name, access…"),
                place=name,
            )
        return [
            (reader.line_num, {name: (cell or "").strip() for name, cell in line.items() if isinstance(name, str)})
            for line in reader
        ]
    except csv.Error as error:
        place = _("línea {n}").format(n=reader.line_num + 1)
        raise UserError(_("El archivo no tiene la forma de un CSV."), place=place, code="csv") from error


def _column(place: str, name: str) -> str:
    return _("{line}, columna {name}").format(line=place, name=name)


def _service(line: Mapping[str, str], place: str) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for declared in SERVICE.fields:
        cell = line.get(declared.name)
        if cell is None:
            continue
        values[declared.name] = _value(declared.type, cell)
    if "check" in line:
        values["checked"] = line["check"].casefold() in _CHECKED
    for problem in SERVICE.problems({name: value for name, value in values.items() if value is not None}):
        raise UserError(problem.sentence, place=_column(place, problem.field), code=problem.code)
    return values


def _value(type_: Type, cell: str) -> Value:
    """The cell as its field's type; text that is no number or boolean is left for the field's check to refuse."""
    if not cell:
        return None
    if type_ is Type.INTEGER:
        return int(cell) if cell.isascii() and cell.lstrip("-").isdigit() else cell
    if type_ is Type.BOOLEAN:
        folded = cell.casefold()
        return folded in _TRUE if folded in _TRUE | _FALSE else cell
    return cell
