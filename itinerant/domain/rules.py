"""What the regulations ask of a centre of public access, as pure functions that cite their article.

Sources: regulation of Law 29904 (DS 014-2013-MTC), art. 45; DS 052-2008-PCM, art. 53; both as the government's model of
a CAP EGOB quotes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from itinerant.errors import UserError
from itinerant.texts import N_, _, ngettext

ARTICLE_45 = N_("Reglamento de la Ley 29904, art. 45 {letter}")
ARTICLE_53 = N_("DS 052-2008-PCM, art. 53 {letter}")

PEOPLE_PER_TERMINAL = 50
"""Art. 45 a: "en forma proporcional 50:1 a las capacidades de atención del recinto"."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that an article asks for. `met` is None when it could not be checked. `sentence` says it in Spanish."""

    code: str
    article: str
    met: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Elements:
    """What art. 53 looks for, one answer each: yes, no, or None when it could not be checked."""

    readers: bool | None = None
    drivers: bool | None = None
    infrastructure: bool | None = None
    privacy: bool | None = None
    trained: bool | None = None
    signing: bool | None = None
    verifying: bool | None = None


def terminals_for_capacity(capacity: int) -> int:
    """Terminals for a room of that capacity (people, staff excluded).

    Regulation of Law 29904, art. 45 a: at least one for each 50 people "o resto de 50 mayor a 25". A room of 25 or
    fewer gives none by this letter. Raises UserError for a negative capacity.
    """
    if capacity < 0:
        raise UserError(
            _("El aforo no puede ser negativo."), next_step=_("Escriba cuántas personas caben, sin contar al personal.")
        )
    full, rest = divmod(capacity, PEOPLE_PER_TERMINAL)
    return full + (rest > PEOPLE_PER_TERMINAL // 2)


def terminals_required(capacity: int | None, itinerant: bool) -> int:
    """Public terminals that a place of attention needs at least.

    Regulation of Law 29904, art. 45 a (by capacity, `terminals_for_capacity`) and 45 b (itinerant attention: at least
    one, whatever the capacity). Itinerant attention in a room of known capacity is held to the greater of the two.
    An unknown capacity (None) asks for nothing by letter a.
    """
    by_capacity = 0 if capacity is None else terminals_for_capacity(capacity)
    return max(by_capacity, 1) if itinerant else by_capacity


def staff_required(terminals: int) -> int:
    """People to guide users that a place with so many public terminals needs at least.

    Regulation of Law 29904, art. 45 c asks for staff to guide users and sets no ratio: one, if there is a terminal.
    """
    return 1 if terminals > 0 else 0


def article_45(capacity: int | None, itinerant: bool, terminals: int, guides: int) -> tuple[Requirement, ...]:
    """Whether the terminals and the staff present satisfy art. 45 a, b and c of the regulation of Law 29904."""
    needed = terminals_required(capacity, itinerant)
    by_capacity = capacity is not None and terminals_for_capacity(capacity) >= needed
    letter = "a" if by_capacity or not itinerant else "b"
    asked = ngettext(
        "La norma pide {n} terminal de acceso público", "La norma pide {n} terminales de acceso público", needed
    ).format(n=needed)
    guides_needed = staff_required(max(needed, terminals))
    return (
        Requirement(
            "terminals",
            _(ARTICLE_45).format(letter=letter),
            None if capacity is None and not itinerant else terminals >= needed,
            _("{asked}; hay {present}.").format(asked=asked, present=terminals),
        ),
        Requirement(
            "guides",
            _(ARTICLE_45).format(letter="c"),
            guides >= guides_needed,
            _("Hay personal para orientar a los usuarios.")
            if guides >= guides_needed
            else _("Falta personal para orientar a los usuarios."),
        ),
    )


_ELEMENTS = (
    (
        "readers",
        "a",
        N_("Los equipos tienen lector de tarjetas inteligentes."),
        N_("Falta un lector de tarjetas inteligentes: sin él no se puede usar el DNI electrónico."),
    ),
    (
        "drivers",
        "a",
        N_("El controlador del lector está instalado."),
        N_("Falta el controlador (driver) del lector de tarjetas."),
    ),
    (
        "infrastructure",
        "b",
        N_("La infraestructura tecnológica es adecuada."),
        N_("Falta infraestructura tecnológica: computadoras, equipos de red o energía."),
    ),
    (
        "privacy",
        "c",
        N_("Hay seguridad y confidencialidad, y no se almacena información personal."),
        N_("No están aseguradas la confidencialidad y la no conservación de información personal."),
    ),
    (
        "trained",
        "d",
        N_("El personal está capacitado."),
        N_("Falta personal capacitado para asistir en las transacciones."),
    ),
    (
        "signing",
        "e",
        N_("Hay software de firma digital."),
        N_("Falta el software de firma digital."),
    ),
    (
        "verifying",
        "e",
        N_("Hay software que verifica firmas digitales."),
        N_("Falta el software que verifica firmas digitales."),
    ),
)


def article_53(elements: Elements) -> tuple[Requirement, ...]:
    """The elements that art. 53 of DS 052-2008-PCM (a to e) asks for, each met, missing or not checked."""
    found = []
    for code, letter, met_sentence, missing_sentence in _ELEMENTS:
        met: bool | None = getattr(elements, code)
        sentence = _(met_sentence) if met else _(missing_sentence)
        if met is None:
            sentence = _("No se pudo comprobar: {what}").format(what=_(met_sentence))
        found.append(Requirement(code, _(ARTICLE_53).format(letter=letter), met, sentence))
    return tuple(found)
