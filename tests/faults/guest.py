"""A process of its own that may read the home and not write to it: `guest.py HOME GOOD_HOME`.

It opens GOOD_HOME first, so that all modules are loaded before it gives its rights up (they may lie where only their
owner reads). Started by an ordinary user, the folder's own permissions do.
"""

import json
import os
import sys
from pathlib import Path

from itinerant.errors import ItinerantError
from itinerant.store.laptop import Laptop
from tests.store.conftest import PASSPHRASE

NOBODY = 65_534


def main(home: Path, good: Path) -> None:
    Laptop.unlock(good, PASSPHRASE).close()
    os.chdir(home)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        Laptop.unlock(Path(), PASSPHRASE)
    except ItinerantError as error:
        sys.stdout.write(json.dumps(error.as_dict()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
