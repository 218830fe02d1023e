"""Incidencia, Recurso and Verificación: what failed, what there is to work with, what was checked before opening."""

from __future__ import annotations

from itinerant.domain.fields import Choice, Field, Kind, Type
from itinerant.texts import N_

INCIDENT = Kind(
    name="incident",
    label=N_("Incidencia"),
    plural=N_("Incidencias"),
    source="Modelo CAP EGOB, C.6 d (Área de Tecnologías de la Información)",
    fields=(
        Field("visit", Type.REFERENCE, N_("Jornada"), to="visit"),
        Field("found_at", Type.INSTANT, N_("Momento"), required=True, unit="ms"),
        Field(
            "category",
            Type.CHOICE,
            N_("Tipo"),
            required=True,
            choices=(
                Choice("connectivity", N_("Conexión")),
                Choice("power", N_("Energía")),
                Choice("hardware", N_("Equipo")),
                Choice("software", N_("Programa")),
                Choice("card_reader", N_("Lector de tarjetas")),
                Choice("service_down", N_("Servicio caído")),
                Choice("security", N_("Seguridad")),
                Choice("fork", N_("Copia de un equipo")),
                Choice("restored", N_("Vuelta a una copia anterior")),
                Choice("other", N_("Otra")),
            ),
        ),
        Field(
            "severity",
            Type.CHOICE,
            N_("Gravedad"),
            required=True,
            default="medium",
            choices=(
                Choice("low", N_("Leve")),
                Choice("medium", N_("Media")),
                Choice("high", N_("Detiene la atención")),
            ),
        ),
        Field("resource", Type.CODE, N_("Recurso"), to="resource"),
        Field("service", Type.CODE, N_("Servicio"), to="service"),
        Field("device", Type.CODE, N_("Equipo"), to="device"),
        Field("description", Type.TEXT, N_("Qué pasó"), required=True, length=200),
        Field(
            "state",
            Type.CHOICE,
            N_("Estado"),
            required=True,
            default="open",
            choices=(
                Choice("open", N_("Abierta")),
                Choice("attended", N_("En atención")),
                Choice("solved", N_("Resuelta")),
                Choice("discarded", N_("Descartada")),
            ),
        ),
        Field("solution", Type.TEXT, N_("Solución"), length=200),
        Field("solved_at", Type.INSTANT, N_("Resuelta el"), unit="ms"),
        Field("downtime_min", Type.INTEGER, N_("Tiempo sin servicio"), unit="min", maximum=1_000_000),
    ),
)

RESOURCE = Kind(
    name="resource",
    label=N_("Recurso"),
    plural=N_("Recursos"),
    code_field="code",
    source="Modelo CAP EGOB, C.6",
    fields=(
        Field("code", Type.CODE, N_("Código"), required=True),
        Field("brigade", Type.CODE, N_("Brigada"), to="brigade"),
        Field(
            "category",
            Type.CHOICE,
            N_("Clase"),
            required=True,
            choices=(
                Choice("internet", N_("Internet")),
                Choice("premises", N_("Local")),
                Choice("hardware", N_("Equipamiento")),
                Choice("furniture", N_("Mobiliario")),
                Choice("software", N_("Software")),
            ),
        ),
        Field(
            "type",
            Type.CHOICE,
            N_("Tipo"),
            open=True,
            choices=(
                Choice("terminal", N_("Terminal de acceso público")),
                Choice("laptop", N_("Laptop")),
                Choice("card_reader", N_("Lector de tarjetas")),
                Choice("printer", N_("Impresora")),
                Choice("router", N_("Router o módem")),
                Choice("satellite", N_("Antena satelital")),
                Choice("generator", N_("Generador o batería")),
                Choice("kiosk", N_("Tótem")),
            ),
        ),
        Field("description", Type.TEXT, N_("Descripción")),
        Field(
            "owner",
            Type.CHOICE,
            N_("Pertenece a"),
            choices=(Choice("own", N_("La entidad")), Choice("ally", N_("Un aliado"))),
        ),
        Field("ally", Type.REFERENCE, N_("Aliado"), to="ally"),
        Field(
            "state",
            Type.CHOICE,
            N_("Estado"),
            required=True,
            default="good",
            choices=(
                Choice("good", N_("Operativo")),
                Choice("degraded", N_("Con fallas")),
                Choice("out_of_service", N_("Fuera de servicio")),
                Choice("retired", N_("Dado de baja")),
            ),
        ),
    ),
)

CHECKED = (
    Choice("yes", N_("Sí")),
    Choice("no", N_("No")),
    Choice("unknown", N_("No se pudo comprobar")),
)

READINESS = Kind(
    name="readiness",
    label=N_("Verificación"),
    plural=N_("Verificaciones"),
    source="DS 052-2008-PCM, art. 53; Reglamento de la Ley 29904, art. 45",
    fields=(
        Field("visit", Type.REFERENCE, N_("Jornada"), to="visit"),
        Field("checked_at", Type.INSTANT, N_("Momento"), required=True, unit="ms"),
        Field("capacity", Type.INTEGER, N_("Aforo"), maximum=100_000, source="art. 45 a"),
        Field("terminals", Type.INTEGER, N_("Terminales presentes"), maximum=1_000, source="art. 45 a, b"),
        Field("guides", Type.INTEGER, N_("Personal para orientar"), maximum=100, source="art. 45 c"),
        Field("readers", Type.CHOICE, N_("Lector de tarjetas"), choices=CHECKED, source="art. 53 a"),
        Field("drivers", Type.CHOICE, N_("Controlador del lector"), choices=CHECKED, source="art. 53 a"),
        Field("infrastructure", Type.CHOICE, N_("Infraestructura"), choices=CHECKED, source="art. 53 b"),
        Field("privacy", Type.CHOICE, N_("Cifrado y sin datos personales"), choices=CHECKED, source="art. 53 c"),
        Field("trained", Type.CHOICE, N_("Personal capacitado"), choices=CHECKED, source="art. 53 d"),
        Field("signing", Type.CHOICE, N_("Software de firma"), choices=CHECKED, source="art. 53 e"),
        Field("verifying", Type.CHOICE, N_("Software que verifica firmas"), choices=CHECKED, source="art. 53 e"),
        Field("clock_skew_s", Type.INTEGER, N_("Desfase del reloj"), unit="s", minimum=-(2**40), maximum=2**40),
        Field("battery_pct", Type.INTEGER, N_("Batería"), unit="%", maximum=100),
        Field("disk_free_mb", Type.INTEGER, N_("Disco libre"), unit="MB"),
        Field("catalogue_age_d", Type.INTEGER, N_("Días desde el último catálogo"), unit="d", maximum=100_000),
        Field(
            "verdict",
            Type.CHOICE,
            N_("Conclusión"),
            required=True,
            choices=(
                Choice("ready", N_("Lista para atender")),
                Choice("with_gaps", N_("Atiende con faltas anotadas")),
                Choice("not_ready", N_("No puede atender")),
            ),
        ),
        Field("note", Type.TEXT, N_("Nota"), length=120),
    ),
)

ACCESS_SEAL = Kind(
    name="access_seal",
    label=N_("Sello de la bitácora"),
    plural=N_("Sellos de la bitácora"),
    office=True,
    source="DS 016-2024-JUS; Ley 29733",
    fields=(
        Field("until", Type.INTEGER, N_("Hasta la anotación"), required=True, minimum=1),
        Field("digest", Type.KEY, N_("Resumen"), help=N_("SHA-256 encadenado, base64url sin relleno.")),
    ),
)
"""How the office's log of accesses stood: written by the office itself, so that nobody alters it later."""
