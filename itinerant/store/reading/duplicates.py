"""Possible duplicates on the laptop: computed when they are asked for, from the sessions that are here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from itinerant.domain import duplicates
from itinerant.domain.duplicates import Attention
from itinerant.domain.fields import Value
from itinerant.errors import UserError
from itinerant.log.change import Draft
from itinerant.store.disk.database import ask
from itinerant.store.disk.shapes import StoredRecord
from itinerant.store.opening import Opened
from itinerant.store.reading import records
from itinerant.store.reading.disputes import Write
from itinerant.texts import _

_ALIKE = (
    "SELECT record, made_by, visit, service, terminal, started_at, duration_s, void, duplicate_of, distinct_from"
    " FROM record_session WHERE duplicate_of IS NOT NULL OR (visit, service) IN (SELECT visit, service"
    " FROM record_session WHERE NOT void GROUP BY visit, service"
    " HAVING count(DISTINCT substr(record, 1, instr(record, '-') - 1)) > 1)"
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two sessions that may be one attention. `lost`: each was annulled for repeating the other."""

    first: StoredRecord
    second: StoredRecord
    lost: bool


class Duplicates:
    """The possible duplicates of one laptop."""

    def __init__(self, opened: Opened, write: Write) -> None:
        self._opened = opened
        self._write = write

    def list(self) -> Sequence[Proposal]:
        """What is proposed now, in the order of the numbers."""
        with self._opened.database.reader() as connection:
            pairs = duplicates.find(_attentions(connection).values())
            found = {ref: records.get(connection, ref) for pair in pairs for ref in pair[:2]}
        proposals: list[Proposal] = []
        for pair in pairs:
            first, second = found[pair.first], found[pair.second]
            if first is not None and second is not None:
                proposals.append(Proposal(first, second, pair.lost))
        return proposals

    def confirm(self, repeated: str, of: str, why: str) -> Sequence[str]:
        """Annul `repeated`, which logs the same attention as `of`; the numbers of the changes.

        Raises `UserError` for a pair that is not proposed (any more), or without a reason.
        """
        one, other = self._proposed(repeated, of)
        return self._do(duplicates.confirming(one, other), why)

    def dismiss(self, one: str, other: str, why: str) -> Sequence[str]:
        """Write that they are two attentions: both count and are not proposed again. Raises as `confirm`."""
        return self._do(duplicates.dismissing(*self._proposed(one, other)), why)

    def _proposed(self, one: str, other: str) -> tuple[Attention, Attention]:
        with self._opened.database.reader() as connection:
            known = _attentions(connection)
        if not any({one, other} == {pair.first, pair.second} for pair in duplicates.find(known.values())):
            raise not_proposed(one, other)
        return known[one], known[other]

    def _do(self, altered: Mapping[str, Mapping[str, Value]], why: str) -> Sequence[str]:
        if not why.strip():
            raise UserError(_("Diga el motivo."), place="why", code="required")
        drafts = [Draft(kind="", set=dict(values), record=ref, why=why) for ref, values in altered.items()]
        return [link.change.ref for link in self._write(drafts)]


def not_proposed(one: str, other: str) -> UserError:
    """They are no possible duplicates, or somebody decided already."""
    return UserError(
        _("{one} y {other} no figuran como posibles duplicadas, o alguien ya lo decidió.").format(one=one, other=other),
        next_step=_("Vea la lista de posibles duplicadas."),
        place=one,
        code="no_duplicate",
    )


def _attentions(connection: Connection) -> dict[str, Attention]:
    found: dict[str, Attention] = {}
    for record, by, visit, service, terminal, started_at, duration_s, void, duplicate_of, distinct in ask(
        connection, _ALIKE
    ):
        if visit is None or service is None or started_at is None or duration_s is None:
            continue  # its creating change is not here
        other_than = tuple(json.loads(distinct)) if distinct else ()
        found[record] = Attention(
            record, by, visit, service, terminal, started_at, duration_s, bool(void), duplicate_of, other_than
        )
    return found
