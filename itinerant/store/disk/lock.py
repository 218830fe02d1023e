"""One process at a time on one home: two writers would each give the same number to another change."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from itinerant.store.disk.faults import in_use, storing


def hold(path: Path) -> FileLock:
    """Take the lock file or raise `StoreProblem` at once; the system frees it when the process ends, however."""
    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        with storing(path):
            lock.acquire()
    except Timeout as error:
        raise in_use(path) from error
    return lock
