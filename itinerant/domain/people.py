"""Brigada, Personal and Equipo: who works, with which laptop. People are codes here; names live in the roster only."""

from __future__ import annotations

from itinerant.domain.fields import Choice, Field, Kind, Type
from itinerant.texts import N_

DEVICE_PATTERN = "[A-Z][A-Z0-9]{1,11}"
"""A device's code, the first half of every reference."""

CENTRAL = "CENTRAL"
"""The office's own code as an author of changes."""

ROLES = (
    Choice("orientador", N_("Orientador")),
    Choice("responsable", N_("Responsable del CAP")),
    Choice("ti", N_("Área de TI")),
    Choice("reviewer", N_("Revisor")),
    Choice("manager", N_("Jefatura")),
    Choice("auditor", N_("Auditor")),
    Choice("administrator", N_("Administrador")),
)

BRIGADE = Kind(
    name="brigade",
    label=N_("Brigada"),
    plural=N_("Brigadas"),
    code_field="code",
    office=True,
    fields=(
        Field("code", Type.CODE, N_("Código"), required=True),
        Field("name", Type.TEXT, N_("Nombre"), required=True),
        Field("entity", Type.CODE, N_("Entidad"), to="entity"),
        Field("cap", Type.CODE, N_("CAP"), to="cap"),
        Field("active", Type.BOOLEAN, N_("Activa"), default=True),
    ),
)

STAFF = Kind(
    name="staff",
    label=N_("Personal"),
    plural=N_("Personal"),
    code_field="code",
    office=True,
    source="Modelo CAP EGOB, C.6 d; Ley 29733",
    fields=(
        Field("code", Type.CODE, N_("Código"), required=True),
        Field("brigade", Type.CODE, N_("Brigada"), to="brigade"),
        Field("role", Type.CHOICE, N_("Rol"), required=True, choices=ROLES),
        Field("active", Type.BOOLEAN, N_("Activo"), default=True),
        Field("since", Type.DATE, N_("Desde")),
        Field("until", Type.DATE, N_("Hasta")),
    ),
)

OFFICE_KEY = Kind(
    name="office_key",
    label=N_("Cambio de llaves de la oficina"),
    plural=N_("Cambios de llaves de la oficina"),
    office=True,
    fields=(
        Field("number", Type.INTEGER, N_("Número"), required=True, minimum=2),
        Field("sign_key", Type.KEY, N_("Llave de firma"), required=True, help=N_("Ed25519, base64url sin relleno.")),
        Field("seal_key", Type.KEY, N_("Llave de sellado"), required=True, help=N_("X25519, base64url sin relleno.")),
        Field("size", Type.INTEGER, N_("Cambios en el registro"), required=True),
        Field("former_r", Type.KEY, N_("Firma de la llave anterior (R)"), required=True),
        Field("former_s", Type.KEY, N_("Firma de la llave anterior (S)"), required=True),
        Field("own_r", Type.KEY, N_("Firma de la llave nueva (R)"), required=True),
        Field("own_s", Type.KEY, N_("Firma de la llave nueva (S)"), required=True),
    ),
)
"""A step to other keys of the office, signed by the key before: what laptops and auditors follow (`sync.rotation`)."""

DEVICE = Kind(
    name="device",
    label=N_("Equipo"),
    plural=N_("Equipos"),
    code_field="code",
    office=True,
    fields=(
        Field("code", Type.CODE, N_("Código"), required=True, pattern=DEVICE_PATTERN),
        Field("brigade", Type.CODE, N_("Brigada"), required=True, to="brigade"),
        Field("sign_key", Type.KEY, N_("Llave de firma"), help=N_("Ed25519, base64url sin relleno.")),
        Field("seal_key", Type.KEY, N_("Llave de sellado"), help=N_("X25519, base64url sin relleno.")),
        Field(
            "state",
            Type.CHOICE,
            N_("Estado"),
            required=True,
            choices=(
                Choice("invited", N_("Por inscribir")),
                Choice("enrolled", N_("Inscrito")),
                Choice("frozen", N_("En observación")),
                Choice("revoked", N_("Revocado")),
                Choice("lost", N_("Perdido")),
                Choice("retired", N_("Retirado")),
            ),
        ),
        Field("revoked_after", Type.INTEGER, N_("Último cambio válido")),
        Field("replaces", Type.CODE, N_("Reemplaza a"), pattern=DEVICE_PATTERN, to="device"),
    ),
)
