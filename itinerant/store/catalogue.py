"""The catalogue of services as a person searches it: by entity, name, code or any word, without accents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from itinerant.store import records
from itinerant.store.records import StoredRecord
from itinerant.store.search import fold

MAX_SERVICES = 100_000


@dataclass(frozen=True, slots=True)
class Service:
    """One service to choose: its record, the name of its entity, and the folded text by which it is found."""

    code: str
    name: str
    entity: str
    entity_name: str
    record: StoredRecord
    folded: str


class Catalogue:
    """The active services."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.all = sorted(services, key=lambda service: service.code)
        self._by_code = {service.code: service for service in self.all}

    def get(self, code: str) -> Service | None:
        """The service of that code, or None: an unknown code is data, not an error."""
        return self._by_code.get(code)

    def frequent(self, limit: int = 9) -> list[Service]:
        """Those that the catalogue marks as frequent, in its order."""
        marked = [service for service in self.all if service.record.values.get("frequent")]
        return sorted(marked, key=lambda service: str(service.record.values["frequent"]).zfill(4))[:limit]

    def search(self, query: str, limit: int = 20) -> list[Service]:
        """Services that have every word of `query`; those where a word begins like it come first."""
        sought = fold(query).split()
        found = [service for service in self.all if all(word in service.folded for word in sought)]
        return sorted(found, key=lambda service: _rank(service, sought))[:limit]

    def codes_by_word(self, text: str) -> Mapping[str, list[str]]:
        """For each word of `text`, the codes of the services that have it."""
        return {
            word: [service.code for service in self.all if word in service.folded] for word in set(fold(text).split())
        }


def _rank(service: Service, sought: list[str]) -> tuple[int, int, str]:
    starts = sum(f" {word}" in f" {service.folded}" for word in sought)
    return -starts, len(service.folded), service.code


def load(connection: Connection) -> Catalogue:
    """Read the catalogue's records."""
    entities = {
        str(entity.values["code"]): str(entity.values.get("name") or "")
        for entity in records.page(connection, "entity", where={VOID: False}, limit=MAX_SERVICES)
    }
    services = records.page(connection, "service", where={VOID: False}, limit=MAX_SERVICES)
    return Catalogue(_service(record, entities) for record in services if record.values.get("active") is not False)


VOID = "void"


def _service(record: StoredRecord, entities: Mapping[str, str]) -> Service:
    values = {name: str(value) if value is not None else "" for name, value in record.values.items()}
    entity_name = entities.get(values["entity"], values["entity"])
    text = " ".join((values["code"], values["name"], values["entity"], entity_name, values["keywords"]))
    return Service(values["code"], values["name"], values["entity"], entity_name, record, fold(text))
