"""Sample sessions that look like a brigade's: for the demonstration, the tests and the measurements.

* Pure and seeded: the same arguments give the same sessions.
* Shares follow what is published of itinerant programmes (41 % attended in Quechua, cards always rare) and, where
  nothing is, what a table at a river port looks like: a lunch pause, long waits in the morning, a signal that comes and
  goes, one note in five.
* Times are to the millisecond and durations to the second, as the stopwatch takes them: what is measured on these
  sessions owes nothing to round numbers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from itinerant.demo.notes import note
from itinerant.domain.fields import Value

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_OPEN_MS = 8 * HOUR_MS
_LUNCH_AFTER_MS = int(4.5 * HOUR_MS)
_LUNCH_MS = HOUR_MS


@dataclass(frozen=True, slots=True)
class SampleService:
    """What a sample session takes from the catalogue: typical `minutes`, the fee in cents, whether a card is of use."""

    code: str
    access: str
    minutes: int = 12
    fee_cents: int = 0
    card: bool = False


Shares = Mapping[str | int | None, float]
"""Relative weights of the values of a field."""

LANGUAGES: Shares = {"qvo": 41, "spa": 57, "huu": 1.2, "sey": 0.8}
"""Of the Napo: Kichwa, the Quechua of that river; Castilian; a few Murui and Secoya."""

_MODE: Shares = {"assisted": 92, "self_service": 8}
_CHANNEL: Shares = {"cabin": 88, "ally": 8, "branch": 3, "automated_agent": 1}
_SEGMENT: Shares = {"citizen": 90, "administrado": 7, "company": 3}
_AGE: Shares = {"0-17": 3, "18-29": 18, "30-44": 28, "45-59": 25, "60+": 23, None: 3}
_SEX: Shares = {"f": 51, "m": 37, "x": 0.2, None: 11.8}
_SATISFACTION: Shares = {None: 38, 5: 34, 4: 19, 3: 6, 2: 2, 1: 1}
_TERMINAL: Shares = {"T1": 46, "T2": 31, "T3": 5, None: 18}
_CONNECTIVITY: Shares = {"satellite": 46, "mobile": 28, "none": 21, "broadband": 5}
_OUTCOME: Shares = {"resolved": 72, "partial": 9, "referred": 11, "not_possible": 8}
_OUTCOME_WITHOUT_SIGNAL: Shares = {"resolved": 38, "partial": 16, "referred": 20, "not_possible": 26}
_CAUSE: Mapping[str, Shares] = {
    "partial": {"missing_document": 48, "service_down": 18, "no_connectivity": 16, "left": 8, "other": 10},
    "referred": {"missing_document": 40, "not_eligible": 22, "no_card": 8, "service_down": 10, "other": 20},
    "not_possible": {
        "service_down": 34,
        "missing_document": 22,
        "not_eligible": 18,
        "no_card": 8,
        "left": 12,
        "other": 6,
    },
}
_CARD: Shares = {"none": 60, "read": 12, "authenticated": 17, "signed": 4, "failed": 7}
"""Where the service has a use for a card and the person has one."""
_HAS_CARD = 0.11
_CARD_CODES = ("6A82", "6983", "no_atr", "timeout", "63C1")
_NOTE_SHARE = 0.2
_SIGNAL_HOLDS = 0.93
"""How often the connection is still what it was with the person before."""


def services_from(rows: Iterable[Mapping[str, object]]) -> list[SampleService]:
    """Services of a catalogue (its records or the rows of its CSV), the most frequent first."""
    found = [
        (
            _number(row.get("frequent")) or math.inf,
            SampleService(
                code=str(row["code"]),
                access=str(row["access"]),
                minutes=_number(row.get("minutes")) or 12,
                fee_cents=_number(row.get("fee_cents")),
                card=row.get("card") in ("optional", "required"),
            ),
        )
        for row in rows
    ]
    return [service for _rank, service in sorted(found, key=lambda pair: (pair[0], pair[1].code))]


def sessions(
    count: int,
    seed: int,
    start_ms: int,
    services: Sequence[SampleService],
    visit: str,
    *,
    languages: Shares = LANGUAGES,
) -> Iterator[dict[str, Value]]:
    """`count` sessions of one table, one after the other from `start_ms` (ms since 1970) on.

    A table that closes (after 8 hours) opens again at the same hour of the next day. Fields that a person would leave
    blank are absent.
    """
    rng = random.Random(seed)  # noqa: S311 - sample data, repeatable on purpose
    weights = [1 / (rank + 1.6) ** 0.92 for rank in range(len(services))]
    table = _Table(rng, start_ms)
    signal = _pick(rng, _CONNECTIVITY)
    for _index in range(count):
        if rng.random() > _SIGNAL_HOLDS:
            signal = _pick(rng, _CONNECTIVITY)
        (service,) = rng.choices(services, weights)
        values = _session(rng, service, str(signal), languages)
        duration_s = _duration(rng, service)
        values["duration_s"] = duration_s
        values["started_at"], values["waiting_s"] = table.attend(duration_s)
        values["visit"] = visit
        yield values


def correction(rng: random.Random, values: Mapping[str, Value]) -> tuple[dict[str, Value], str]:
    """An amendment that somebody would make to such a session: what it sets, and why."""
    choices: list[tuple[dict[str, Value], str]] = [
        ({"language": "spa" if values.get("language") != "spa" else "qvo"}, "se anotó otra lengua"),
        ({"age_band": "45-59" if values.get("age_band") != "45-59" else "60+"}, "el grupo de edad era otro"),
        ({"waiting_s": _number(values.get("waiting_s")) + rng.randrange(30, 1_800)}, "la espera se contó mal"),
        ({"satisfaction": 4 if values.get("satisfaction") != 4 else 5}, "lo dijo al salir"),
    ]
    if values.get("note") is None:
        choices.append(({"note": note(rng)}, "faltaba la nota"))
    if values.get("outcome") == "resolved":
        choices.append(({"outcome": "partial", "cause": "missing_document"}, "faltaba un papel"))
    else:
        choices.append(({"outcome": "resolved", "cause": None}, "quedó resuelta más tarde"))
    return rng.choice(choices)


class _Table:
    """The clock of one table: who is next, and since when they wait."""

    def __init__(self, rng: random.Random, start_ms: int) -> None:
        self._rng = rng
        self._opened = start_ms
        self._now = start_ms + rng.randrange(20_000, 400_000)
        self._lunch_due = True

    def attend(self, duration_s: int) -> tuple[int, int]:
        """Start of the next session (ms) and how long that person waited (s)."""
        self._pause()
        started = self._now
        morning = 1.0 - min(1.0, (started - self._opened) / _OPEN_MS)
        waited = self._rng.lognormvariate(math.log(240 + 1_500 * morning), 0.8)
        gap = self._rng.lognormvariate(math.log(70_000), 0.9)
        self._now += duration_s * 1_000 + self._rng.randrange(1_000) + int(gap)
        return started, min(int(waited), 6 * 3_600)

    def _pause(self) -> None:
        since = self._now - self._opened
        if since > _OPEN_MS:
            self._opened += DAY_MS
            self._now = self._opened + self._rng.randrange(20_000, 900_000)
            self._lunch_due = True
        elif self._lunch_due and since > _LUNCH_AFTER_MS:
            self._now += _LUNCH_MS + self._rng.randrange(-600_000, 900_000)
            self._lunch_due = False


def _session(rng: random.Random, service: SampleService, signal: str, languages: Shares) -> dict[str, Value]:
    outcome = _pick(rng, _OUTCOME_WITHOUT_SIGNAL if signal == "none" else _OUTCOME)
    values: dict[str, Value] = {
        "service": service.code,
        "access": service.access,
        "mode": _pick(rng, _MODE),
        "channel": _pick(rng, _CHANNEL),
        "segment": _pick(rng, _SEGMENT),
        "outcome": outcome,
        "cause": _cause(rng, str(outcome), signal),
        "age_band": _pick(rng, _AGE),
        "sex": _pick(rng, _SEX),
        "language": _pick(rng, languages),
        "connectivity": signal,
        "satisfaction": _pick(rng, _SATISFACTION),
        "terminal": _pick(rng, _TERMINAL),
        "note": note(rng) if rng.random() < _NOTE_SHARE else None,
        "fee_cents": service.fee_cents if service.fee_cents and outcome == "resolved" else None,
        **_card(rng, service),
    }
    return {name: value for name, value in values.items() if value is not None}


def _cause(rng: random.Random, outcome: str, signal: str) -> Value:
    if outcome == "resolved":
        return None
    if signal == "none" and rng.random() < 0.7:
        return "no_connectivity"
    return _pick(rng, _CAUSE[outcome])


def _card(rng: random.Random, service: SampleService) -> dict[str, Value]:
    if not service.card or rng.random() > _HAS_CARD:
        return {"card": "none"}
    card = _pick(rng, _CARD)
    return {"card": card, "card_code": rng.choice(_CARD_CODES)} if card == "failed" else {"card": card}


def _duration(rng: random.Random, service: SampleService) -> int:
    typical = max(service.minutes, 3) * 60
    return max(35, min(int(rng.lognormvariate(math.log(typical * 0.85), 0.55)), 3 * 3_600))


def _pick(rng: random.Random, shares: Shares) -> Value:
    (value,) = rng.choices(list(shares), list(shares.values()))
    return value


def _number(value: object) -> int:
    return int(value) if isinstance(value, (int, str)) and value != "" else 0
