"""What the visit's screen shows, read in one go in a worker's thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from itinerant.log.change import order
from itinerant.texts import N_
from itinerant.tui.ports import Counters, Laptop, Row, SavedDraft, Services

PAGE = 100
"""Rows of a page of a list."""

DRAFT = "session"
"""Key of the draft of a session that is being written."""

PENDING = N_("· por enviar")
RECEIVED = N_("✓ recibida")
ASIDE = N_("! apartada")
LEFT_OUT = N_("✗ no cuenta")


@dataclass(frozen=True, slots=True)
class Day:
    """The open visit, if any, its totals and its first page of sessions, latest first."""

    visit: Row | None
    counters: Counters | None
    sessions: Sequence[Row]
    more: bool
    draft: SavedDraft | None
    status: Mapping[str, Any]
    services: Services
    names: Mapping[str, str]
    aside: Mapping[str, str]
    """Records with an own change that the office does not count: `quarantined`, or `discarded` for good."""
    check: Row | None = None
    """The last check of the open visit, if it was made."""


def load(laptop: Laptop, text: str = "") -> Day:
    """The day as it is now; `text` filters its sessions."""
    visit = laptop.current_visit()
    sessions = page(laptop, visit.record, text) if visit else []
    return Day(
        visit=visit,
        counters=laptop.counters(visit.record) if visit else None,
        sessions=sessions[:PAGE],
        more=len(sessions) > PAGE,
        draft=unfinished(laptop),
        status=laptop.status(),
        services=laptop.services,
        names=laptop.person_names,
        aside=laptop.notices.aside(),
        check=last_check(laptop, visit.record) if visit else None,
    )


def last_check(laptop: Laptop, visit: str) -> Row | None:
    """The last check of a visit that was not annulled."""
    return next((row for row in laptop.list("readiness", where={"visit": visit}, limit=10) if not row.void), None)


def page(laptop: Laptop, visit: str, text: str, before: int | None = None) -> Sequence[Row]:
    """A page of a visit's sessions and one more row, which tells whether there is another page."""
    return laptop.list("session", where={"visit": visit}, text=text, before=before, limit=PAGE + 1)


def unfinished(laptop: Laptop) -> SavedDraft | None:
    """The draft of a session, unless it was saved as a record just before a crash: then it is forgotten here."""
    draft = laptop.drafts.load(DRAFT)
    if draft is None:
        return None
    same = {"visit": draft.values.get("visit"), "started_at": draft.values.get("started_at")}
    if laptop.list("session", where=same, limit=1):
        laptop.drafts.discard(DRAFT)
        return None
    return draft


def sent(row: Row, now: Day) -> str:
    """What became of a record, in a sign and a word: only what a verified receipt covers counts as received."""
    if row.record in now.aside:
        return LEFT_OUT if now.aside[row.record] == "discarded" else ASIDE
    own = [ref for ref in row.heads if ref.startswith(f"{now.status['device']}-")]
    if not own:
        return ""
    return PENDING if max(order(ref)[1] for ref in own) > now.status["received_upto"] else RECEIVED
