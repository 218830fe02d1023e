"""The catalogue as the screens show and search it."""

from __future__ import annotations

from itinerant.domain.fields import Value
from itinerant.tui.ports import Service, Services
from itinerant.tui.widgets.search_field import SHOWN, Option, Options


def label(services: Services, code: Value) -> str:
    """`RENIEC · Duplicado de DNI`; a code that is not in the catalogue reads as itself."""
    service = services.get(str(code))
    return _label(service) if service else str(code or "")


def options(services: Services, title: str) -> Options:
    """Where a search field looks for a service; `title` stands over the frequent ones."""

    def find(query: str, limit: int) -> list[Option]:
        return [_option(service) for service in services.search(query, limit)]

    def named(code: str) -> Option | None:
        service = services.get(code)
        return _option(service) if service else None

    return Options(find, named, [_option(service) for service in services.frequent(SHOWN)], title)


def _label(service: Service) -> str:
    return f"{service.entity} · {service.name}"


def _option(service: Service) -> Option:
    return Option(service.code, _label(service))
