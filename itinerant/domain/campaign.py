"""Campaña and Punto: a planned route, and each place of it with its date, host and expected capacity."""

from __future__ import annotations

from itinerant.domain.fields import Field, Kind, Type
from itinerant.domain.visit import UBIGEO_PATTERN
from itinerant.texts import N_

CAMPAIGN = Kind(
    name="campaign",
    label=N_("Campaña"),
    plural=N_("Campañas"),
    code_field="code",
    office=True,
    fields=(
        Field("code", Type.CODE, N_("Código"), required=True),
        Field("name", Type.TEXT, N_("Nombre"), required=True),
        Field("brigade", Type.CODE, N_("Brigada"), required=True, to="brigade"),
        Field("starts_on", Type.DATE, N_("Inicio")),
        Field("ends_on", Type.DATE, N_("Fin")),
        Field("goal_sessions", Type.INTEGER, N_("Meta de atenciones"), maximum=10_000_000),
    ),
)

STOP = Kind(
    name="stop",
    label=N_("Punto"),
    plural=N_("Puntos"),
    office=True,
    fields=(
        Field("campaign", Type.REFERENCE, N_("Campaña"), to="campaign"),
        Field("brigade", Type.CODE, N_("Brigada"), required=True, to="brigade"),
        Field("position", Type.INTEGER, N_("Orden en la ruta"), maximum=10_000),
        Field("ubigeo", Type.CODE, N_("Distrito"), required=True, pattern=UBIGEO_PATTERN),
        Field("place", Type.TEXT, N_("Localidad"), required=True, length=80),
        Field("starts_on", Type.DATE, N_("Desde")),
        Field("ends_on", Type.DATE, N_("Hasta")),
        Field("ally", Type.REFERENCE, N_("Aliado anfitrión"), to="ally"),
        Field(
            "capacity",
            Type.INTEGER,
            N_("Aforo esperado"),
            maximum=100_000,
            source="Reglamento de la Ley 29904, art. 45 a",
        ),
    ),
)
