"""Where the fields of a form look for what they point to, and how it reads: read once, in a worker's thread.

* A field that points to records is searched by their titles; a district by its name; people by theirs.
* What is not known reads as itself: a code that the laptop has not received yet is data, not an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from itinerant.domain import words
from itinerant.domain.fields import Field, Kind, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.domain.lookup import Lookup
from itinerant.domain.titles import title
from itinerant.domain.ubigeo import Districts
from itinerant.domain.visit import UBIGEO_PATTERN
from itinerant.tui import services as catalogue
from itinerant.tui.ports import Laptop, Row, Services
from itinerant.tui.widgets.search_field import Option, Options

MOST = 1_000
"""Latest records of a kind among which a reference is searched."""


@dataclass(frozen=True)
class Sources:
    """What a kind's fields point to."""

    services: Services
    districts: Districts
    people: Mapping[str, str]
    options: Mapping[str, Options] = field(default_factory=dict)

    def shown(self, item: Field, value: Value) -> str:
        """A value for reading: names instead of codes and numbers."""
        if isinstance(value, list):
            return ", ".join(self.shown_code(item, one) for one in value)
        return self.shown_code(item, value) if isinstance(value, str) else words.shown(item, value)

    def shown_code(self, item: Field, value: str) -> str:
        """One text value for reading."""
        if item.to == "service":
            return catalogue.label(self.services, value)
        if item.to == "staff":
            return self.people.get(value, value)
        if item.pattern == UBIGEO_PATTERN:
            return self.districts.label(value)
        found = self.options[item.name].named(value) if item.name in self.options else None
        return found.label if found else words.shown(item, value)


def load(laptop: Laptop, kind: Kind) -> Sources:
    """Read what the fields of `kind` point to."""
    from itinerant.reference import districts  # noqa: PLC0415 - reads a file of 1,891 lines, once

    places, services, people = districts(), laptop.services, laptop.person_names
    options: dict[str, Options] = {}
    for item in kind.fields:
        if item.to == "service" and item.type is Type.CODE:
            options[item.name] = catalogue.options(services, "")
        elif item.to == "staff":
            options[item.name] = among([Option(code, name or code) for code, name in people.items()])
        elif item.pattern == UBIGEO_PATTERN:
            options[item.name] = of_districts(places)
        elif item.to and item.type in (Type.REFERENCE, Type.CODE):
            options[item.name] = among(_of_records(laptop, item))
    return Sources(services, places, people, options)


def of_districts(districts: Districts) -> Options:
    """The districts of Peru, by any words of district, province and department."""

    def find(query: str, limit: int) -> list[Option]:
        return [Option(found.code, found.label) for found in districts.search(query, limit)]

    def named(code: str) -> Option | None:
        found = districts.get(code)
        return Option(code, found.label) if found else None

    return Options(find, named)


def among(options: Sequence[Option], heading: str = "") -> Options:
    """A list that is known whole; the first ones are offered by a digit."""
    by_value = {option.value: option for option in options}
    lookup = Lookup((option, (option.label, option.detail, option.value), 0) for option in options)
    return Options(lookup.search, by_value.get, options, heading)


def _of_records(laptop: Laptop, item: Field) -> list[Option]:
    kind = KINDS[item.to]
    rows = [row for row in laptop.list(kind.name, limit=MOST) if not row.void]
    return [Option(value, title(kind, row.values) or value, row.record) for value, row in _named(item, kind, rows)]


def _named(item: Field, kind: Kind, rows: Iterable[Row]) -> Iterable[tuple[str, Row]]:
    """What a field keeps for each record: its number, or its code."""
    for row in rows:
        value = row.record if item.type is Type.REFERENCE else row.values.get(kind.code_field)
        if isinstance(value, str):
            yield value, row
