"""What the export's tables mean: `dictionary.csv` for people, `datapackage.json` (Frictionless) for programs.

Both follow from the declarations of the domain alone; the SHA-256 of the dictionary names the schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from itinerant.domain.fields import Field, Kind, Type
from itinerant.domain.kinds import KINDS
from itinerant.texts import N_, _
from server.exports import sheets

_COLUMNS = (
    "kind", "field", "kind_label", "label", "type", "unit", "required", "minimum", "maximum", "length", "choices",
    "open", "to", "help", "source",
)  # fmt: skip

_LEADING: Mapping[str, tuple[str, str]] = {
    "record": ("string", N_("Número del registro: el cambio que lo hizo (equipo-número).")),
    "void": ("boolean", N_("Si fue anulado.")),
    "partial": ("boolean", N_("Si falta el cambio que lo hizo (está en cuarentena o no ha llegado).")),
    "changes": ("integer", N_("Cuántos cambios lo forman.")),
    "heads": ("string", N_("Sus últimos cambios, entre espacios; más de uno si se escribió en paralelo.")),
    "conflicts": ("string", N_("Campos en conflicto, entre espacios; la celda muestra el valor provisional.")),
    "by": ("string", N_("Código de quien lo hizo; los nombres no están en el registro.")),
    "at": ("integer", N_("Cuándo se hizo según el reloj de la laptop, en ms desde 1970 UTC; no prueba la hora.")),
}

_TYPES: Mapping[Type, str] = {
    Type.INTEGER: "integer",
    Type.INSTANT: "integer",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
}


def columns(kind: Kind) -> list[str]:
    """The columns of a kind's table."""
    return [*sheets.LEADING, *(item.name for item in kind.fields)]


def dictionary() -> Iterator[str]:
    """The lines of `dictionary.csv`."""
    yield sheets.line(_COLUMNS)
    for name, (type_name, words) in _LEADING.items():
        yield sheets.line(["*", name, "", "", type_name, *[""] * (len(_COLUMNS) - 7), _(words), ""])
    for kind in KINDS.values():
        for item in kind.fields:
            yield sheets.line([sheets.cell(text) for text in _explained(kind, item)])


def _explained(kind: Kind, item: Field) -> Sequence[str]:
    numeric = item.type is Type.INTEGER
    return (
        kind.name,
        item.name,
        _(kind.label),
        _(item.label),
        item.type.value,
        item.unit,
        "true" if item.required else "false",
        str(item.minimum) if numeric else "",
        str(item.maximum) if numeric else "",
        str(item.length) if item.type in {Type.TEXT, Type.CODES} else "",
        "; ".join(f"{choice.value}={_(choice.label)}" for choice in item.choices),
        "true" if item.open else "",
        item.to,
        _(item.help),
        item.source or kind.source,
    )


def package(name: str, rows: Mapping[str, int]) -> dict[str, object]:
    """The descriptor of the tables (Frictionless Data Package, tabular). `rows`: of each kind."""
    return {
        "name": "itinerant-export",
        "profile": "tabular-data-package",
        "title": name,
        "resources": [_resource(kind, rows[kind.name]) for kind in KINDS.values()],
    }


def _resource(kind: Kind, rows: int) -> dict[str, object]:
    return {
        "dialect": {"delimiter": ",", "doubleQuote": True, "lineTerminator": "\r\n"},
        "encoding": "utf-8",
        "format": "csv",
        "mediatype": "text/csv",
        "name": kind.name,
        "path": f"records/{kind.name}.csv",
        "profile": "tabular-data-resource",
        "rows": rows,
        "schema": {
            "fields": [*_leading_fields(), *map(_field, kind.fields)],
            "missingValues": [""],
            "primaryKey": "record",
        },
        "title": _(kind.plural),
    }


def _leading_fields() -> Iterator[dict[str, object]]:
    for name, (type_name, words) in _LEADING.items():
        yield {"description": _(words), "name": name, "type": type_name}


def _field(item: Field) -> dict[str, object]:
    described: dict[str, object] = {"name": item.name, "title": _(item.label), "type": _TYPES.get(item.type, "string")}
    if item.help:
        described["description"] = _(item.help)
    constraints: dict[str, object] = {}
    if item.type is Type.INTEGER:
        constraints = {"maximum": item.maximum, "minimum": item.minimum}
    elif item.type is Type.CHOICE and not item.open:
        constraints = {"enum": [choice.value for choice in item.choices]}
    return {**described, "constraints": constraints} if constraints else described
