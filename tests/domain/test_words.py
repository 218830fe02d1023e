"""Values as Peruvians write and read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinerant.domain import words
from itinerant.domain.fields import Field, Type

INSTANT = Field("at", Type.INSTANT, "Momento", unit="ms")
DATE = Field("on", Type.DATE, "Fecha")
CENTS = Field("fee", Type.INTEGER, "Pago", unit="cents")
SECONDS = Field("waited", Type.INTEGER, "Espera", unit="s")
COUNT = Field("count", Type.INTEGER, "Cuenta")
TEXT = Field("note", Type.TEXT, "Nota")


def test_moments_are_perus_whatever_the_laptops_zone() -> None:
    assert words.moment(1_795_460_700_000) == "23/11/2026 14:05"
    assert words.clock(1_795_460_700_000) == "14:05"


@given(st.integers(-(2**53), 2**53))
def test_any_clock_can_be_shown(ms: int) -> None:
    assert len(words.moment(ms).split()) == 2


def test_durations() -> None:
    assert [words.duration(s) for s in (0, 59, 60, 3_599, 3_600, 3_905)] == [
        "0 s",
        "59 s",
        "1 min",
        "59 min",
        "1 h 00 min",
        "1 h 05 min",
    ]
    assert [words.running(s) for s in (-1, 42, 725, 3_725)] == ["0:00", "0:42", "12:05", "1:02:05"]


def test_amounts() -> None:
    assert [words.soles(cents) for cents in (0, 5, 1_250, 123_450)] == ["S/ 0.00", "S/ 0.05", "S/ 12.50", "S/ 1,234.50"]


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        (CENTS, "12.50", 1_250),
        (CENTS, "12,5", 1_250),
        (CENTS, "S/ 12", 1_200),
        (CENTS, ".5", 50),
        (SECONDS, "6", 360),
        (SECONDS, "6:30", 390),
        (DATE, "23/11/2026", "2026-11-23"),
        (DATE, "3/1/2026", "2026-01-03"),
        (INSTANT, "23/11/2026 14:05", 1_795_460_700_000),
        (COUNT, " 12 ", 12),
        (TEXT, "  volvio\u0301  ", "volvió"),
        (TEXT, "   ", None),
    ],
)
def test_what_is_typed_is_understood(declared: Field, text: str, value: object) -> None:
    assert words.typed(declared, text) == value


@pytest.mark.parametrize(
    ("declared", "text", "example"),
    [
        (CENTS, "doce", "12.50"),
        (CENTS, "1.234", "12.50"),
        (SECONDS, "mucho", "6:30"),
        (DATE, "31/02/2026", "23/11/2026"),
        (INSTANT, "ayer", "23/11/2026 14:05"),
        (COUNT, "1.5", "entero"),
    ],
)
def test_what_is_not_understood_is_answered_with_an_example(declared: Field, text: str, example: str) -> None:
    with pytest.raises(words.NotUnderstood, match=example):
        words.typed(declared, text)


@given(st.integers(0, 86_400))
def test_seconds_come_back_as_they_went(seconds: int) -> None:
    assert words.typed(SECONDS, words.editable(SECONDS, seconds)) == seconds


@given(st.integers(0, 10**9))
def test_cents_come_back_as_they_went(cents: int) -> None:
    assert words.typed(CENTS, words.editable(CENTS, cents)) == cents


@given(st.dates())
def test_dates_come_back_as_they_went(day: object) -> None:
    assert words.typed(DATE, words.editable(DATE, str(day))) == str(day)
