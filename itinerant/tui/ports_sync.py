"""What the screens may ask of the sync, by network and by stick. As in `ports`, protocols only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from itinerant.errors import Damaged
from itinerant.log.change import Change

if TYPE_CHECKING:
    from itinerant.domain.synced import Entry

Progress = Callable[[int, int], None]
"""Told how many changes travelled, of how many."""


class SyncReport(Protocol):
    """What one sync did, in changes."""

    @property
    def sent(self) -> int: ...
    @property
    def received(self) -> int: ...
    @property
    def stopped(self) -> bool: ...


class Renewed(Protocol):
    """A laptop that took a new code: which, and the new number of each change that has another one."""

    @property
    def device(self) -> str: ...
    @property
    def renumbered(self) -> Mapping[str, str]: ...


class Renewal(Protocol):
    """How a laptop takes the code of the office's file; it is locked once it has it. `write` answers with the request's
    file."""

    def by_network(self, laptop: Any, file: Path) -> Renewed: ...
    def write(self, laptop: Any, file: Path, folder: Path) -> Path: ...
    def read(self, laptop: Any, folder: Path) -> Renewed: ...


class Step(Protocol):
    """What a step of the automatic sync came to. `link`: `online`, `offline`, `off`, `capped`, or `trouble` (a person
    has to do something); `wait_s`: seconds until the next; `report`: None when nothing was tried."""

    @property
    def link(self) -> str: ...
    @property
    def wait_s(self) -> float: ...
    @property
    def report(self) -> object: ...


class Forecast(Protocol):
    """What would travel: changes, attentions among them, bytes, seconds (None: not known)."""

    @property
    def changes(self) -> int: ...
    @property
    def sessions(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def seconds(self) -> float | None: ...


class SyncSettings(Protocol):
    """Whether it syncs by itself, and up to how many bytes a day (0: no cap)."""

    @property
    def automatic(self) -> bool: ...
    @property
    def daily_cap(self) -> int: ...


class SyncDay(Protocol):
    """The bytes of a day."""

    @property
    def total(self) -> int: ...


class Tries(Protocol):
    """The log of syncs, the latest first, and what a person chose."""

    @property
    def today(self) -> SyncDay: ...
    @property
    def settings(self) -> Any: ...
    @settings.setter
    def settings(self, chosen: Any) -> None: ...
    def latest(self, limit: int = 200) -> Sequence[Entry]: ...


class Waiting(Protocol):
    """How many changes of a kind wait; `new`: they make records."""

    @property
    def kind(self) -> str: ...
    @property
    def new(self) -> bool: ...
    @property
    def count(self) -> int: ...


class Mailbox(Protocol):
    """Changes on their way out and in."""

    def waiting(self) -> Sequence[Waiting]: ...
    def outbox(self, limit: int = 200) -> Sequence[Change]: ...
    def inbox(self, limit: int = 200) -> Sequence[Change]: ...
    def arrived(self) -> int: ...


class Drive(Protocol):
    """A drive that can be taken along; `words` says which it is and how full."""

    @property
    def path(self) -> Path: ...
    def words(self) -> str: ...


class ForPeer(Protocol):
    """Changes that were written for another laptop of the brigade."""

    @property
    def device(self) -> str: ...
    @property
    def changes(self) -> int: ...


class StickWritten(Protocol):
    """What was written to a stick: files, changes for the office, and for whom else."""

    @property
    def files(self) -> Sequence[Path]: ...
    @property
    def changes(self) -> int: ...
    @property
    def peers(self) -> Sequence[ForPeer]: ...
    @property
    def stopped(self) -> bool: ...


class FromPeer(Protocol):
    """What another laptop brought: changes that are new and count, those that do not, and whether it holds more of
    this one's log than there is here."""

    @property
    def device(self) -> str: ...
    @property
    def changes(self) -> int: ...
    @property
    def out(self) -> int: ...
    @property
    def ahead(self) -> bool: ...


class StickRead(Protocol):
    """What was read from a stick; `foreign` counts files for others."""

    @property
    def receipts(self) -> int: ...
    @property
    def sent(self) -> int: ...
    @property
    def received(self) -> int: ...
    @property
    def peers(self) -> Sequence[FromPeer]: ...
    @property
    def foreign(self) -> int: ...
    @property
    def damaged(self) -> Sequence[Damaged]: ...
    @property
    def stopped(self) -> bool: ...


class Stick(Protocol):
    """The sync by stick; `progress` is told changes when writing, files when reading."""

    def drives(self) -> Sequence[Drive]: ...
    def write(
        self, laptop: Any, folder: Path, *, progress: Progress, cancelled: Callable[[], bool]
    ) -> StickWritten: ...
    def read(self, laptop: Any, folder: Path, *, progress: Progress, cancelled: Callable[[], bool]) -> StickRead: ...


class Sync(Protocol):
    """One sync with the office; raises `NoConnection` or `Refused` when it cannot go on. `stick` goes by hand.

    `office_time`: with the time rescue. `automatic` takes one step of the sync that nobody asks for. `forecast` says
    what would travel.
    """

    @property
    def stick(self) -> Stick: ...
    @property
    def renewal(self) -> Renewal: ...
    def __call__(
        self, laptop: Any, *, progress: Progress, cancelled: Callable[[], bool], office_time: bool = False
    ) -> SyncReport: ...
    def automatic(self, laptop: Any, *, before: Any, progress: Progress, cancelled: Callable[[], bool]) -> Step: ...
    def forecast(self, laptop: Any) -> Forecast: ...
