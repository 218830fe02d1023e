"""Makes an office with many changes of four laptops: `python -m benchmarks._ledger FOLDER CHANGES PARCEL`.

Prints the key that verifies its exports.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import intake
from server.exchange.handling import handle
from server.home import OfficeKeys, Settings
from server.office import Office


def main(folder: Path, changes: int, size: int) -> None:
    """Make it. `size`: changes of each parcel."""
    office = Office.create(folder, Settings("Oficina", "bench/ledger"), OfficeKeys.generate())
    intake.CHANGES, intake.PARCEL = changes // intake.DEVICES, size
    for number in range(intake.DEVICES):
        for data in intake._parcels(office, number):
            handle(office, data)
    print(office.verifier.vkey)
    office.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
