"""The districts of Peru by INEI code (UBIGEO): six digits for department, province and district.

* A district is always shown with its province and department: 99 names repeat.
* Districts are created by law several times a year: an unknown six-digit code is data, never an error.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from itinerant.domain.lookup import Lookup
from itinerant.texts import _


@dataclass(frozen=True, slots=True)
class District:
    """One district. Coordinates are degrees (WGS 84) of the capital that `precision` names: `district`, `province` or
    `department`."""

    code: str
    department: str
    province: str
    district: str
    latitude: float
    longitude: float
    precision: str

    @property
    def label(self) -> str:
        """ "Distrito, Provincia, Departamento"."""
        return f"{self.district}, {self.province}, {self.department}"


def parse(lines: Iterable[str]) -> Iterator[District]:
    """The districts of a CSV with the columns of `data/ubigeo.csv`."""
    for row in csv.DictReader(lines):
        yield District(
            code=row["code"],
            department=row["department"],
            province=row["province"],
            district=row["district"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            precision=row["precision"],
        )


class Districts:
    """All known districts, by code and by name."""

    def __init__(self, districts: Iterable[District]) -> None:
        self._by_code = {district.code: district for district in districts}
        self._lookup = Lookup(
            (item, (item.district, item.province, item.department, item.code), 0) for item in self._by_code.values()
        )

    def __len__(self) -> int:
        return len(self._by_code)

    def __iter__(self) -> Iterator[District]:
        return iter(self._by_code.values())

    def get(self, code: str) -> District | None:
        """The district with this code, or None: the code may be newer than the list."""
        return self._by_code.get(code)

    def label(self, code: str) -> str:
        """What to show for a code, known or not."""
        district = self._by_code.get(code)
        return district.label if district else _("Distrito {code} (no está en la lista)").format(code=code)

    def search(self, query: str, limit: int = 20) -> list[District]:
        """The districts whose name, province, department or code begin with the words of `query`, best first."""
        return self._lookup.search(query, limit)
