"""Jornada: a brigade's working day at one stop, opened and closed with an acta."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from itinerant.domain.fields import Field, Kind, Problem, Type, Value
from itinerant.domain.session import CONNECTIVITY
from itinerant.texts import N_, _

UBIGEO_PATTERN = "[0-9]{6}"


def _has_a_place(values: Mapping[str, Value]) -> Iterable[Problem]:
    if values.get("stop") is None and (values.get("ubigeo") is None or values.get("place") is None):
        yield Problem("ubigeo", "together", _("Elija un punto de la campaña, o un distrito y una localidad."))


VISIT = Kind(
    name="visit",
    label=N_("Jornada"),
    plural=N_("Jornadas"),
    source="Reglamento de la Ley 29904, art. 45 b",
    rules=(_has_a_place,),
    fields=(
        Field("brigade", Type.CODE, N_("Brigada"), required=True, to="brigade"),
        Field("stop", Type.REFERENCE, N_("Punto"), to="stop"),
        Field("ubigeo", Type.CODE, N_("Distrito"), pattern=UBIGEO_PATTERN),
        Field("place", Type.TEXT, N_("Localidad"), length=80),
        Field(
            "capacity",
            Type.INTEGER,
            N_("Aforo"),
            maximum=100_000,
            help=N_("Personas que caben en el local, sin contar al personal."),
            source="Reglamento de la Ley 29904, art. 45 a",
        ),
        Field("terminals", Type.INTEGER, N_("Terminales de acceso público"), maximum=1_000, default=1),
        Field("present", Type.CODES, N_("Personal presente"), length=12, to="staff"),
        Field("ally", Type.REFERENCE, N_("Aliado anfitrión"), to="ally"),
        Field("connectivity", Type.CHOICE, N_("Conexión"), choices=CONNECTIVITY),
        Field("opened_at", Type.INSTANT, N_("Apertura"), required=True, unit="ms"),
        Field("closed_at", Type.INSTANT, N_("Cierre"), unit="ms"),
        Field("note", Type.TEXT, N_("Nota"), length=120),
    ),
)
