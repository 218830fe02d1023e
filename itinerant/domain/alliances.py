"""Aliado and Convenio: who lends what, and under which agreement."""

from __future__ import annotations

from itinerant.domain.fields import Choice, Field, Kind, Type
from itinerant.domain.visit import UBIGEO_PATTERN
from itinerant.texts import N_

LENDS = (
    Choice("premises", N_("Local")),
    Choice("internet", N_("Internet")),
    Choice("security_staff", N_("Personal de seguridad")),
    Choice("outsourcing", N_("Procesos tercerizados")),
    Choice("information", N_("Información")),
    Choice("equipment", N_("Equipos")),
    Choice("licences", N_("Licencias")),
)

ALLY = Kind(
    name="ally",
    label=N_("Aliado"),
    plural=N_("Aliados"),
    source="Modelo CAP EGOB, C.8",
    fields=(
        Field("name", Type.TEXT, N_("Organización"), required=True, help=N_("Nunca el nombre de una persona.")),
        Field(
            "sector",
            Type.CHOICE,
            N_("Sector"),
            required=True,
            choices=(
                Choice("public", N_("Público")),
                Choice("private", N_("Privado")),
                Choice("civil_society", N_("Sociedad civil")),
                Choice("academia", N_("Academia")),
                Choice("community", N_("Comunidad")),
            ),
        ),
        Field("brigade", Type.CODE, N_("Brigada"), to="brigade"),
        Field("ubigeo", Type.CODE, N_("Distrito"), pattern=UBIGEO_PATTERN),
        Field("place", Type.TEXT, N_("Localidad"), length=80),
        Field("lends", Type.CODES, N_("Comparte"), length=7, choices=LENDS),
        Field("active", Type.BOOLEAN, N_("Activo"), default=True),
    ),
)

AGREEMENT = Kind(
    name="agreement",
    label=N_("Convenio"),
    plural=N_("Convenios"),
    source="Modelo CAP EGOB, C.5 y C.8",
    fields=(
        Field("ally", Type.REFERENCE, N_("Aliado"), required=True, to="ally"),
        Field("subject", Type.TEXT, N_("Objeto"), required=True, length=160),
        Field("code", Type.CODE, N_("Documento"), pattern="[A-Za-z0-9][A-Za-z0-9./-]{0,31}"),
        Field("signed_on", Type.DATE, N_("Firmado el")),
        Field("starts_on", Type.DATE, N_("Desde")),
        Field("ends_on", Type.DATE, N_("Hasta")),
        Field("lends", Type.CODES, N_("Comparte"), length=7, choices=LENDS),
        Field(
            "state",
            Type.CHOICE,
            N_("Estado"),
            required=True,
            default="in_force",
            choices=(
                Choice("draft", N_("En preparación")),
                Choice("in_force", N_("Vigente")),
                Choice("ended", N_("Terminado")),
            ),
        ),
    ),
)
