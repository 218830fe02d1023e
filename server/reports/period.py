"""The days that a report covers, both ends included, in Peru's time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from itinerant.errors import UserError
from itinerant.texts import _

PERU = timezone(timedelta(hours=-5))


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Raise `UserError` for a period that ends before it begins."""
        if self.last < self.first:
            raise UserError(_("El periodo termina antes de empezar."), place=f"{self.first} – {self.last}")

    @classmethod
    def of(cls, first: str, last: str, now_ms: int) -> Period:
        """The period that a person asked for (`2026-11-23`); what is left empty is this year up to today."""
        today = datetime.fromtimestamp(now_ms / 1_000, UTC).astimezone(PERU).date()
        return cls(_date(first) or date(today.year, 1, 1), _date(last) or today)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def months(self) -> list[int]:
        """The whole months in it, as 202511."""
        found, month = [], date(self.first.year, self.first.month, 1)
        while month <= self.last:
            after = _next_month(month)
            if month >= self.first and after - timedelta(days=1) <= self.last:
                found.append(month.year * 100 + month.month)
            month = after
        return found

    def edges(self) -> Iterator[tuple[int, int]]:
        """The days at its ends that belong to no whole month: runs of days as (20251101, 20251122)."""
        whole = set(self.months())
        day, start = self.first, None
        while day <= self.last:
            inside = day.year * 100 + day.month in whole
            if inside:
                if start is not None:
                    yield _number(start), _number(day - timedelta(days=1))
                    start = None
                day = _next_month(day)
                continue
            start = start or day
            day += timedelta(days=1)
        if start is not None:
            yield _number(start), _number(self.last)

    @property
    def numbers(self) -> tuple[int, int]:
        """First and last day, as 20251123."""
        return _number(self.first), _number(self.last)

    def instants(self) -> tuple[int, int]:
        """Its first instant, and the first one after it: ms since 1970 UTC."""
        return _midnight(self.first), _midnight(self.last + timedelta(days=1))


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=PERU).timestamp() * 1_000)


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _date(text: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise UserError(_("«{text}» no es una fecha como 2026-11-23.").format(text=text[:20]), place=text) from error
    if not 1970 <= found.year <= 9998:
        raise UserError(_("El año va de 1970 a 9998."), place=text)
    return found
