"""A process of its own that opens a home and writes until somebody stops it: `writer.py HOME`.

Each saved number is printed after its commit, as a person would see it on the screen. Every fifth session is amended,
every tenth waits beside it in a draft.
"""

import sys
from itertools import count
from pathlib import Path

from itinerant.store.laptop import Laptop
from tests.store.conftest import PASSPHRASE, PLACE, SESSION


def main(home: Path) -> None:
    laptop = Laptop.unlock(home, PASSPHRASE)
    visit = laptop.current_visit()
    if visit is None:
        say(laptop.open_visit(PLACE))
    for number in count():
        ref = laptop.add("session", {**SESSION, "duration_s": number})
        say(ref)
        if number % 5 == 0:
            say(laptop.amend(ref, {"note": f"Vuelve el {number}"}, "faltaba"))
        if number % 10 == 0:
            laptop.drafts.save("session", {"note": f"a medias {ref}"})


def say(ref: str) -> None:
    sys.stdout.write(f"{ref}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
