"""Capacitación and Difusión: training of staff, outreach of the services to the public."""

from __future__ import annotations

from itinerant.domain.fields import Choice, Field, Kind, Type
from itinerant.domain.session import LANGUAGES
from itinerant.domain.visit import UBIGEO_PATTERN
from itinerant.texts import N_

TRAINING = Kind(
    name="training",
    label=N_("Capacitación"),
    plural=N_("Capacitaciones"),
    source="Modelo CAP EGOB, C.7; DS 052-2008-PCM, art. 53 d",
    fields=(
        Field("subject", Type.TEXT, N_("Tema"), required=True),
        Field("held_on", Type.DATE, N_("Fecha"), required=True),
        Field("duration_min", Type.INTEGER, N_("Duración"), unit="min", maximum=100_000),
        Field("staff", Type.CODES, N_("Participantes"), length=60, to="staff"),
        Field("provider", Type.TEXT, N_("A cargo de"), help=N_("La organización, nunca una persona.")),
        Field("brigade", Type.CODE, N_("Brigada"), to="brigade"),
    ),
)

OUTREACH = Kind(
    name="outreach",
    label=N_("Difusión"),
    plural=N_("Difusiones"),
    source="Modelo CAP EGOB, C.7",
    fields=(
        Field(
            "medium",
            Type.CHOICE,
            N_("Medio"),
            required=True,
            choices=(
                Choice("radio", N_("Radio")),
                Choice("television", N_("Televisión")),
                Choice("loudspeaker", N_("Altoparlante")),
                Choice("web", N_("Página web")),
                Choice("social", N_("Redes sociales")),
                Choice("leaflet", N_("Volantes y afiches")),
                Choice("assembly", N_("Asamblea comunal")),
                Choice("other", N_("Otro")),
            ),
        ),
        Field("held_on", Type.DATE, N_("Fecha"), required=True),
        Field("ubigeo", Type.CODE, N_("Distrito"), pattern=UBIGEO_PATTERN),
        Field("place", Type.TEXT, N_("Localidad"), length=80),
        Field("language", Type.CHOICE, N_("Lengua"), open=True, pattern="[a-z]{3}", choices=LANGUAGES),
        Field("reach", Type.INTEGER, N_("Alcance estimado"), maximum=100_000_000, unit=N_("personas")),
        Field("brigade", Type.CODE, N_("Brigada"), to="brigade"),
        Field("visit", Type.REFERENCE, N_("Jornada"), to="visit"),
        Field("note", Type.TEXT, N_("Nota"), length=120),
    ),
)
