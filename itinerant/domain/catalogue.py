"""Entidad, Servicio and Segmento: the catalogue from which a session chooses."""

from __future__ import annotations

from itinerant.domain.fields import Choice, Field, Kind, Type
from itinerant.domain.session import ACCESS
from itinerant.texts import N_

ENTITY = Kind(
    name="entity",
    label=N_("Entidad"),
    plural=N_("Entidades"),
    code_field="code",
    office=True,
    fields=(
        Field("code", Type.CODE, N_("Código"), required=True),
        Field("name", Type.TEXT, N_("Nombre"), required=True, length=160),
        Field("active", Type.BOOLEAN, N_("Activa"), default=True),
    ),
)

SERVICE = Kind(
    name="service",
    label=N_("Servicio"),
    plural=N_("Servicios"),
    code_field="code",
    office=True,
    source="Modelo CAP EGOB, A.4 y C.2",
    fields=(
        Field("code", Type.CODE, N_("Código"), required=True),
        Field("entity", Type.CODE, N_("Entidad"), required=True, to="entity"),
        Field("name", Type.TEXT, N_("Nombre"), required=True, length=160),
        Field("access", Type.CHOICE, N_("Tipo de acceso"), required=True, choices=ACCESS),
        Field(
            "stage",
            Type.CHOICE,
            N_("Etapa"),
            choices=(
                Choice("informative", N_("Emergente (informativo)")),
                Choice("interactive", N_("Mejorado (interactivo)")),
                Choice("transactional", N_("Transaccional")),
                Choice("connected", N_("Conectado")),
            ),
            source="Modelo CAP EGOB, A.4",
        ),
        Field("fee_cents", Type.INTEGER, N_("Derecho de trámite"), unit="cents", maximum=100_000_000),
        Field("minutes", Type.INTEGER, N_("Duración habitual"), unit="min", maximum=1_440),
        Field(
            "card",
            Type.CHOICE,
            N_("DNI electrónico"),
            choices=(
                Choice("none", N_("No se usa")),
                Choice("optional", N_("Opcional")),
                Choice("required", N_("Necesario")),
            ),
        ),
        Field("steps", Type.TEXT, N_("Pasos"), length=800, help=N_("Separados por « | ».")),
        Field("keywords", Type.TEXT, N_("Otras palabras"), length=200),
        Field("frequent", Type.INTEGER, N_("Orden entre los frecuentes"), maximum=1_000),
        Field("checked", Type.BOOLEAN, N_("Verificado por la entidad"), default=False),
        Field("active", Type.BOOLEAN, N_("Activo"), default=True),
    ),
)

SEGMENT = Kind(
    name="segment",
    label=N_("Segmento"),
    plural=N_("Segmentos"),
    code_field="code",
    office=True,
    source="Modelo CAP EGOB, C.1 d",
    fields=(
        Field("code", Type.CODE, N_("Código"), required=True),
        Field("entity", Type.CODE, N_("Entidad"), to="entity"),
        Field("name", Type.TEXT, N_("Nombre"), required=True),
        Field("criteria", Type.TEXT, N_("Criterio"), length=240),
        Field("active", Type.BOOLEAN, N_("Activo"), default=True),
    ),
)
