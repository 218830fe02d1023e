"""Values as Peruvians write them: `23/11/2026 14:05`, `S/ 12.50`, `1 h 05 min`; and back from what a person types."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone

from itinerant.domain.fields import Field, Type, Value
from itinerant.texts import _

PERU = timezone(timedelta(hours=-5))
"""Peru's one time zone, without summer time; the laptop's own setting is often wrong."""

_LAST_MS = 253_402_300_799_000  # 31/12/9999
_FIRST_MS = -62_135_596_800_000 + 86_400_000  # 02/01/0001


def _local(ms: int) -> datetime:
    inside = min(max(ms, _FIRST_MS), _LAST_MS)  # a clock may say anything; the screen still shows something
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=inside)).astimezone(PERU)


def clock(ms: int) -> str:
    """`14:05`."""
    return _local(ms).strftime("%H:%M")


def moment(ms: int) -> str:
    """`23/11/2026 14:05`."""
    return _local(ms).strftime("%d/%m/%Y %H:%M")


def today(ms: int) -> str:
    """The date in Peru at an instant, as a DATE keeps it: `2026-11-23`."""
    return _local(ms).strftime("%Y-%m-%d")


def running(seconds: int) -> str:
    """A stopwatch: `0:42`, `12:05`, `1:02:05`."""
    hours, rest = divmod(max(0, seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def duration(seconds: int) -> str:
    """`40 s`, `6 min`, `1 h 05 min`."""
    if seconds < 60:
        return _("{n} s").format(n=seconds)
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return _("{n} min").format(n=minutes)
    return _("{h} h {m:02} min").format(h=hours, m=minutes)


def soles(cents: int) -> str:
    """`S/ 1,234.50`."""
    return f"S/ {cents // 100:,}.{cents % 100:02}"


def shown(declared: Field, value: Value) -> str:
    """A stored value for reading."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Sí") if value else _("No")
    if isinstance(value, list):
        return ", ".join(declared.label_of(item) for item in value)
    if isinstance(value, int):
        return _number(declared, value)
    if declared.type is Type.DATE:
        return "/".join(reversed(value.split("-")))
    return declared.label_of(value)


def _number(declared: Field, value: int) -> str:
    if declared.type is Type.INSTANT:
        return moment(value)
    if declared.unit == "cents":
        return soles(value)
    if declared.unit == "s":
        return duration(value)
    return f"{value} {declared.unit}".rstrip()


def editable(declared: Field, value: Value) -> str:
    """A stored value as a person would type it: minutes for seconds, soles for cents, `23/11/2026` for dates."""
    if value is None:
        return ""
    if isinstance(value, int) and declared.unit == "s":
        minutes, left = divmod(value, 60)
        return f"{minutes}:{left:02}" if left else str(minutes)
    if isinstance(value, int) and declared.unit == "cents":
        return f"{value // 100}.{value % 100:02}"
    if isinstance(value, int) and declared.type is Type.INSTANT:
        return moment(value)
    if isinstance(value, str) and declared.type is Type.DATE:
        return "/".join(reversed(value.split("-")))
    return str(value)


class NotUnderstood(ValueError):
    """What was typed cannot be read; the message says how to write it."""


def typed(declared: Field, text: str) -> Value:
    """The value that a person typed; raises `NotUnderstood`. Text is normalised to NFC, as the log asks."""
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        return None
    try:
        return _typed(declared, text)
    except ValueError:
        raise NotUnderstood(_example(declared)) from None


def _typed(declared: Field, text: str) -> Value:
    if declared.type is Type.INSTANT:
        parsed = datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=PERU)
        return int((parsed - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    if declared.type is Type.DATE:
        first, month, year = (int(part) for part in text.split("/"))
        return date(year, month, first).isoformat()
    if declared.type is not Type.INTEGER:
        return text
    if declared.unit == "cents":
        return _cents(text)
    if declared.unit == "s":
        minutes, _colon, left = text.partition(":")
        return int(minutes) * 60 + int(left or 0)
    return int(text)


def _cents(text: str) -> int:
    whole, _point, part = text.upper().removeprefix("S/").strip().replace(",", ".").partition(".")
    if len(part) > 2:
        raise ValueError
    return int(whole or 0) * 100 + int(part.ljust(2, "0"))


def _example(declared: Field) -> str:
    if declared.type is Type.INSTANT:
        return _("Escriba fecha y hora así: 23/11/2026 14:05.")
    if declared.type is Type.DATE:
        return _("Escriba la fecha así: 23/11/2026.")
    if declared.unit == "cents":
        return _("Escriba el monto así: 12.50.")
    if declared.unit == "s":
        return _("Escriba los minutos, por ejemplo 6 o 6:30.")
    return _("Escriba un número entero.")
