"""The sections of the page, in the order of a day's work; each is shown to those who may use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from itinerant.texts import N_
from server.access.permissions import Right
from server.access.sessions import Session


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the menu."""

    path: str
    label: str
    right: Right


SECTIONS: Sequence[Section] = (
    Section("/", N_("Hoy"), Right.READ),
    Section("/registros/visit", N_("Jornadas"), Right.READ),
    Section("/registros/session", N_("Atenciones"), Right.READ),
    Section("/registros/incident", N_("Incidencias"), Right.READ),
    Section("/diferencias", N_("Diferencias"), Right.READ),
    Section("/duplicados", N_("Duplicados"), Right.READ),
    Section("/cuarentena", N_("Cuarentena"), Right.READ),
    Section("/informes", N_("Informes"), Right.READ),
    Section("/modelo", N_("Modelo CAP"), Right.READ),
    Section("/equipos", N_("Equipos"), Right.READ),
    Section("/recuperaciones", N_("Recuperar"), Right.RECOVER),
    Section("/personal", N_("Personal"), Right.STAFF),
    Section("/catalogo", N_("Catálogo"), Right.READ),
    Section("/registros", N_("Otros registros"), Right.READ),
    Section("/exportar", N_("Exportar"), Right.EXPORT),
    Section("/accesos", N_("Bitácora"), Right.EXPORT),
    Section("/cuentas", N_("Cuentas"), Right.ACCOUNTS),
)


def menu(session: Session) -> list[Section]:
    """The sections that this person may use."""
    return [section for section in SECTIONS if session.may(section.right)]
