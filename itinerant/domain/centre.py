"""CAP: the registered access centre, its type, hours, services and registry number."""

from __future__ import annotations

from itinerant.domain.fields import Choice, Field, Kind, Type
from itinerant.domain.visit import UBIGEO_PATTERN
from itinerant.texts import N_

CAP = Kind(
    name="cap",
    label=N_("CAP"),
    plural=N_("CAP"),
    code_field="code",
    office=True,
    source="Modelo CAP EGOB, B y C.7; DS 052-2008-PCM, art. 53",
    fields=(
        Field("code", Type.CODE, N_("Código"), required=True),
        Field("name", Type.TEXT, N_("Nombre"), required=True),
        Field("entity", Type.CODE, N_("Entidad"), to="entity"),
        Field(
            "type",
            Type.CHOICE,
            N_("Tipo"),
            required=True,
            choices=(
                Choice("cabin", N_("Cabina de Gobierno Electrónico")),
                Choice("automated_agent", N_("Agente automatizado")),
            ),
            source="Modelo CAP EGOB, B.3",
        ),
        Field("itinerant", Type.BOOLEAN, N_("Itinerante"), default=True),
        Field("ubigeo", Type.CODE, N_("Distrito"), pattern=UBIGEO_PATTERN),
        Field("place", Type.TEXT, N_("Localidad"), length=80),
        Field("hours", Type.TEXT, N_("Horario"), length=120),
        Field("services", Type.CODES, N_("Servicios que brinda"), length=400, to="service"),
        Field(
            "registry_number",
            Type.CODE,
            N_("Número en la Red Nacional"),
            pattern="[A-Za-z0-9][A-Za-z0-9./-]{0,31}",
            guarded=False,
            help=N_("El que dio la ONGEI al registrar el CAP."),
        ),
        Field("registered_on", Type.DATE, N_("Fecha de registro")),
        Field(
            "capacity",
            Type.INTEGER,
            N_("Aforo"),
            maximum=100_000,
            source="Reglamento de la Ley 29904, art. 45 a",
        ),
        Field("terminals", Type.INTEGER, N_("Terminales de acceso público"), maximum=1_000),
        Field("active", Type.BOOLEAN, N_("Activo"), default=True),
    ),
)
