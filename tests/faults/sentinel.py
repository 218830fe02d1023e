"""A process of its own that writes a sentinel wherever a person can write: `sentinel.py HOME ENDING`.

ENDING says how it goes: `close`, `kill` (as a power cut) or `abort` (as a crash, which may leave a core file).
"""

import os
import signal
import sys
from pathlib import Path

from itinerant.domain.fields import Field, Kind, Type, Value
from itinerant.domain.kinds import KINDS
from itinerant.log.change import Draft
from itinerant.store.identity import Identity
from itinerant.store.laptop import Laptop
from itinerant.sync.keys import DeviceKeys
from tests.store.conftest import OFFICE, PLACE
from tests.store.test_records import sample

TEXT = "Zentinéla ñandú de prueba"
CODE = "Zentinela-qx"
PASSPHRASE = "Zentinéla clave muy larga"
PERSON = "Zentinela-p"


def value(item: Field) -> Value:
    """The sentinel, where the field takes free writing; any good value elsewhere."""
    if item.type is Type.TEXT:
        return TEXT
    if item.type is Type.CODE and not item.pattern:
        return CODE
    if item.type is Type.CODES and not item.choices:
        return [CODE]
    if item.type is Type.CHOICE and item.open and not item.pattern:
        return CODE
    return sample(item)


def full(kind: Kind) -> dict[str, Value]:
    values = {item.name: value(item) for item in kind.fields}
    if kind.name == "session":
        del values["cause"]  # a resolved session has none
    return values


def main(home: Path, ending: str) -> None:
    keys = DeviceKeys.generate()
    identity = Identity("LOR07", "B01", "http://zentinela.example", keys, OFFICE)
    laptop = Laptop.create(home, identity=identity, person=PERSON, passphrase=PASSPHRASE)
    laptop.open_visit({**PLACE, "place": TEXT})
    laptop.write([Draft(kind.name, full(kind)) for kind in KINDS.values() if kind.name != "visit"])
    ref = laptop.list("session")[0].record
    laptop.amend(ref, {"note": f"{TEXT} otra vez"}, TEXT)
    for kind in KINDS:
        laptop.drafts.save(kind, {"note": TEXT, "service": CODE})
        laptop.list(kind, text=TEXT)
    laptop.services.search(TEXT)
    laptop.drafts.discard("visit")
    laptop.void(ref, TEXT)
    laptop.rebuild()
    # What must be found nowhere, besides the sentinels: the keys.
    sys.stdout.write(f"{laptop._opened.key.reveal().hex()} {keys.to_bytes().hex()}\n")
    sys.stdout.flush()
    if ending == "close":
        laptop.close()
    elif ending == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        os.abort()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
