"""Whether a change may enter the ledger, or waits in quarantine and why. Pure.

* Nothing is refused: an objection puts the change aside, whole, with a reason that a person can read.
* Reasons are stable words of the contract: see `Reason`.
* The privacy guard looks at every guarded field, at `why` and at `by`, again, whatever the laptop promised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from itinerant.domain import guard
from itinerant.domain.fields import Kind, Problem, Value, unguarded
from itinerant.domain.kinds import KINDS
from itinerant.domain.many import faultless
from itinerant.domain.people import CENTRAL
from itinerant.log.chain import Link
from itinerant.log.change import MAX_BYTES, VERSION, Change, order
from itinerant.texts import N_, _


class Reason(StrEnum):
    """Why a change waits in quarantine."""

    SCHEMA = "schema"
    PERSONAL_DATA = "personal_data"
    UNKNOWN_KIND = "unknown_kind"
    OFFICE_ONLY = "office_only"
    SCOPE = "scope"
    FUTURE_VERSION = "future_version"
    FORK = "fork"
    REVOKED = "revoked"


SENTENCES = {
    Reason.UNKNOWN_KIND: N_("La oficina no conoce esta clase de registro; falta actualizarla."),
    Reason.OFFICE_ONLY: N_("Solo la oficina central escribe esta clase de registro."),
    Reason.SCOPE: N_("El registro es de otra brigada."),
    Reason.FUTURE_VERSION: N_("Lo escribió una versión más nueva del programa; la oficina aún no la lee."),
    Reason.FORK: N_("Dos laptops escriben con el mismo código de equipo."),
    Reason.REVOKED: N_("El equipo estaba revocado cuando lo envió."),
}


@dataclass(frozen=True, slots=True)
class Objection:
    """Why one change waits; `field` is empty when it is about the whole change."""

    reason: Reason
    sentence: str
    field: str = ""


def objection(reason: Reason) -> Objection:
    """The objection whose words do not depend on the change."""
    return Objection(reason, _(SENTENCES[reason]))


_OVERRULED = {name: unguarded(kind) for name, kind in KINDS.items()}


def judge(links: Sequence[Link], *, overruled: bool = False) -> list[Objection | None]:
    """For each change of one author, what stands against it by itself; None for what may enter.

    `overruled`: a person said that what looks like somebody's data is not; all else is asked of it as of any other.
    """
    kinds = _OVERRULED if overruled else KINDS
    clean = (lambda _text: True) if overruled else cache(guard.clean)
    makes = [link.change.creates for link in links]
    fine = _faultless(kinds, links, makes)
    return [
        _judge(kinds, link, creates, (link.change.kind, creates) in fine, clean)
        for link, creates in zip(links, makes, strict=True)
    ]


def _faultless(kinds: Mapping[str, Kind], links: Sequence[Link], makes: Sequence[bool]) -> set[tuple[str, bool]]:
    """The kinds whose new records (true), or amendments (false), have no fault in any field of any of these."""
    alike: dict[tuple[str, bool], list[Mapping[str, Value]]] = defaultdict(list)
    for link, creates in zip(links, makes, strict=True):
        alike[link.change.kind, creates].append(link.change.set)
    return {
        (name, creates)
        for (name, creates), records in alike.items()
        if name in kinds and faultless(kinds[name], records, partial=not creates)
    }


def _judge(
    kinds: Mapping[str, Kind], link: Link, creates: bool, fine: bool, clean: Callable[[str], bool]
) -> Objection | None:
    """`fine`: no fault is in its fields; `clean`: what the guard says of a text."""
    change = link.change
    if change.v > VERSION:
        return objection(Reason.FUTURE_VERSION)
    kind = kinds.get(change.kind)
    if kind is None:
        return objection(Reason.UNKNOWN_KIND)
    if kind.office and change.device != CENTRAL:
        return objection(Reason.OFFICE_ONLY)
    problems = [] if fine else kind.problems(change.set, partial=not creates)
    if problems:
        return _worst(problems)
    for name, text in (("by", change.by), ("why", change.why)):
        if text and not clean(text):
            return Objection(Reason.PERSONAL_DATA, guard.explain(guard.inspect(text)[0]), name)
    if len(link.data) > MAX_BYTES:
        return Objection(Reason.SCHEMA, _("El cambio pasa de 8 KiB."))
    return _misplaced(change, creates)


def _misplaced(change: Change, creates: bool) -> Objection | None:
    if creates:
        return Objection(Reason.SCHEMA, _("Un registro nuevo no se basa en otro.")) if change.base else None
    device, seq = order(change.record)
    if device == change.device and seq > change.seq:
        return Objection(Reason.SCHEMA, _("Corrige un registro que todavía no existía."))
    return None


def _worst(problems: list[Problem]) -> Objection:
    """Personal data before anything else: it is what a person must see."""
    personal = [problem for problem in problems if problem.code == "personal_data"]
    first = (personal or problems)[0]
    return Objection(Reason.PERSONAL_DATA if personal else Reason.SCHEMA, first.sentence, first.field)
