"""What this laptop is told once and can always find again: how others' work and the office's word met its own.

* A notice is written in the transaction that brought the news, so none is lost with a crash; it is new until somebody
  was shown it (`take`).
* It holds numbers and names of fields, never a value: what a record says is erased with the record.
* The same news twice (a receipt again, a stick beside the network) is one notice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection

from itinerant.domain.fields import VOID
from itinerant.domain.kinds import KINDS
from itinerant.log.change import Change, order
from itinerant.log.merge import settled
from itinerant.store import views
from itinerant.store.disk import meta
from itinerant.store.disk.database import ask, do_many
from itinerant.store.office import former
from itinerant.store.opening import Opened
from itinerant.store.reading import records
from itinerant.sync.standing import MAX_LISTED, Standing
from itinerant.texts import N_, _

KEPT = 1_000
"""Notices that stay; beyond them the oldest of those that were shown go."""


class What(StrEnum):
    """What a notice tells."""

    CONFLICT = "conflict"
    DECIDED = "decided"
    QUARANTINED = "quarantined"
    RELEASED = "released"
    DISCARDED = "discarded"
    OFFICE_BACK = "office_back"


_SENTENCES: Mapping[What, str] = {
    What.CONFLICT: N_("«{field}» de {record}: otra persona escribió otro valor, y por ahora se muestra ese."),
    What.DECIDED: N_("«{field}» de {record}: se decidió otro valor que el suyo (cambio {change})."),
    What.QUARANTINED: N_("{change}: la oficina lo apartó hasta decidir. Sigue guardado aquí: no lo anote de nuevo."),
    What.RELEASED: N_("{change}: la oficina lo aceptó."),
    What.OFFICE_BACK: N_(
        "La oficina volvió a una copia anterior de sus datos. Lo que esta laptop le envió desde entonces se envía otra"
        " vez solo; lo que la oficina decidió desde entonces puede cambiar."
    ),
    What.DISCARDED: N_("{change}: la oficina decidió que no cuenta. No lo anote de nuevo sin hablar con ella."),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One piece of news. `change`: the own change in conflict, the deciding one, or the one set aside; `at`: ms, this
    laptop's clock; `is_new`: nobody was shown it before."""

    n: int
    what: What
    record: str
    kind: str
    field: str
    change: str
    at: int
    is_new: bool

    @property
    def sentence(self) -> str:
        """It in words."""
        declared = KINDS[self.kind].by_name.get(self.field) if self.kind in KINDS else None
        label = _("Anulada") if self.field == VOID else _(declared.label) if declared else self.field
        return _(_SENTENCES[self.what]).format(field=label, record=self.record, change=self.change)


_SELECT = "SELECT n, what, record, kind, field, change, at, shown FROM notice"
_PUT = "INSERT OR IGNORE INTO notice (what, record, kind, field, change, at, shown) VALUES (?, ?, ?, ?, ?, ?, 0)"
_TRIM = "DELETE FROM notice WHERE shown AND n <= (SELECT n FROM notice ORDER BY n DESC LIMIT 1 OFFSET ?)"
_ABOUT = "SELECT iif(amends = '', device || '-' || seq, amends) FROM change WHERE device = ? AND seq = ?"


class Notices:
    """The notices of one laptop."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def list(self, limit: int = KEPT) -> Sequence[Notice]:
        """The latest notices, the last one first."""
        with self._opened.database.reader() as connection:
            rows = list(ask(connection, f"{_SELECT} ORDER BY n DESC LIMIT ?", limit))
        return [_notice(row) for row in rows]

    def count_new(self) -> int:
        """How many nobody was shown."""
        with self._opened.database.reader() as connection:
            ((count,),) = ask(connection, "SELECT count(*) FROM notice WHERE NOT shown")
        return int(count)

    def take(self) -> Sequence[Notice]:
        """Those that nobody was shown, oldest first; from now on they count as shown."""
        if not self.count_new() or self._opened.reading_only:
            return []
        with self._opened.database.writer() as connection:
            rows = list(ask(connection, f"{_SELECT} WHERE NOT shown ORDER BY n"))
            connection.exec_driver_sql("UPDATE notice SET shown = 1 WHERE NOT shown")
            connection.exec_driver_sql(_TRIM, (KEPT,))
        return [_notice(row) for row in rows]

    def is_aside(self, ref: str) -> bool:
        """Whether the office does not count an own change, or not yet."""
        with self._opened.database.reader() as connection:
            standing = meta.load_standing(connection)
        aside = (*standing.quarantined, *standing.discarded) if standing else ()
        return ref in {item[0] for item in aside}

    def aside(self) -> Mapping[str, What]:
        """The records with an own change that the office does not count: `QUARANTINED` while it waits for somebody to
        decide, `DISCARDED` once it was left out for good."""
        with self._opened.database.reader() as connection:
            standing = meta.load_standing(connection)
            if standing is None:
                return {}
            out = [(item.ref, What.DISCARDED) for item in standing.discarded]
            waiting = [(item.ref, What.QUARANTINED) for item in standing.quarantined]
            return {_record_of(connection, ref): what for ref, what in (*out, *waiting)}


def _notice(row: tuple[object, ...]) -> Notice:
    n, what, record, kind, field, change, at, shown = row
    return Notice(
        int(str(n)), What(str(what)), str(record), str(kind), str(field), str(change), int(str(at)), not shown
    )


def note_changes(connection: Connection, device: str, changes: Iterable[Change], at: int) -> None:
    """Note which of these changes of others, just stored, settled a conflict against this laptop's own value. Within
    the caller's transaction."""
    amended = sorted((each for each in changes if not each.creates), key=attrgetter("record"))
    if not amended:
        return
    own = _own_codes(connection, device)
    rows: list[tuple[object, ...]] = []
    for ref, fresh in groupby(amended, key=attrgetter("record")):
        known = [item.change for item in views.changes(connection, ref) if item.change is not None]
        if not any(each.device in own for each in known):
            continue
        for change in fresh:
            for was in settled(known, change.ref):
                lost = [one for one in was.candidates if _author(one.change) in own]
                if lost and all(_differ(one.value, change.set[was.field]) for one in lost):
                    rows.append((What.DECIDED, ref, was.kind, was.field, change.ref, at))
    do_many(connection, _PUT, rows)


def note_open(connection: Connection, device: str, at: int) -> None:
    """Note the open conflicts in which another value than this laptop's own is shown. Within the caller's transaction,
    after whatever may have opened one; all are looked at, for what counts no longer opens them too."""
    found = records.conflicts(connection)
    own = _own_codes(connection, device) if found else set()
    rows: list[tuple[object, ...]] = []
    for now in reversed(found):
        mine = [one for one in now.candidates if _author(one.change) in own]
        if mine and all(_differ(one.value, now.provisional) for one in mine):
            rows.append((What.CONFLICT, now.record, now.kind, now.field, mine[-1].change, at))
    do_many(connection, _PUT, rows)


def note_office_back(connection: Connection, size: int, at: int) -> None:
    """Note that the office was put back to a copy of `size` changes. Within the caller's transaction."""
    do_many(connection, _PUT, [(What.OFFICE_BACK, "", "", "", str(size), at)])


def note_standing(connection: Connection, device: str, before: Standing | None, now: Standing, at: int) -> None:
    """Note what the office set aside, took up or left out since it was asked last. Within the caller's transaction."""
    known = {item.ref for item in before.quarantined} if before else set()
    gone = {item.ref for item in before.discarded} if before else set()
    waiting = {item.ref for item in now.quarantined}
    out = {item.ref for item in now.discarded}
    whole = len(now.quarantined) < MAX_LISTED
    news = [(What.QUARANTINED, ref) for ref in waiting - known]
    news += [(What.DISCARDED, ref) for ref in out - gone]
    news += [(What.RELEASED, ref) for ref in known - waiting - out if whole and _author(ref) == device]
    rows: list[tuple[object, ...]] = []
    for what, ref in sorted(news, key=lambda item: _place(item[1])):
        rows.append((what, _record_of(connection, ref), "", "", ref, at))
    do_many(connection, _PUT, rows)


def _own_codes(connection: Connection, device: str) -> set[str]:
    """The codes that this laptop has and had."""
    return {device, *(log.device for log in former.logs(connection))}


def _record_of(connection: Connection, ref: str) -> str:
    """The record that a change is about; the change itself for one that is not here."""
    device, seq = _place(ref)
    return next((record for (record,) in ask(connection, _ABOUT, device, seq)), ref)


def _place(ref: str) -> tuple[str, int]:
    """Device and number; the office does not know the number of what it cannot read (`LOR07-?`)."""
    return order(ref) if ref[-1].isdigit() else (_author(ref), 0)


def _author(ref: str) -> str:
    return ref.rpartition("-")[0]


def _differ(one: object, other: object) -> bool:
    return json.dumps(one) != json.dumps(other)
