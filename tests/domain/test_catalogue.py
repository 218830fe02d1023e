"""The starter catalogue: sound rows, nothing personal, and found by the words that people say."""

from __future__ import annotations

import csv
from itertools import groupby

import pytest

from itinerant.domain import guard
from itinerant.domain.catalogue import ENTITY, SERVICE
from itinerant.domain.fields import Value
from itinerant.domain.lookup import Lookup
from itinerant.reference import starter_catalogue

COLUMNS = [
    "code",
    "entity",
    "entity_name",
    "name",
    "access",
    "stage",
    "fee_cents",
    "minutes",
    "card",
    "steps",
    "keywords",
    "check",
    "frequent",
]
ROWS = list(csv.DictReader(starter_catalogue().splitlines()))
MUST_HAVE = """
RENIEC SUNAT SIS MIDIS JUNTOS PENSION65 CONTIGO WASIMIKUNA CUNAMAS FONCODES BN SUNARP PJ MTC MIGRACIONES ONP ESSALUD
MINEDU PRONABEC SUNEDU MTPE SUNAFIL INDECOPI OSIPTEL OSINERGMIN SUNASS SUSALUD MINSA MIDAGRI SENASA SERFOR MINAM MPFN
DEFENSORIA ONPE JNE PNP INPE MININTER MIMP MVCS COFOPRI SBS PERUCOMPRAS OECE PRODUCE SERVIR GOBPE INEI SUCAMEC
"""


def test_it_has_the_promised_size_and_columns() -> None:
    assert list(ROWS[0]) == COLUMNS
    assert len(ROWS) >= 150
    assert len({row["entity"] for row in ROWS}) >= 30


def test_the_entities_that_people_ask_for_are_there() -> None:
    assert set(MUST_HAVE.split()) <= {row["entity"] for row in ROWS}


def test_codes_are_unique_sorted_and_carry_their_entity() -> None:
    codes = [row["code"] for row in ROWS]
    assert codes == sorted(set(codes))
    for entity, rows in groupby(ROWS, key=lambda row: row["entity"]):
        numbered = [row["code"] for row in rows]
        assert numbered == [f"{entity}-{number:02d}" for number in range(1, len(numbered) + 1)]


def test_an_entity_has_one_name() -> None:
    names = {(row["entity"], row["entity_name"]) for row in ROWS}
    assert len(names) == len({entity for entity, _ in names}) == len({name for _, name in names})


def test_no_service_is_there_twice() -> None:
    names = [(row["entity"], row["name"].casefold()) for row in ROWS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["code"])
def test_a_row_is_a_valid_entity_and_service_without_personal_data(row: dict[str, str]) -> None:
    values: dict[str, Value] = {name: row[name] for name in ("code", "entity", "name", "access", "stage", "card")}
    values |= {name: row[name] for name in ("steps", "keywords") if row[name]}
    values |= {name: int(row[name]) for name in ("fee_cents", "minutes", "frequent") if row[name]}
    assert SERVICE.problems(values) == []
    assert ENTITY.problems({"code": row["entity"], "name": row["entity_name"]}) == []
    assert all(guard.clean(text) for text in row.values())
    assert all(text == text.strip() for text in row.values())
    assert row["name"] and row["keywords"] and row["minutes"]
    assert row["check"] == "por verificar"


def test_the_most_frequent_are_ranked_and_have_steps() -> None:
    ranked = sorted((row for row in ROWS if row["frequent"]), key=lambda row: int(row["frequent"]))
    assert [int(row["frequent"]) for row in ranked] == list(range(1, 21))
    assert all(row["steps"] for row in ranked)
    assert sum(bool(row["steps"]) for row in ROWS) == 25


def test_steps_are_few_and_short() -> None:
    for row in ROWS:
        steps = row["steps"].split(" | ") if row["steps"] else []
        assert not steps or 3 <= len(steps) <= 6, row["code"]
        assert all(0 < len(step) <= 90 for step in steps), row["code"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("partida de nacimiento", "RENIEC-03"),
        ("partida matrimonio", "RENIEC-04"),
        ("pérdida dni", "RENIEC-02"),
        ("antecedentes policiales", "PNP-01"),
        ("antecedentes penales", "PJ-01"),
        ("antecedentes judiciales", "INPE-01"),
        ("brevete puntos", "MTC-02"),
        ("bono madre", "JUNTOS-01"),
        ("abuelo", "PENSION65-01"),
        ("pension 65", "PENSION65-01"),
        ("sisfoh", "MIDIS-01"),
        ("clave sol", "SUNAT-03"),
        ("balon gas", "MINEM-01"),
        ("beca 18", "PRONABEC-01"),
        ("titulo universidad", "SUNEDU-01"),
        ("papeleta", "SUTRAN-01"),
        ("certificado estudios", "MINEDU-01"),
        ("certijoven", "MTPE-02"),
        ("multa voto", "JNE-01"),
        ("luz recibo", "OSINERGMIN-01"),
        ("ID Perú", "GOBPE-03"),
        ("vacuna", "MINSA-01"),
        ("discapacidad carne", "CONADIS-01"),
        ("celular robado", "OSIPTEL-03"),
        ("techo propio", "MVCS-01"),
        ("reniec duplicado", "RENIEC-02"),
    ],
)
def test_a_service_is_found_by_what_people_say(said: str, code: str) -> None:
    search = Lookup(
        (row["code"], (row["name"], row["entity"], row["entity_name"], row["keywords"]), -int(row["frequent"] or 99))
        for row in ROWS
    )
    assert code in search.search(said)[:3]
