"""Notes as an orientador writes them at the table: short, varied, uneven, and without anybody's data."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

_SENTENCES = (
    "{who} {did} {what}",
    "{what} {state}, {then}",
    "{who} {did} {what}; {then}",
    "{state} {where}, {then}",
    "{then} porque {what} {state}",
    "vino de {place}, {did} {what}",
    "{who} de {place} no {lacked}",
    "se explicó {how} {what}",
    "{what} {state}",
    "{then}, {who} {felt}",
)

_WORDS: Mapping[str, Sequence[str]] = {
    "who": (
        "usuaria", "usuario", "señora mayor", "señor mayor", "madre de familia", "el apu", "docente", "promotora",
        "pareja joven", "estudiante", "agente municipal", "una vecina", "comunero", "pescador",
        "la presidenta del vaso",
    ),
    "did": (
        "consultó por", "quería saber de", "trajo los papeles de", "preguntó otra vez por", "pidió ayuda con",
        "terminó", "no entendía bien", "se llevó impreso", "dejó pendiente", "revisó en pantalla", "reclama por",
    ),
    "what": (
        "la partida de nacimiento", "el bono", "la afiliación al SIS", "el pago de la tasa", "su clave virtual",
        "la constancia", "el padrón", "el formulario", "la cita", "la declaración", "el acta de matrimonio",
        "la clasificación del hogar", "el subsidio", "el título del predio", "la beca del hijo", "la multa electoral",
        "el certificado", "la pensión", "el reclamo del recibo", "la licencia", "el libro de reclamaciones",
    ),
    "state": (
        "sale observado", "no figura todavía", "quedó listo", "demoró por la lluvia", "pide un requisito más",
        "se cayó a mitad", "está en otra sede", "figura con otro apellido", "ya estaba hecho", "carga muy lento",
        "da error al final", "sale en blanco", "salió a la primera", "se cortó dos veces", "requiere ir a Iquitos",
    ),
    "then": (
        "volverá mañana", "regresa con su esposo", "se le dio orientación", "se anotó para la próxima visita",
        "lo ve con la municipalidad", "queda para el punto siguiente", "se imprimió la constancia", "pasó al módulo 2",
        "se intentó 3 veces", "se usó la antena", "esperó a que vuelva la señal", "se coordinó con el tambo",
        "pidió que le llamen por radio", "se tradujo con apoyo de la promotora", "traerá copia legalizada",
    ),
    "where": ("en el local comunal", "en la escuela", "en el puerto", "bajo el toldo", "en la posta", "en el bote"),
    "place": (
        "río arriba", "la otra banda", "Tacsha Curaray", "Negro Urco", "Santa Clotilde", "Copal Urco", "San Rafael",
        "Puerto Elvira", "Diamante Azul", "una comunidad a 4 horas", "la bocana", "Monterrico", "Bellavista",
    ),
    "lacked": (
        "tiene correo", "recuerda su clave", "trajo el papel", "cuenta con celular", "sabía del plazo",
        "tiene recibo de luz", "figura en el padrón", "alcanzó a pagar", "entiende castellano", "vio el aviso",
    ),
    "how": ("con dibujos", "en kichwa", "paso a paso", "con el folleto", "dos veces", "a los dos", "con calma"),
    "felt": ("quedó conforme", "se fue sin dudas", "quedó con dudas", "agradeció", "quedó en espera", "tenía apuro"),
}  # fmt: skip

_TAILS = ("", "", "", ".", ".", " (2.ª vez)", ", urgente", ", con su hija", " - ver", "...", ", falta sello", " ok")
_LONGEST = 120


def note(rng: random.Random) -> str:
    """One note of at most 120 characters."""
    template = rng.choice(_SENTENCES)
    text = template.format(**{name: rng.choice(words) for name, words in _WORDS.items()}) + rng.choice(_TAILS)
    if rng.random() < 0.45:
        text = text[0].upper() + text[1:]
    return text[:_LONGEST].rstrip()
