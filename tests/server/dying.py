"""A process that takes a parcel in and is killed at its n-th step, for every n: run by `test_crash.py`.

Usage: `python dying.py FOLDER PARCEL RESULT`. A copy of the office in FOLDER is made for each n; the line that RESULT
gets for it says whether the parcel was all there afterwards.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from sqlalchemy import event

from server.exchange.handling import handle
from server.office import Office


def die_at(step: int, office: Office) -> None:
    """Kill this process when it is about to do its `step`-th step in the database: a statement or a commit."""
    count = 0

    def tick(*_anything: object) -> None:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(office.database.engine, "before_cursor_execute", tick)
    event.listen(office.database.engine, "commit", tick)


def survived(folder: Path, parcel: bytes, step: int) -> bool:
    """Whether a child got to the end of its work before its `step`-th step."""
    child = os.fork()
    if child == 0:
        office = Office.open(folder)
        die_at(step, office)
        handle(office, parcel)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def main(folder: Path, parcel: bytes, result: Path) -> None:
    """Try every step until one try gets to the end."""
    for step in range(1, 1_000):
        copy = folder.with_name(f"step{step}")
        shutil.copytree(folder, copy)
        done = survived(copy, parcel, step)
        with result.open("a") as lines:
            lines.write(f"{step} {int(done)}\n")
        if done:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), Path(sys.argv[3]))
