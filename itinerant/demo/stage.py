"""The demonstration on its feet: an office that answers, and two laptops of one brigade enrolled with it.

* Everything is in one folder: `office/`, `LOR07/`, `LOR08/`, and `frase.txt` with the passphrase of both laptops.
* A folder that already holds a demonstration is taken up where it was left.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from itinerant import reference
from itinerant.demo import scene
from itinerant.demo.days import Clock
from itinerant.demo.office import DemoOffice, free_port
from itinerant.demo.sample import SampleService, services_from
from itinerant.demo.scene import FIRST, PASSPHRASE, SECOND, DemoLaptop
from itinerant.errors import UserError
from itinerant.texts import _

if TYPE_CHECKING:
    from itinerant.store.laptop import Laptop
    from itinerant.sync.engine import SyncReport

Tell = Callable[[str], None]
"""Says to the person what is being done."""

_FACTS = "demo.json"
_KEPT = "frase.txt"


@dataclass
class Stage:
    """The folder, the office in it, the key that verifies its exports, and the clock of the laptops' story."""

    root: Path
    office: DemoOffice
    vkey: str
    clock: Clock
    fresh: bool
    """Whether it was made just now."""

    def home(self, laptop: DemoLaptop) -> Path:
        """The folder of a laptop."""
        return self.root / laptop.device

    def unlock(self, laptop: DemoLaptop) -> Laptop:
        """A laptop, unlocked; close it."""
        from itinerant.store.laptop import Laptop  # noqa: PLC0415 - half a second, after the first words are said

        return Laptop.unlock(self.home(laptop), PASSPHRASE, laptop.person, now_ms=self.clock)

    def sync(self, laptop: Laptop, *, patient: bool = True) -> SyncReport:
        """One sync with the office; not `patient`, without waiting between tries."""
        from itinerant.sync import engine  # noqa: PLC0415 - as above
        from itinerant.sync.http import HttpTransport  # noqa: PLC0415

        clock = engine.Clock() if patient else engine.Clock(sleep=lambda _seconds: None)
        with HttpTransport(self.office.url) as transport:
            return engine.sync(laptop, transport, clock=clock)

    def services(self, laptop: Laptop) -> list[SampleService]:
        """The services that the laptop received, most frequent first."""
        return services_from(service.record.values for service in laptop.services.all)

    def stops(self, laptop: Laptop) -> list[str]:
        """The stops of the campaign, in the order of the route."""
        found = laptop.list("stop")
        return [stop.record for stop in sorted(found, key=lambda stop: str(stop.values["position"]))]


@contextmanager
def standing(home: Path | None, tell: Tell) -> Iterator[Stage]:
    """The demonstration in `home`, or in a folder of its own that is gone afterwards; its office answers meanwhile."""
    with ExitStack() as undo:
        if home is None:
            home = Path(tempfile.mkdtemp(prefix="itinerant-demo-"))
            undo.callback(shutil.rmtree, home, ignore_errors=True)
        stage = _take_up(home) if (home / _FACTS).exists() else None
        if stage is None:
            tell(_("Preparo una oficina en esta máquina: brigadas, personal, campaña y catálogo…"))
            stage = _make(home)
        undo.enter_context(stage.office)
        stage.office.start()
        if stage.fresh:
            tell(_("Inscribo las laptops {first} y {second}…").format(first=FIRST.device, second=SECOND.device))
            for laptop in (FIRST, SECOND):
                _enrol(stage, laptop)
            _write_facts(stage)
        yield stage


def _take_up(home: Path) -> Stage:
    facts = json.loads((home / _FACTS).read_text(encoding="utf-8"))
    return Stage(home, DemoOffice(home / "office", facts["port"]), facts["vkey"], Clock(), fresh=False)


def _make(home: Path) -> Stage:
    if home.exists() and any(home.iterdir()):
        raise UserError(
            _("La carpeta {folder} no está vacía.").format(folder=home),
            next_step=_("Elija otra con --home."),
            code="not_empty",
        )
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(home / _KEPT, PASSPHRASE + "\n")
    catalogue = home / "catalogue.csv"
    catalogue.write_text(reference.starter_catalogue(), encoding="utf-8")
    office = DemoOffice(home / "office", free_port())
    vkey = scene.set_up(office, catalogue, datetime.now().astimezone().date())
    return Stage(home, office, vkey, Clock(), fresh=True)


def _enrol(stage: Stage, laptop: DemoLaptop) -> None:
    from itinerant.sync import enrol  # noqa: PLC0415 - httpx and SQLAlchemy, after the first words are said
    from itinerant.sync.http import ENROL, HttpTransport  # noqa: PLC0415

    file = stage.root / f"{laptop.device}.json"
    scene.invite(stage.office, laptop, file)
    invitation = enrol.read_invitation(file)
    with (
        enrol.make_home(stage.home(laptop), invitation, laptop.person, PASSPHRASE) as made,
        HttpTransport(invitation.url, ENROL) as transport,
    ):
        enrol.by_network(made, invitation, transport, time.time_ns() // 1_000_000)
        stage.sync(made)


def _write_facts(stage: Stage) -> None:
    _write_private(stage.root / _FACTS, json.dumps({"port": stage.office.port, "vkey": stage.vkey}) + "\n")


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
