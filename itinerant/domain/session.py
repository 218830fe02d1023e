"""Atención: one assistance of one person with one service. The unit that every report counts, never "persona"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from itinerant.domain.fields import Choice, Field, Kind, Problem, Type, Value
from itinerant.texts import N_, _

DAY_S = 86_400
RESOLVED = "resolved"


def _cause_unless_resolved(values: Mapping[str, Value]) -> Iterable[Problem]:
    if values.get("outcome") != RESOLVED and values.get("cause") is None:
        yield Problem("cause", "together", _("Diga la causa: la atención no quedó resuelta."))
    if values.get("outcome") == RESOLVED and values.get("cause") is not None:
        yield Problem("cause", "together", _("Una atención resuelta no lleva causa."))


ACCESS = (
    Choice("information", N_("Búsqueda de información")),
    Choice("consultation", N_("Consulta en línea")),
    Choice("procedure", N_("Trámite en línea")),
    Choice("payment", N_("Pago en línea")),
    Choice("participation", N_("Participación ciudadana")),
    Choice("guidance", N_("Orientación y asesoramiento")),
    Choice("other", N_("Otro")),
)

CONNECTIVITY = (
    Choice("none", N_("Sin conexión")),
    Choice("mobile", N_("Red móvil")),
    Choice("satellite", N_("Satélite")),
    Choice("broadband", N_("Banda ancha")),
)

LANGUAGES = (
    Choice("spa", N_("Castellano")),
    Choice("quz", N_("Quechua Cusco-Collao")),
    Choice("quy", N_("Quechua chanka")),
    Choice("qvo", N_("Kichwa del Napo")),
    Choice("aym", N_("Aimara")),
    Choice("cni", N_("Asháninka")),
    Choice("agr", N_("Awajún")),
    Choice("shp", N_("Shipibo-konibo")),
    Choice("hub", N_("Wampís")),
    Choice("huu", N_("Murui-muinani")),
    Choice("sey", N_("Secoya")),
    Choice("mcf", N_("Matsés")),
    Choice("cot", N_("Caquinte")),
    Choice("tca", N_("Ticuna")),
    Choice("urk", N_("Urarina")),
    Choice("ycn", N_("Yagua")),
)

SESSION = Kind(
    name="session",
    label=N_("Atención"),
    plural=N_("Atenciones"),
    source="Modelo CAP EGOB, B y C.2",
    rules=(_cause_unless_resolved,),
    fields=(
        Field(
            "service",
            Type.CODE,
            N_("Servicio"),
            required=True,
            to="service",
            help=N_("Escriba la entidad, el nombre o una palabra."),
            source="Modelo CAP EGOB, C.2",
        ),
        Field(
            "access",
            Type.CHOICE,
            N_("Tipo de acceso"),
            required=True,
            choices=ACCESS,
            source="Modelo CAP EGOB, C.2",
        ),
        Field(
            "mode",
            Type.CHOICE,
            N_("Modalidad"),
            required=True,
            default="assisted",
            choices=(Choice("assisted", N_("Asistida")), Choice("self_service", N_("Autoservicio"))),
            source="Modelo CAP EGOB, C.4",
        ),
        Field(
            "channel",
            Type.CHOICE,
            N_("Canal"),
            required=True,
            default="cabin",
            choices=(
                Choice("cabin", N_("Cabina")),
                Choice("automated_agent", N_("Agente automatizado")),
                Choice("branch", N_("Local descentralizado")),
                Choice("ally", N_("Local del aliado")),
            ),
            source="Modelo CAP EGOB, C.3",
        ),
        Field(
            "segment",
            Type.CHOICE,
            N_("Segmento"),
            required=True,
            open=True,
            default="citizen",
            to="segment",
            choices=(
                Choice("citizen", N_("Ciudadano")),
                Choice("administrado", N_("Administrado")),
                Choice("company", N_("Empresa")),
            ),
            source="Modelo CAP EGOB, C.1",
        ),
        Field(
            "outcome",
            Type.CHOICE,
            N_("Resultado"),
            required=True,
            default=RESOLVED,
            choices=(
                Choice(RESOLVED, N_("Resuelta")),
                Choice("partial", N_("Resuelta en parte")),
                Choice("referred", N_("Derivada")),
                Choice("not_possible", N_("No fue posible")),
            ),
        ),
        Field(
            "cause",
            Type.CHOICE,
            N_("Causa"),
            help=N_("Por qué no quedó resuelta."),
            choices=(
                Choice("no_connectivity", N_("Sin conexión")),
                Choice("service_down", N_("El servicio no respondió")),
                Choice("missing_document", N_("Faltó un documento")),
                Choice("no_card", N_("No tiene DNI electrónico")),
                Choice("card_failed", N_("La tarjeta falló")),
                Choice("not_eligible", N_("No le corresponde")),
                Choice("left", N_("Se retiró")),
                Choice("other", N_("Otra")),
            ),
        ),
        Field(
            "started_at",
            Type.INSTANT,
            N_("Inicio"),
            required=True,
            unit="ms",
            help=N_("Según el reloj de la laptop."),
        ),
        Field(
            "duration_s",
            Type.INTEGER,
            N_("Duración"),
            required=True,
            unit="s",
            maximum=DAY_S,
            source="Modelo CAP EGOB, B",
        ),
        Field("waiting_s", Type.INTEGER, N_("Espera"), unit="s", maximum=DAY_S),
        Field(
            "age_band",
            Type.CHOICE,
            N_("Grupo de edad"),
            choices=tuple(
                Choice(band, label)
                for band, label in (
                    ("0-17", N_("0 a 17")),
                    ("18-29", N_("18 a 29")),
                    ("30-44", N_("30 a 44")),
                    ("45-59", N_("45 a 59")),
                    ("60+", N_("60 o más")),
                )
            ),
        ),
        Field(
            "sex",
            Type.CHOICE,
            N_("Sexo"),
            help=N_("Opcional, solo si la persona lo dice."),
            choices=(Choice("f", N_("Mujer")), Choice("m", N_("Hombre")), Choice("x", N_("Otro"))),
        ),
        Field(
            "language",
            Type.CHOICE,
            N_("Lengua"),
            open=True,
            pattern="[a-z]{3}",
            choices=LANGUAGES,
            default="spa",
        ),
        Field(
            "card",
            Type.CHOICE,
            N_("Tarjeta"),
            default="none",
            choices=(
                Choice("none", N_("No se usó")),
                Choice("read", N_("Leída")),
                Choice("authenticated", N_("Autenticó")),
                Choice("signed", N_("Firmó")),
                Choice("failed", N_("Falló")),
            ),
            source="DS 052-2008-PCM, art. 53 a",
        ),
        Field("card_code", Type.CODE, N_("Código de falla de la tarjeta"), pattern="[A-Za-z0-9][A-Za-z0-9_.-]{0,11}"),
        Field("connectivity", Type.CHOICE, N_("Conexión"), choices=CONNECTIVITY),
        Field("fee_cents", Type.INTEGER, N_("Pago por el servicio"), unit="cents", maximum=100_000_000),
        Field("satisfaction", Type.INTEGER, N_("Satisfacción"), minimum=1, maximum=5),
        Field("terminal", Type.CODE, N_("Terminal"), to="resource"),
        Field(
            "note",
            Type.TEXT,
            N_("Nota"),
            length=120,
            help=N_("Sin nombres, números de documento, teléfonos ni expedientes."),
            source="DS 052-2008-PCM, art. 53 c",
        ),
        Field("visit", Type.REFERENCE, N_("Jornada"), required=True, to="visit"),
        Field(
            "duplicate_of",
            Type.REFERENCE,
            N_("Repite a"),
            to="session",
            help=N_("La atención que esta repite, cuando se anuló por duplicada."),
        ),
        Field(
            "distinct_from",
            Type.CODES,
            N_("Distinta de"),
            help=N_("Atenciones parecidas que alguien miró y no son la misma."),
        ),
    ),
)
