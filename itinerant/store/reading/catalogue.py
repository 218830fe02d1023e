"""The catalogue of services as a person searches it: by entity, name, code or any word, without accents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from sqlalchemy import Connection

from itinerant.domain.fields import VOID
from itinerant.domain.lookup import Lookup, fold
from itinerant.store.disk.shapes import StoredRecord
from itinerant.store.reading import records

_ALL = 100_000
_RARE = 1_000
"""Order of a service that the catalogue does not call frequent (their orders go from 1 to 1,000)."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service to choose: its record and the name of its entity."""

    code: str
    name: str
    entity: str
    entity_name: str
    record: StoredRecord

    @property
    def order(self) -> int:
        """Its place among the frequent ones, from 1; the same great number for all others."""
        place = self.record.values.get("frequent")
        return place if isinstance(place, int) and place > 0 else _RARE

    @property
    def strings(self) -> tuple[str, ...]:
        """The texts by which it is found, the name first."""
        return self.name, self.entity_name, self.code, str(self.record.values.get("keywords") or "")


class Catalogue:
    """The active services; made once and not changed after."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.all = sorted(services, key=lambda service: service.code)
        self._by_code = {service.code: service for service in self.all}
        self._lookup = Lookup((service, service.strings, -service.order) for service in self.all)
        self._folded = [(service.code, fold(" ".join(service.strings))) for service in self.all]

    def get(self, code: str) -> Service | None:
        """The service of that code, or None: an unknown code is data, not an error."""
        return self._by_code.get(code)

    def frequent(self, limit: int = 9) -> list[Service]:
        """Those that the catalogue marks as frequent, in its order: the same keys every day."""
        marked = [service for service in self.all if service.order < _RARE]
        return sorted(marked, key=lambda service: service.order)[:limit]

    def search(self, query: str, limit: int = 20) -> list[Service]:
        """The services that have every word of `query` or its beginning, best first."""
        return self._lookup.search(query, limit)

    def codes_by_word(self, text: str) -> Mapping[str, Set[str]]:
        """For each folded word of `text`, the codes of the services that have it: so sessions are found by name."""
        return {word: {code for code, folded in self._folded if word in folded} for word in set(fold(text).split())}


def load(connection: Connection) -> Catalogue:
    """Read the catalogue's records."""
    entities = {
        str(entity.values["code"]): str(entity.values["name"] or "")
        for entity in records.page(connection, "entity", where={VOID: False}, limit=_ALL)
    }
    services = records.page(connection, "service", where={VOID: False}, limit=_ALL)
    return Catalogue(_service(record, entities) for record in services if record.values["active"] is not False)


def _service(record: StoredRecord, entities: Mapping[str, str]) -> Service:
    code, name, entity = (str(record.values[field] or "") for field in ("code", "name", "entity"))
    return Service(code, name, entity, entities.get(entity, entity), record)
