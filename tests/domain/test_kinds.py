"""Declarations: every kind of the design exists, says what it asks for, and refuses what it does not know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinerant.domain import guard
from itinerant.domain.fields import VOID, Field, Kind, Type, check
from itinerant.domain.kinds import KINDS

EVERY_FIELD = [(kind, field) for kind in KINDS.values() for field in kind.fields]

SESSION_VALUES = {
    "service": "RENIEC-01",
    "access": "procedure",
    "mode": "assisted",
    "channel": "cabin",
    "segment": "citizen",
    "outcome": "resolved",
    "started_at": 1763923200123,
    "duration_s": 420,
    "visit": "LOR07-3",
}

GOOD = {
    Type.TEXT: ["Todo bien", "Ñahui wasi"],
    Type.CODE: ["A1", "RENIEC-01"],
    Type.INTEGER: [2],
    Type.INSTANT: [0, 1763923200123],
    Type.DATE: ["2026-11-23"],
    Type.BOOLEAN: [True, False],
    Type.REFERENCE: ["LOR07-123"],
    Type.KEY: ["A" * 43],
}
BAD = {
    Type.TEXT: ["", "  ", "a\nb", "x" * 1000, "\ud800", 3, True, ["a"], "DNI 45678912"],
    Type.CODE: ["", "con espacio", "á", "-A", 3, ["a"]],
    Type.CHOICE: ["nunca jamás", 3, True, []],
    Type.INTEGER: [-(2**50), 2**60, True, "3", 1.5],
    Type.INSTANT: [-1, "hoy", True],
    Type.DATE: ["23/11/2026", "2026-13-01", "20261123", "2026-W01-1", 3],
    Type.BOOLEAN: [1, "true"],
    Type.REFERENCE: ["LOR07", "lor07-1", "LOR07-0", "LOR07-12345678", 3],
    Type.CODES: ["a", ["a", "a"], [1], ["con espacio"], ["a"] * 2],
    Type.KEY: ["A" * 42, "A" * 43 + "=", 3],
}


def test_the_kinds_are_those_of_the_design():
    assert set(KINDS) == {
        *("session", "visit", "campaign", "stop", "brigade", "staff", "device", "entity", "service", "segment", "cap"),
        *("incident", "resource", "readiness", "ally", "agreement", "cost", "funding", "training", "outreach"),
        "access_seal",
        "office_key",
    }


@pytest.mark.parametrize(("kind", "field"), EVERY_FIELD, ids=lambda item: item.name)
def test_every_field_is_declared_in_full(kind: Kind, field: Field):
    assert field.label and field.name != VOID
    assert len({choice.value for choice in field.choices}) == len(field.choices)
    assert all(choice.label for choice in field.choices)
    assert not field.to or field.to in KINDS
    assert field.type is not Type.REFERENCE or field.to
    assert field.default is None or check(field, field.default) is None
    assert field.unit or field.type is not Type.INSTANT
    assert guard.clean(field.label) and guard.clean(field.help)


@pytest.mark.parametrize(("kind", "field"), EVERY_FIELD, ids=lambda item: item.name)
def test_every_field_takes_what_it_is_for_and_refuses_the_rest(kind: Kind, field: Field):
    good = [choice.value for choice in field.choices] or GOOD.get(field.type, [])
    if field.type is Type.CODES:
        good = [good[:2], []]
    for value in good if not field.pattern else []:
        assert check(field, value) is None, value
    for value in BAD[field.type]:
        assert check(field, value) is not None, value


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_record_without_its_required_fields_or_with_unknown_ones_is_refused(kind: Kind):
    asked = {field.name for field in kind.fields if field.required}
    missing = {problem.field for problem in kind.problems({}) if problem.code == "required"}
    assert missing == asked
    assert [problem.code for problem in kind.problems({"dni": "x"}, partial=True)] == ["unknown_field"]
    for name in asked:
        assert [problem.code for problem in kind.problems({name: None}, partial=True)] == ["required"]


def test_a_good_session_has_no_problem_and_voiding_is_always_allowed():
    session = KINDS["session"]
    assert session.problems(SESSION_VALUES) == []
    assert session.problems({"void": True}, partial=True) == []
    assert session.problems({"void": "yes"}, partial=True)


def test_a_session_that_was_not_resolved_says_why_and_a_resolved_one_does_not():
    session = KINDS["session"]
    assert [p.field for p in session.problems(SESSION_VALUES | {"outcome": "referred"})] == ["cause"]
    assert session.problems(SESSION_VALUES | {"outcome": "referred", "cause": "no_card"}) == []
    assert [p.field for p in session.problems(SESSION_VALUES | {"cause": "no_card"})] == ["cause"]


def test_personal_data_is_refused_in_text_and_in_codes():
    session = KINDS["session"]
    for name, value in (("note", "su DNI es 45678912"), ("service", "45678912"), ("terminal", "T-987654321")):
        problems = session.problems(SESSION_VALUES | {name: value})
        assert [(problem.field, problem.code) for problem in problems] == [(name, "personal_data")]


def test_a_segment_that_the_entity_defined_and_any_language_code_are_taken():
    session = KINDS["session"]
    assert session.problems(SESSION_VALUES | {"segment": "pensionistas", "language": "qva"}) == []
    assert session.problems(SESSION_VALUES | {"language": "quechua"})


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.text(), st.integers(), st.lists(st.integers()))))
def test_no_input_makes_a_declaration_raise(values):
    for kind in KINDS.values():
        assert isinstance(kind.problems(values), list)
