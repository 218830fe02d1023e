"""The removable drives that are connected now, on the three systems: which one, how full, whether it can be written.

* What a system says is parsed by pure functions, each tested with texts of that system; `present` alone asks.
* On Linux a drive is removable when the kernel says so, when it hangs on USB, or when the desktop mounted it where it
  mounts what people plug in; on macOS what is a local disk under /Volumes; on Windows what it calls removable.
* A drive that goes away while it is looked at is left out. Large external disks that Windows calls fixed are found by
  typing their folder.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from itinerant.sync.folder import shown
from itinerant.texts import _

_MOUNTINFO = Path("/proc/self/mountinfo")
_BLOCK = Path("/sys/class/block")
_PLUGGED = ("/media/", "/run/media/")
_NOT_FOR_FILES = frozenset({"squashfs", "iso9660", "udf", "swap"})
_UNITS = ("B", "KB", "MB", "GB", "TB")

_MOUNT_LINE = re.compile(r"(?P<source>/dev/disk\S+) on (?P<path>/Volumes/.+) \((?P<said>[^()]+)\)")
_OCTAL = re.compile(r"\\([0-7]{3})")

_REMOVABLE = 2
_READ_ONLY_VOLUME = 0x0008_0000
_NO_DIALOGS = 0x0001


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive that can be taken along. Sizes in bytes, 0 when the system does not tell."""

    path: Path
    name: str
    file_system: str
    writable: bool = True
    free: int = 0
    total: int = 0

    def words(self) -> str:
        """`KINGSTON · 7.2 GB libres de 8 GB`."""
        name = shown(Path(self.name or self.path))
        if not self.total:
            return name
        room = _("{free} libres de {total}").format(free=size(self.free), total=size(self.total))
        return f"{name} · {room}" if self.writable else f"{name} · {room} · {_('solo lectura')}"


def size(count: int) -> str:
    """Bytes as they are written on a stick: `7.2 GB`, powers of a thousand, two digits at most."""
    power, amount = 0, float(count)
    while amount >= 999.5 and power < len(_UNITS) - 1:
        power, amount = power + 1, amount / 1000
    text = f"{amount:.0f}" if power == 0 or amount >= 9.95 else f"{amount:.1f}".removesuffix(".0")
    return f"{text} {_UNITS[power]}"


def present() -> list[Drive]:
    """The removable drives that are mounted now, by path, with how full they are."""
    found = (_measured(drive) for drive in _of_this_system())
    return sorted((drive for drive in found if drive is not None), key=lambda drive: str(drive.path))


def of_mountinfo(text: str, is_removable: Callable[[str], bool]) -> Iterator[Drive]:
    """The removable drives of a Linux mount table (proc(5)). `is_removable` is asked about a device's file name."""
    seen: set[str] = set()
    for line in text.splitlines():
        before, separator, after = line.partition(" - ")
        fields, source = before.split(" "), after.split(" ")
        if not separator or len(fields) < 6 or len(source) < 2:
            continue
        path, device = _unescaped(fields[4]), _unescaped(source[1])
        if not device.startswith("/dev/") or device in seen or source[0] in _NOT_FOR_FILES:
            continue
        if path.startswith(_PLUGGED) or is_removable(device):
            seen.add(device)  # the same drive in a second place
            yield Drive(Path(path), Path(path).name, source[0], writable="rw" in fields[5].split(","))


def of_mount_command(text: str) -> Iterator[Drive]:
    """The removable drives among what macOS's mount(8) prints."""
    for found in map(_MOUNT_LINE.fullmatch, text.splitlines()):
        if found is not None:
            said = [word.strip() for word in found["said"].split(",")]
            if "local" in said and "nobrowse" not in said:
                yield Drive(Path(found["path"]), Path(found["path"]).name, said[0], writable="read-only" not in said)


def of_letters(mask: int, kind_of: Callable[[str], int]) -> list[str]:
    """The removable ones of Windows' drive letters, as `E:\\`. `mask`: a bit a letter; A and B are floppies."""
    roots = (f"{chr(ord('A') + bit)}:\\" for bit in range(2, 26) if mask >> bit & 1)
    return [root for root in roots if kind_of(root) == _REMOVABLE]


def _unescaped(text: str) -> str:
    """A field of a mount table: spaces and the like, never letters, are written in octal."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def _measured(drive: Drive) -> Drive | None:
    try:
        usage = shutil.disk_usage(drive.path)
    except OSError:
        return None
    return replace(drive, free=usage.free, total=usage.total)


def _of_this_system() -> Iterable[Drive]:
    if sys.platform == "win32":
        return _of_windows()
    if sys.platform == "darwin":
        return of_mount_command(_mount_command())
    try:
        return of_mountinfo(_MOUNTINFO.read_text(encoding="utf-8", errors="replace"), _is_removable)
    except OSError:
        return ()


def _is_removable(device: str) -> bool:
    """Whether the kernel calls the disk of a device removable, or it hangs on USB."""
    with suppress(OSError):
        node = (_BLOCK / Path(os.path.realpath(device)).name).resolve(strict=True)
        disk = node.parent if (node / "partition").exists() else node
        return "/usb" in str(disk) or (disk / "removable").read_text(encoding="ascii").strip() == "1"
    return False


def _mount_command() -> str:
    try:
        done = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False, timeout=5, errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _of_windows() -> Iterator[Drive]:
    windows = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]  # on Windows alone
    windows.SetThreadErrorMode(_NO_DIALOGS, None)  # an empty card reader must not ask for a card
    for root in of_letters(windows.GetLogicalDrives(), lambda root: int(windows.GetDriveTypeW(root))):
        name, system = ctypes.create_unicode_buffer(261), ctypes.create_unicode_buffer(261)
        flags = ctypes.c_uint32()
        told = windows.GetVolumeInformationW(root, name, 261, None, None, ctypes.byref(flags), system, 261)
        if told:
            yield Drive(Path(root), name.value or root, system.value, writable=not flags.value & _READ_ONLY_VOLUME)
