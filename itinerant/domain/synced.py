"""What a sync did, would do and costs, in words: for the screen and the plain commands alike."""

from __future__ import annotations

from typing import Protocol

from itinerant.domain import words
from itinerant.domain.kinds import KINDS
from itinerant.texts import _, ngettext


class Entry(Protocol):
    """One try, or several that came to the same; see the store's log."""

    @property
    def at(self) -> int: ...
    @property
    def ended(self) -> int: ...
    @property
    def times(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def sent(self) -> int: ...
    @property
    def received(self) -> int: ...
    @property
    def bytes_up(self) -> int: ...
    @property
    def bytes_down(self) -> int: ...
    @property
    def automatic(self) -> bool: ...


def size(count: int) -> str:
    """Bytes for reading: `820 B`, `4.1 KB`, `2.5 MB` (thousands, as data plans count)."""
    if count < 1_000:
        return f"{count} B"
    return f"{count / 1_000:.1f} KB" if count < 999_950 else f"{count / 1_000_000:.1f} MB"


def foreseen(sessions: int, others: int, bytes_: int, seconds: float | None) -> str:
    """What would travel: `142 atenciones y 3 cambios más, 4.1 KB, unos 12 s a la última velocidad`."""
    if not sessions and not others:
        what = _("Nada por enviar")
    elif not others:
        what = ngettext("{n} atención", "{n} atenciones", sessions).format(n=sessions)
    elif not sessions:
        what = ngettext("{n} cambio", "{n} cambios", others).format(n=others)
    else:
        first = ngettext("{n} atención", "{n} atenciones", sessions).format(n=sessions)
        rest = ngettext("{n} cambio más", "{n} cambios más", others).format(n=others)
        what = _("{first} y {rest}").format(first=first, rest=rest)
    if seconds is None:
        return _("{what}, {size}; cuánto tarda no se sabe, aún no hay mediciones").format(what=what, size=size(bytes_))
    whole = max(1, round(seconds))
    time = words.duration(whole)
    return _("{what}, {size}, unos {time} a la última velocidad").format(what=what, size=size(bytes_), time=time)


def of_kind(kind: str, new: bool, count: int) -> str:
    """How many changes of a kind: `12 atenciones`, `2 correcciones de atención`."""
    declared = KINDS.get(kind)
    label = (_(declared.label) if declared else kind).lower()
    if new:
        plural = (_(declared.plural) if declared else kind).lower()
        return f"{count} {label if count == 1 else plural}"
    return ngettext("{n} corrección de {kind}", "{n} correcciones de {kind}", count).format(n=count, kind=label)


def told(entry: Entry) -> str:
    """One line of the log: when, what it came to, what it cost."""
    when = words.moment(entry.at)
    if entry.times > 1:
        when = _("{first} a {last}").format(first=when, last=words.moment(entry.ended)[-5:])
    cost = size(max(0, entry.bytes_up + entry.bytes_down))
    parts = [when, outcome(entry), cost, words.duration(max(0, entry.ended - entry.at) // 1_000)]
    if entry.times > 1:
        parts[-1] = ngettext("{n} vez", "{n} veces", entry.times).format(n=entry.times)
    if entry.automatic:
        parts.append(_("automática"))
    return " · ".join(part for part in parts if part)


def outcome(entry: Entry) -> str:
    """What a try came to, in one sentence with its sign."""
    moved = _moved(entry.sent, entry.received)
    if entry.code == "":
        return _("✓ Al día: {moved}").format(moved=moved)
    if entry.code == "stopped":
        return _("Detenida por usted: {moved}").format(moved=moved)
    what = "! " + entry.sentence.rstrip(".")
    return f"{what} ({moved})" if entry.sent or entry.received else what


def _moved(sent: int, received: int) -> str:
    if not sent and not received:
        return _("nada nuevo")
    parts = []
    if sent:
        parts.append(ngettext("{n} enviado", "{n} enviados", sent).format(n=sent))
    if received:
        parts.append(ngettext("{n} recibido", "{n} recibidos", received).format(n=received))
    return ", ".join(parts)
