"""What the demonstration is about: two brigades of the Napo river, and one campaign of three stops in its district.

Places are real (district of Napo, Maynas, Loreto: UBIGEO 160107); people are invented.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from itinerant.demo.office import DemoOffice

PASSPHRASE = "rio napo lancha puerto"  # noqa: S105 - printed for whoever tries the demonstration; guards sample data
UBIGEO = "160107"
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class DemoLaptop:
    """A laptop of the demonstration and the person who uses it."""

    device: str
    person: str
    brigade: str = "B01"


FIRST = DemoLaptop("LOR07", "P014")
SECOND = DemoLaptop("LOR08", "P015")

BRIGADES = ({"code": "B01", "name": "Brigada Napo Medio"}, {"code": "B02", "name": "Brigada Napo Alto"})
STAFF = (
    ("P014", "B01", "orientador", "Rosa Tapullima"),
    ("P015", "B01", "orientador", "Wilder Noteno"),
    ("P016", "B01", "responsable", "Elena Coquinche"),
    ("P031", "B02", "orientador", "Julio Papa"),
)
STOPS = (("Negro Urco", 60), ("Tacsha Curaray", 110), ("Santa Clotilde", 180))
"""Place and expected capacity (people), in the order of the route."""


def set_up(office: DemoOffice, catalogue: Path, today: date) -> str:
    """Make the office: brigades, staff, catalogue, and a campaign whose first stop was yesterday.

    Returns the key (`vkey`) that verifies its exports.
    """
    (created,) = office.command("init", "--name", "Oficina de demostración")
    office.command("record", "brigade", "add", lines=BRIGADES)
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # each is a process that mostly imports; the office orders them
        jobs = [pool.submit(office.command, "catalogue", "import", str(catalogue))]
        for code, brigade, role, name in STAFF:
            words = ("staff", "add", code, "--brigade", brigade, "--role", role, "--name", name)
            jobs.append(pool.submit(office.command, *words))
        for job in jobs:
            job.result()
    (campaign,) = office.command("record", "campaign", "add", lines=[_campaign(today)])
    office.command("record", "stop", "add", lines=_stops(str(campaign["record"]), today))
    vkey: str = created["vkey"]
    return vkey


def invite(office: DemoOffice, laptop: DemoLaptop, file: Path) -> None:
    """Have the office write the one-time file with which a laptop enrols."""
    office.command(
        "enrol-code", "--device", laptop.device, "--brigade", laptop.brigade, "--url", office.url, "--out", str(file)
    )


def _campaign(today: date) -> dict[str, Any]:
    return {
        "code": "NAPO-2026",
        "name": "Napo Medio 2026",
        "brigade": "B01",
        "starts_on": str(today - timedelta(days=1)),
        "ends_on": str(today + timedelta(days=1)),
        "goal_sessions": 150,
    }


def _stops(campaign: str, today: date) -> list[dict[str, Any]]:
    return [
        {
            "campaign": campaign,
            "brigade": "B01",
            "position": number,
            "ubigeo": UBIGEO,
            "place": place,
            "capacity": capacity,
            "starts_on": str(today + timedelta(days=number - 2)),
            "ends_on": str(today + timedelta(days=number - 2)),
        }
        for number, (place, capacity) in enumerate(STOPS, start=1)
    ]
