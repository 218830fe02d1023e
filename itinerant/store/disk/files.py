"""Small files that must never be seen half-written, and are nobody else's to read."""

from __future__ import annotations

import os
from pathlib import Path

from itinerant.store.disk.faults import storing


def make_private_folder(path: Path) -> None:
    """Create a folder (and its parents) that only its owner can enter."""
    with storing(path):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content so that after a crash it holds either the old bytes or the new ones, whole."""
    fresh = path.with_name(path.name + ".new")
    with storing(path):
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make renames in a folder durable; systems without folder handles (Windows) do it by themselves."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
