"""A process of its own whose disk fills up: `filler.py HOME`. One JSON line of what happened."""

import json
import resource
import sys
from pathlib import Path

from itinerant.errors import StoreProblem
from itinerant.store.laptop import Laptop
from tests.store.conftest import PASSPHRASE, PLACE, SESSION

ROOM = 300_000
"""Bytes that any one file may still grow to: some dozens of sessions."""


def main(home: Path) -> None:
    laptop = Laptop.unlock(home, PASSPHRASE)
    visit = laptop.open_visit(PLACE)
    laptop.drafts.save("session", {"note": "a medias"})
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    saved: list[str] = []
    problems: list[dict[str, str]] = []
    while len(saved) < 10_000 and not problems:
        try:
            saved.append(laptop.add("session", SESSION))
        except StoreProblem as problem:
            problems.append(problem.as_dict())
    for _again in range(3):
        try:
            saved.append(laptop.add("session", SESSION))
        except StoreProblem as problem:
            problems.append(problem.as_dict())
    readable = laptop.counters(visit).total, laptop.drafts.load("session") is not None
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    after = laptop.add("session", SESSION)
    laptop.close()
    sys.stdout.write(json.dumps({"saved": saved, "problems": problems, "readable": readable, "after": after}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
