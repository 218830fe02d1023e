"""The check before opening: what is met, what is missing, what could not be told."""

from __future__ import annotations

import pytest

from itinerant.domain import readiness
from itinerant.domain.fields import Value

READY: dict[str, Value] = {
    **dict.fromkeys(readiness.ASKED, "yes"),
    "capacity": 120,
    "terminals": 2,
    "guides": 2,
    "clock_skew_s": 4,
    "battery_pct": 80,
    "disk_free_mb": 12_000,
    "catalogue_age_d": 3,
}


def test_everything_met_is_ready() -> None:
    assert readiness.verdict(READY) == readiness.Verdict("ready", ())


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("terminals", 1, "La norma pide 2 terminales"),
        ("signing", "no", "Falta el software de firma digital."),
        ("readers", "unknown", "No se pudo comprobar"),
        ("trained", None, "No se pudo comprobar"),
        ("clock_skew_s", -86_400, "24 h 00 min de diferencia"),
        ("battery_pct", 12, "Batería: 12 %"),
        ("battery_pct", None, "Batería: no comprobado"),
        ("disk_free_mb", 90, "Disco: 90 MB libres"),
        ("catalogue_age_d", 400, "de hace 400 días"),
    ],
)
def test_what_is_missing_or_unknown_is_a_gap_in_words(field: str, value: Value, said: str) -> None:
    found = readiness.verdict({**READY, field: value})
    assert found.code == "with_gaps"
    assert len(found.gaps) == 1
    assert said in found.gaps[0]


@pytest.mark.parametrize("field", ["terminals", "guides"])
def test_without_a_terminal_or_anybody_to_guide_it_is_not_ready(field: str) -> None:
    assert readiness.verdict({**READY, field: 0}).code == "not_ready"
