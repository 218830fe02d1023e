"""`itinerant` alone: opens the screen on a home, and hands it what it may ask for."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.errors import UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop
    from itinerant.store.office.rejoin import Rejoined
    from itinerant.sync.automatic import Step
    from itinerant.sync.courier import Read, Written
    from itinerant.sync.drives import Drive
    from itinerant.sync.engine import Forecast, SyncReport


def run(asked: argparse.Namespace) -> int:
    """Open the screen. Raises `UserError` where there is no laptop or no terminal."""
    from itinerant.cli.unlocking import laptop_home

    home = laptop_home(asked)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(
            _("La pantalla necesita una terminal."),
            next_step=_("Para programas hay órdenes: «itinerant --help»."),
            code="no_terminal",
        )
    return show(home.root)


def show(home: Path, *, hint: str = "", kiosk: bool = False) -> int:
    """Run the screen on a home until the person leaves.

    `hint` is shown where the passphrase is asked for. `kiosk`: once unlocked, as an automated agent.
    """
    from itinerant.cli.desk import Desk
    from itinerant.tui import start

    return start.run(Opener(home), Sync(), Desk(home), hint=hint, kiosk=kiosk)


class Opener:
    """Opens the vault of one home for the screen; what is heavy is imported beside the unlock screen."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def people(self) -> Sequence[tuple[str, str]]:
        """Who can unlock: codes alone, for names are inside what is locked."""
        from itinerant.store.laptop import Laptop

        return [(code, "") for code in Laptop.people_of(self._home)]

    def unlock(self, passphrase: str, person: str) -> Laptop:
        """The unlocked laptop."""
        from itinerant.store.laptop import Laptop

        return Laptop.unlock(self._home, passphrase, person or None)  # typed before the list of people came


class Stick:
    """The sync by stick, for the screen."""

    def drives(self) -> Sequence[Drive]:
        """The removable drives that are connected now."""
        from itinerant.sync.drives import present

        return present()

    def write(
        self, laptop: Laptop, folder: Path, *, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> Written:
        """Write what is for the office and for the other laptops."""
        from itinerant.sync.courier import write_parcels

        now_ms = time.time_ns() // 1_000_000
        return write_parcels(laptop, folder, now_ms, progress=progress, cancelled=cancelled)

    def read(
        self, laptop: Laptop, folder: Path, *, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> Read:
        """Read what the office and the other laptops wrote for this one."""
        from itinerant.sync.courier import read_stick

        return read_stick(laptop, folder, progress=progress, cancelled=cancelled)


class Renewal:
    """How a laptop takes a new code, for the screen."""

    def by_network(self, laptop: Laptop, file: Path) -> Rejoined:
        """Send all there is, ask, and lock the laptop that was."""
        from itinerant.sync import enrol, rejoin
        from itinerant.sync.http import ENROL, HttpTransport

        invitation = enrol.read_invitation(file)
        with HttpTransport(invitation.url) as sync, HttpTransport(invitation.url, ENROL) as asking:
            return rejoin.by_network(laptop, invitation, sync, asking)

    def write(self, laptop: Laptop, file: Path, folder: Path) -> Path:
        """Write log and request to a stick."""
        from itinerant.sync import enrol, rejoin

        return rejoin.write_request(laptop, enrol.read_invitation(file), folder, time.time_ns() // 1_000_000)

    def read(self, laptop: Laptop, folder: Path) -> Rejoined:
        """Take the answer from a stick, and lock the laptop that was."""
        from itinerant.sync import rejoin

        return rejoin.read_answer(laptop, folder, time.time_ns() // 1_000_000)


class Sync:
    """The sync for the screen: with the office when it is called, or by stick."""

    stick = Stick()
    renewal = Renewal()

    def __call__(
        self,
        laptop: Laptop,
        *,
        progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
        office_time: bool = False,
    ) -> SyncReport:
        from itinerant.cli.sync import with_office

        return with_office(laptop, progress=progress, cancelled=cancelled, office_time=office_time)

    def automatic(
        self,
        laptop: Laptop,
        *,
        before: Step | None,
        progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> Step:
        """One step of the sync that nobody asks for."""
        from itinerant.cli.sync import with_office
        from itinerant.sync.automatic import step

        def go(laptop: Laptop) -> SyncReport:
            return with_office(laptop, progress=progress, cancelled=cancelled, automatic=True)

        return step(laptop, go, now_ms=time.time_ns() // 1_000_000, before=before)

    def forecast(self, laptop: Laptop) -> Forecast:
        """What a sync would send now."""
        from itinerant.sync.engine import forecast

        return forecast(laptop, time.time_ns() // 1_000_000)
