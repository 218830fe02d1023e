"""What `itinerant doctor` asks of the store: is the file whole, does the log hold, do the tables say what it says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from itinerant.errors import Damaged
from itinerant.paths import Home
from itinerant.store import views
from itinerant.store.disk import meta
from itinerant.store.disk.database import Database
from itinerant.store.disk.epoch import Past
from itinerant.store.journal import Journal
from itinerant.store.office import former, witness
from itinerant.texts import _, ngettext

LEAST_FREE = 200 * 1024 * 1024
"""Bytes of disk below which a day's work may not fit beside what the system itself writes."""
MOST_SKEW_MS = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its code, whether it is well, what was seen, and what to do if it is not."""

    code: str
    well: bool
    sentence: str
    next_step: str = ""


def examine(home: Home, database: Database, journal: Journal, past: Past) -> list[Check]:
    """Look at everything; nothing is altered."""
    return [
        _pages(database),
        _chain(journal),
        *_formers(database),
        _tables(database),
        _witness(past),
        _clock(database),
        _ledger(database),
        _disk(home),
    ]


def _pages(database: Database) -> Check:
    pages = database.damaged_pages()
    if not pages:
        return Check("pages", True, _("El archivo cifrado está completo."))
    sentence = ngettext("Está dañada la página {pages}.", "Están dañadas las páginas {pages}.", len(pages))
    return Check(
        "pages",
        False,
        sentence.format(pages=", ".join(map(str, pages))),
        _("Rescate lo que puede leerse con «itinerant doctor --rescue CARPETA» y avise a la oficina."),
    )


def _chain(journal: Journal) -> Check:
    try:
        head = journal.verify()
    except Damaged as error:
        return Check("chain", False, error.sentence, error.next_step)
    sentence = ngettext(
        "El registro no tiene cortes: {n} cambio.", "El registro no tiene cortes: {n} cambios.", head.seq
    )
    return Check("chain", True, sentence.format(n=head.seq))


def _formers(database: Database) -> list[Check]:
    """The logs that the laptop kept under former codes; nothing when it never had another."""
    try:
        with database.reader() as connection:
            codes = [log.device for log in former.logs(connection)]
            former.verify(connection)
    except Damaged as error:
        return [Check("former", False, error.sentence, error.next_step)]
    sentence = _("El registro que llevó como {devices} está completo.").format(devices=", ".join(codes))
    return [Check("former", True, sentence)] if codes else []


def _tables(database: Database) -> Check:
    """The record tables and their indexes against the log, of which they are a view."""
    try:
        with database.reader() as connection:
            differing = views.differing(connection)
            inside = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    except Damaged as error:
        return Check("tables", False, error.sentence, error.next_step)
    step = _("Rehágalas desde el registro con «itinerant doctor --repair».")
    if differing:
        sentence = _("Las listas no dicen lo mismo que el registro: {refs}.").format(refs=", ".join(differing[:5]))
        return Check("tables", False, sentence, step)
    if inside != "ok":
        return Check("tables", False, _("Los índices de las listas no dicen lo mismo que ellas."), step)
    return Check("tables", True, _("Las listas dicen lo mismo que el registro."))


def _witness(past: Past) -> Check:
    sentences = {
        Past.SAME: _("Los datos son los mismos de la última vez."),
        Past.UNKNOWN: _("No hay con qué comparar los datos de la última vez."),
        Past.RESTORED: _(
            "Los datos son anteriores a los de la última vez: se restauró una copia, o se perdió el final."
        ),
        Past.COPIED: _("Los datos están en otro lugar que la última vez: se copió o se movió la carpeta."),
    }
    well = past is not Past.RESTORED
    return Check("witness", well, sentences[past], "" if well else _("No siga registrando y avise a la oficina."))


def _clock(database: Database) -> Check:
    try:
        with database.reader() as connection:
            state = meta.load_sync(connection)
    except Damaged as error:
        return Check("clock", False, error.sentence, error.next_step)
    if state.clock_skew_ms is None:
        return Check("clock", True, _("El reloj no se ha comparado aún con el de la oficina."))
    minutes = round(state.clock_skew_ms / 60_000)
    well = abs(state.clock_skew_ms) <= MOST_SKEW_MS
    sentence = ngettext(
        "El reloj difiere del de la oficina en {n} minuto.",
        "El reloj difiere del de la oficina en {n} minutos.",
        abs(minutes),
    )
    step = "" if well else _("Nada se pierde ni se desordena; ponga la hora correcta cuando pueda.")
    return Check("clock", well, sentence.format(n=minutes), step)


def _ledger(database: Database) -> Check:
    """The office's ledger, as far as this laptop was shown it."""
    try:
        with database.reader() as connection:
            seen = witness.load(connection)
    except Damaged as error:
        return Check("ledger", False, error.sentence, error.next_step)
    if seen.alarm is not None:
        return Check("ledger", False, seen.alarm.sentence, seen.alarm.next_step)
    if not seen.note:
        return Check("ledger", True, _("La oficina no ha mostrado aún su registro."))
    return Check("ledger", True, _("El registro de la oficina solo creció desde que esta laptop lo vio."))


def _disk(home: Home) -> Check:
    free = shutil.disk_usage(home.root).free
    well = free >= LEAST_FREE
    step = "" if well else _("Libere espacio antes de salir a la ruta.")
    return Check("disk", well, _("Quedan {n} MB libres en el disco.").format(n=free // 1_000_000), step)
