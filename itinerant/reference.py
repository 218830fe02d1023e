"""The reference data that the package ships: districts and the starter catalogue. Described in `data/README.md`."""

from __future__ import annotations

from functools import cache
from importlib import resources

from itinerant.domain.ubigeo import Districts, parse


def _read(name: str) -> str:
    return (resources.files("itinerant") / "data" / name).read_text(encoding="utf-8")


@cache
def districts() -> Districts:
    """The districts of Peru; read once, some 20 ms."""
    return Districts(parse(_read("ubigeo.csv").splitlines()))


def starter_catalogue() -> str:
    """The starter catalogue as CSV text, as the office imports it."""
    return _read("catalogue.csv")
