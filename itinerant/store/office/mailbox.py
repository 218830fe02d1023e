"""What waits here for the office, and what came from it: the two boxes of the sync centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from itinerant.log.change import Change
from itinerant.store.disk import meta
from itinerant.store.disk.database import ask
from itinerant.store.opening import Opened
from itinerant.store.views import stored

_WAITING = (
    "SELECT json_extract(CAST(body AS TEXT), '$.kind'), amends = '', count(*) FROM change"
    " WHERE device = ? AND seq > ? AND body IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC"
)
_OUT = "SELECT body FROM change WHERE device = ? AND seq > ? AND body IS NOT NULL ORDER BY seq LIMIT ?"
_IN = "SELECT body FROM change WHERE device <> ? AND body IS NOT NULL ORDER BY n DESC LIMIT ?"
_ARRIVED = "SELECT count(*) FROM change WHERE device <> ?"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many changes of one kind wait; `new`: they make a record, else they correct one."""

    kind: str
    new: bool
    count: int


class Mailbox:
    """Changes on their way out and in."""

    def __init__(self, opened: Opened) -> None:
        self._database = opened.database
        self._device = opened.identity.device

    def waiting(self) -> Sequence[Waiting]:
        """What waits, by kind, the most first."""
        with self._database.reader() as connection:
            since = meta.load_sync(connection).received_upto
            return [Waiting(kind, bool(new), n) for kind, new, n in ask(connection, _WAITING, self._device, since)]

    def outbox(self, limit: int = 200) -> Sequence[Change]:
        """The changes that wait, in the order in which they will travel."""
        with self._database.reader() as connection:
            since = meta.load_sync(connection).received_upto
            return [stored(body) for (body,) in ask(connection, _OUT, self._device, since, limit)]

    def inbox(self, limit: int = 200) -> Sequence[Change]:
        """The changes of others that came, the latest first."""
        with self._database.reader() as connection:
            return [stored(body) for (body,) in ask(connection, _IN, self._device, limit)]

    def arrived(self) -> int:
        """How many changes of others are here."""
        with self._database.reader() as connection:
            return int(next(iter(ask(connection, _ARRIVED, self._device)))[0])
