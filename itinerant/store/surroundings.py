"""What can be measured of the laptop itself before a visit opens: battery, disk, clock, catalogue, card reader.

* Everything here is asked of the operating system's own files; what a system does not tell is left out, and the check
  says so.
* A card reader is found by the class of its USB interface (0x0B, "Smart Card"), its driver by PC/SC's folder: enough to
  tell "nothing is connected" from "something is", not to tell that it works.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from itinerant.domain.fields import Value
from itinerant.store.laptop import Laptop

_POWER = Path("/sys/class/power_supply")
_USB = Path("/sys/bus/usb/devices")
_DRIVERS = (Path("/usr/lib/pcsc/drivers"), Path("/usr/lib64/pcsc/drivers"))
_DAY_MS = 86_400_000


def measure(laptop: Laptop, now_ms: int) -> dict[str, Value]:
    """Fields of READINESS that the laptop can answer by itself. `now_ms`: its clock."""
    found: dict[str, Value] = {
        "privacy": "yes",  # the vault is open, so the log is encrypted; the guard runs at every capture
        "disk_free_mb": shutil.disk_usage(laptop.home.root).free // 1_000_000,
        "battery_pct": battery(_POWER),
        "catalogue_age_d": _catalogue_age_d(laptop, now_ms),
    }
    skew = laptop.sync_state.clock_skew_ms
    found["clock_skew_s"] = None if skew is None else round(skew / 1000)
    if sys.platform == "linux":
        found["readers"] = "yes" if has_reader(_USB) else "no"
        found["drivers"] = "yes" if has_driver(_DRIVERS) else "no"
    return {name: value for name, value in found.items() if value is not None}


def battery(supplies: Path) -> int | None:
    """The charge of the fullest battery in per cent; None where there is none."""
    charges = []
    with suppress(OSError):
        for supply in supplies.iterdir():
            with suppress(OSError, ValueError):
                if (supply / "type").read_text(encoding="ascii").strip() == "Battery":
                    charges.append(int((supply / "capacity").read_text(encoding="ascii")))
    return min(100, max(0, *charges)) if charges else None


def has_reader(devices: Path) -> bool:
    """Whether a USB device says that it is a reader of smart cards."""
    for said in devices.glob("*/bInterfaceClass"):
        with suppress(OSError):
            if said.read_text(encoding="ascii").strip().lower() == "0b":
                return True
    return False


def has_driver(folders: Sequence[Path]) -> bool:
    """Whether PC/SC has a driver for readers."""
    return any(True for folder in folders for _bundle in folder.glob("*.bundle"))


def _catalogue_age_d(laptop: Laptop, now_ms: int) -> int | None:
    latest = max((service.record.changed_at for service in laptop.services.all), default=None)
    return None if latest is None else max(0, (now_ms - latest) // _DAY_MS)
