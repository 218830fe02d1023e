"""What every sync came to, in words, and what it cost: the log of the sync centre and the day's count of bytes.

* Tries that came to the same one after the other are one entry, so that a week without signal is one line.
* At most `KEPT` entries: an old laptop's disk is small, and nobody reads further back.
* The day's bytes are counted apart: they count also when their entry is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from itinerant.domain import words
from itinerant.store.disk import meta
from itinerant.store.disk.database import ask
from itinerant.store.opening import Opened

KEPT = 200
DONE, STOPPED = "", "stopped"
DEFAULT_CAP = 5_000_000
"""Bytes a day: a thousand ordinary days of work, so that only a fault or a flood meets it."""

_DAY, _SETTINGS = "sync_day", "sync_settings"
_COLUMNS = "at, ended, times, code, sentence, safe, next_step, sent, received, bytes_up, bytes_down, automatic, times"


@dataclass(frozen=True, slots=True)
class Try:
    """One sync, or `times` in a row that came to the same.

    `at`, `ended`: first begin and last end, this clock, ms. `code`: empty when it went well, `stopped` when a person
    stopped it, else the error's. `automatic`: nobody asked for it.
    """

    at: int
    ended: int
    code: str = DONE
    sentence: str = ""
    safe: str = ""
    next_step: str = ""
    sent: int = 0
    received: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    automatic: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True)
class Day:
    """Bytes that syncs carried on a day (`23/11/2026`), failed ones included."""

    day: str
    up: int = 0
    down: int = 0

    @property
    def total(self) -> int:
        """Both ways."""
        return self.up + self.down


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """What a person chose: whether the screen syncs by itself, and up to how many bytes a day (0: no cap)."""

    automatic: bool = True
    daily_cap: int = DEFAULT_CAP


class Tries:
    """The log of syncs of one laptop."""

    def __init__(self, opened: Opened, now_ms: Callable[[], int]) -> None:
        self._database = opened.database
        self._now_ms = now_ms

    def add(self, entry: Try) -> None:
        """Keep what a sync came to, and count its bytes."""
        with self._database.writer() as connection:
            last = _last(connection)
            if last is not None and _is_the_same(last[1], entry):
                connection.exec_driver_sql(
                    "UPDATE sync_try SET ended = ?, times = times + 1, bytes_up = bytes_up + ?,"
                    " bytes_down = bytes_down + ? WHERE n = ?",
                    (entry.ended, entry.bytes_up, entry.bytes_down, last[0]),
                )
            else:
                values = tuple(getattr(entry, name) for name in _COLUMNS.split(", "))
                marks = ", ".join("?" * len(values))
                connection.exec_driver_sql(f"INSERT INTO sync_try ({_COLUMNS}) VALUES ({marks})", values)  # noqa: S608 - constants
                connection.exec_driver_sql("DELETE FROM sync_try WHERE n <= (SELECT max(n) FROM sync_try) - ?", (KEPT,))
            today = self._day(connection)
            counted = Day(today.day, today.up + entry.bytes_up, today.down + entry.bytes_down)
            meta.save(connection, _DAY, asdict(counted))

    def latest(self, limit: int = KEPT) -> Sequence[Try]:
        """What syncs came to, the latest first."""
        with self._database.reader() as connection:
            rows = ask(connection, f"SELECT {_COLUMNS} FROM sync_try ORDER BY n DESC LIMIT ?", limit)  # noqa: S608 - constants
            return [_read(row) for row in rows]

    @property
    def today(self) -> Day:
        """What this day's syncs carried, the day being this laptop's, in Peru's time."""
        with self._database.reader() as connection:
            return self._day(connection)

    @property
    def settings(self) -> SyncSettings:
        """What a person chose."""
        with self._database.reader() as connection:
            return SyncSettings(**(meta.load(connection, _SETTINGS) or {}))

    @settings.setter
    def settings(self, chosen: SyncSettings) -> None:
        with self._database.writer() as connection:
            meta.save(connection, _SETTINGS, asdict(chosen))

    def _day(self, connection: Connection) -> Day:
        today = words.moment(self._now_ms())[:10]
        known = meta.load(connection, _DAY)
        return Day(**known) if known and known["day"] == today else Day(today)


def _last(connection: Connection) -> tuple[int, Try] | None:
    for n, *row in ask(connection, f"SELECT n, {_COLUMNS} FROM sync_try ORDER BY n DESC LIMIT 1"):  # noqa: S608 - constants
        return n, _read(tuple(row))
    return None


def _read(row: tuple[object, ...]) -> Try:
    named = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Try(**{**named, "automatic": bool(named["automatic"])})  # type: ignore[arg-type]  # the table's own columns


def _is_the_same(one: Try, other: Try) -> bool:
    """Whether both came to the same, and neither moved anything."""
    if one.sent or one.received or other.sent or other.received:
        return False
    return (one.code, one.sentence, one.automatic) == (other.code, other.sentence, other.automatic)
