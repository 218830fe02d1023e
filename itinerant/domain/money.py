"""Costo and Financiamiento: what the service costs, fixed or variable, and who pays for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from itinerant.domain.fields import Choice, Field, Kind, Problem, Type, Value
from itinerant.texts import N_, _

FIXED = ("salary", "licences", "maintenance", "other_fixed")


def _category_of_its_nature(values: Mapping[str, Value]) -> Iterable[Problem]:
    if (values.get("nature") == "fixed") != (values.get("category") in FIXED):
        yield Problem("category", "together", _("Ese concepto no es de esa naturaleza (fijo o variable)."))


COST = Kind(
    name="cost",
    label=N_("Costo"),
    plural=N_("Costos"),
    source="Modelo CAP EGOB, C.9",
    rules=(_category_of_its_nature,),
    fields=(
        Field(
            "nature",
            Type.CHOICE,
            N_("Naturaleza"),
            required=True,
            choices=(Choice("fixed", N_("Fijo")), Choice("variable", N_("Variable"))),
        ),
        Field(
            "category",
            Type.CHOICE,
            N_("Concepto"),
            required=True,
            choices=(
                Choice("salary", N_("Sueldo del orientador")),
                Choice("licences", N_("Licencias de software")),
                Choice("maintenance", N_("Mantenimiento de equipos")),
                Choice("other_fixed", N_("Otro costo fijo")),
                Choice("outreach", N_("Difusión")),
                Choice("stationery", N_("Útiles de oficina")),
                Choice("supplies", N_("Suministros de equipos")),
                Choice("transport", N_("Transporte y combustible")),
                Choice("other_variable", N_("Otro costo variable")),
            ),
        ),
        Field("amount_cents", Type.INTEGER, N_("Monto"), required=True, unit="cents", maximum=10**12),
        Field("spent_on", Type.DATE, N_("Fecha"), required=True),
        Field("until", Type.DATE, N_("Cubre hasta"), help=N_("Para un costo fijo: el último día que cubre.")),
        Field("brigade", Type.CODE, N_("Brigada"), to="brigade"),
        Field("campaign", Type.REFERENCE, N_("Campaña"), to="campaign"),
        Field("visit", Type.REFERENCE, N_("Jornada"), to="visit"),
        Field("service", Type.CODE, N_("Servicio"), to="service"),
        Field("funding", Type.REFERENCE, N_("Financiamiento"), to="funding"),
        Field("note", Type.TEXT, N_("Nota"), length=120),
    ),
)

FUNDING = Kind(
    name="funding",
    label=N_("Financiamiento"),
    plural=N_("Financiamientos"),
    office=True,
    source="Modelo CAP EGOB, C.5",
    fields=(
        Field(
            "source",
            Type.CHOICE,
            N_("Fuente"),
            required=True,
            choices=(
                Choice("own", N_("Recursos propios")),
                Choice("foncomun", N_("FONCOMUN")),
                Choice("foncor", N_("FONCOR")),
                Choice("cooperation", N_("Cooperación internacional")),
                Choice("ppp", N_("Alianza público-privada")),
                Choice("donation", N_("Donación (RSE)")),
            ),
        ),
        Field("amount_cents", Type.INTEGER, N_("Monto"), required=True, unit="cents", maximum=10**13),
        Field("starts_on", Type.DATE, N_("Desde")),
        Field("ends_on", Type.DATE, N_("Hasta")),
        Field("brigade", Type.CODE, N_("Brigada"), to="brigade"),
        Field("ally", Type.REFERENCE, N_("Aliado"), to="ally"),
        Field("note", Type.TEXT, N_("Nota"), length=120),
    ),
)
