"""The sync that nobody asks for: whether to try now, and when to look again.

* One step at a time: look at the settings, the day's bytes and the planned next try; see whether the office can be
  reached at all, which costs a handful of packets; then sync. Whoever calls waits `wait_s` before the next step.
* No signal is no failure: it is not written down and moves no planned try, so that a link that appears is used at once.
* What a person chose bounds it: the off switch, and the day's cap, which counts what failed tries carried too.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from itinerant.errors import ItinerantError, Move
from itinerant.store.office.tries import DONE
from itinerant.sync.engine import SyncReport

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop

SOON_S = 60.0
"""Between two syncs while something waits: a parcel of a few attentions, not one each."""
IDLE_S = 900.0
"""Between two syncs while nothing waits: what others wrote comes this late."""
LOOK_S = 60.0
"""How often the settings and the day are looked at again."""
_FIRST_LOOK_S = 10.0
_LONGEST_LOOK_S = 120.0
_PROBE_S = 5.0
_DAY_S = 86_400


class Link(StrEnum):
    """How the sync that runs by itself stands."""

    ONLINE = "online"
    OFFLINE = "offline"
    OFF = "off"
    CAPPED = "capped"
    TROUBLE = "trouble"
    """The office was reached and a person has to do something; the log says what."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to, how long to wait before the next, and how many looks in a row found no office."""

    link: Link
    wait_s: float
    report: SyncReport | None = None
    misses: int = 0


class Doing(Protocol):
    """One sync with the office; raises `ItinerantError`s."""

    def __call__(self, laptop: Laptop) -> SyncReport: ...


def step(
    laptop: Laptop,
    sync: Doing,
    *,
    now_ms: int,
    before: Step | None = None,
    reach: Callable[[str], bool] | None = None,
) -> Step:
    """Sync if it is allowed, due and possible. `before`: the step before this one; `reach`: see `reachable`."""
    settings = laptop.tries.settings
    if not settings.automatic:
        return Step(Link.OFF, LOOK_S)
    if settings.daily_cap and laptop.tries.today.total >= settings.daily_cap:
        return Step(Link.CAPPED, LOOK_S)
    wait_s = _wait_s(laptop, now_ms)
    if wait_s > 0 and before is not None and before.link in (Link.ONLINE, Link.TROUBLE):
        return Step(before.link, min(wait_s, LOOK_S))
    if not (reach or reachable)(laptop.identity.url):
        misses = before.misses if before else 0
        longest = min(_FIRST_LOOK_S * 2 ** min(misses, 10), _LONGEST_LOOK_S)
        return Step(Link.OFFLINE, random.uniform(longest / 2, longest), misses=misses + 1)  # noqa: S311 - no secret
    if wait_s > 0:
        return Step(Link.ONLINE, min(wait_s, LOOK_S))
    try:
        report = sync(laptop)
    except ItinerantError as error:
        return Step(Link.ONLINE if error.move is Move.RETRY else Link.TROUBLE, LOOK_S)
    return Step(Link.ONLINE, LOOK_S, report)


def _wait_s(laptop: Laptop, now_ms: int) -> float:
    """Seconds until a sync is due: after the planned try of one that failed, else after a while. A clock that jumped
    back does not silence it: no wait is longer than a quarter of an hour, but for a day that an office asked for."""
    state = laptop.sync_state
    if state.next_try_at is not None:
        planned = (state.next_try_at - now_ms) / 1_000
        return planned if planned <= _DAY_S else 0.0
    last = next(iter(laptop.tries.latest(1)), None)
    waits = laptop.head.seq > state.received_upto
    between = SOON_S if waits and (last is None or last.code == DONE) else IDLE_S
    since = (now_ms - last.ended) / 1_000 if last else between
    return between - since if 0 <= since < between else 0.0


def reachable(url: str, *, within_s: float = _PROBE_S) -> bool:
    """Whether something takes a connection at the office's address."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or _port(parts.scheme)), timeout=within_s):
            return True
    except (OSError, UnicodeError):
        return False


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
