"""The districts that the package ships: complete, unambiguous on screen, found by any part of their name."""

from __future__ import annotations

from collections import Counter

import pytest

from itinerant.domain.ubigeo import District, Districts, parse
from itinerant.reference import districts

HEADER = "code,department,province,district,latitude,longitude,precision"


def test_all_districts_are_there_by_code() -> None:
    known = districts()
    assert len(known) == 1_891
    codes = [district.code for district in known]
    assert codes == sorted(codes)
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len({code[:2] for code in codes}) == 25
    assert len({code[:4] for code in codes}) == 196
    assert {district.precision for district in known} == {"district", "province", "department"}


def test_every_district_lies_in_peru() -> None:
    for district in districts():
        assert -18.4 < district.latitude < 0.1, district
        assert -81.4 < district.longitude < -68.6, district


def test_names_repeat_and_labels_do_not() -> None:
    names = Counter(district.district for district in districts())
    assert sum(1 for count in names.values() if count > 1) == 99
    labels = Counter(district.label for district in districts())
    assert max(labels.values()) == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("iquitos", "160101"),
        ("160101", "160101"),
        ("Maynas Iquitos", "160101"),
        ("nauta", "160301"),
        ("nahuimpuquio", "090710"),
        ("Ñahuimpuquio", "090710"),
        ("santa rosa grau", "030710"),
        ("lima lima lima", "150101"),
    ],
)
def test_a_district_is_found_by_what_a_person_types(query: str, code: str) -> None:
    assert districts().search(query)[0].code == code


def test_a_repeated_name_gives_them_all_each_with_its_province() -> None:
    found = [district for district in districts().search("santa rosa") if district.district == "Santa Rosa"]
    assert len(found) >= 5
    assert len({district.label for district in found}) == len(found)


def test_an_unknown_code_is_data() -> None:
    assert districts().get("160199") is None
    assert districts().label("160199") == "Distrito 160199 (no está en la lista)"
    assert districts().label("160101") == "Iquitos, Maynas, Loreto"


def test_another_list_can_be_read() -> None:
    lines = [HEADER, '010101,Amazonas,Chachapoyas,"Uno, el nuevo",-6.2294,-77.8728,district']
    known = Districts(parse(lines))
    assert known.get("010101") == District(
        "010101", "Amazonas", "Chachapoyas", "Uno, el nuevo", -6.2294, -77.8728, "district"
    )
    assert known.search("nuevo")[0].label == "Uno, el nuevo, Chachapoyas, Amazonas"
