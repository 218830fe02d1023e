"""The place where every history begins: an office with two brigades, and the homes of its enrolled laptops.

It is made once, by the real operations, and copied for each history. Argon2id is the one cost that is paid once: the
stretched key of a slot and a passphrase is remembered, so that unlocking stays the real unlocking.
"""

from contextlib import contextmanager
from pathlib import Path

import pytest

from itinerant.store.identity import Identity
from itinerant.store.laptop import Laptop
from itinerant.sync import courier, enrolment, pace, receipt, wrapping
from itinerant.sync.enrolment import Invitation
from itinerant.sync.keys import DeviceKeys
from server import central
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.laptops.enrolment import enrol
from server.office import Office

NOW = 1_763_923_200_000
"""23 November 2025, by every clock of a history until a rule moves it."""

BRIGADES = {"LOR01": "B01", "LOR02": "B01", "PUN01": "B02", "LOR03": "B01", "LOR04": "B01"}
"""The laptops in the order in which a history uses them: two that share everything, then one of another brigade."""

_STRETCHED = {}
"""What Argon2id made of a slot's salt and a passphrase, as long as the process lasts."""

PEOPLE = ("P014", "P015")
PASSPHRASES = {"P014": "caballo batería grapa correcto", "P015": "río canoa motor linterna"}


@contextmanager
def eased():
    """Argon2id is paid once a slot, what it answers is not altered; parcels and receipts are small, so that a short
    history has many."""
    stretch = wrapping.stretch

    def remembering(slot, passphrase):
        place = slot["salt"], passphrase
        if place not in _STRETCHED:
            _STRETCHED[place] = stretch(slot, passphrase)
        return _STRETCHED[place]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wrapping, "stretch", remembering)
        patch.setattr(pace, "MAX_CHANGES", 2)
        patch.setattr(courier, "MAX_CHANGES", 2)
        patch.setattr(pace, "FIRST", pace.SMALLEST)
        yield


def make(folder: Path) -> None:
    """The office in `folder`/office, each laptop's home in `folder`/CODE."""
    office = Office.create(
        folder / "office", Settings("Oficina", "prueba.pe/oficina"), OfficeKeys.generate(), now_ms=now
    )
    for brigade in sorted(set(BRIGADES.values())):
        fleet.add_brigade(office, brigade, f"Brigada {brigade}", by="admin")
    for person in PEOPLE:
        fleet.add_staff(office, person, brigade="B01", role="orientador", name="Rosa Quispe", by="admin")
    with office.database.writer() as connection:
        central.create(connection, office, "entity", [{"code": "RENIEC", "name": "RENIEC"}], by="admin")
        service = {"code": "RENIEC-01", "entity": "RENIEC", "name": "Duplicado de DNI", "access": "procedure"}
        central.create(connection, office, "service", [service], by="admin")
    for device, brigade in BRIGADES.items():
        enrol_laptop(office, folder / device, device, brigade)
    office.close()


def now() -> int:
    return NOW


def enrol_laptop(office: Office, home: Path, device: str, brigade: str) -> None:
    """Invite a laptop and enrol it, by the operations that the commands use; two people can unlock it."""
    token, expires_at = fleet.invite(office, device, brigade, by="admin")
    invitation = Invitation(device, brigade, "", token, office.identity, expires_at)
    keys = DeviceKeys.generate()
    answer = enrol(office, enrolment.pack(invitation, keys, PEOPLE[0], NOW))
    identity = Identity(device, brigade, "", keys, office.identity)
    with Laptop.create(home, identity=identity, person=PEOPLE[0], passphrase=PASSPHRASES[PEOPLE[0]]) as laptop:
        laptop.accesses.add(PEOPLE[1], PASSPHRASES[PEOPLE[1]])
        _header, sealed = receipt.peek(answer)
        laptop.apply_receipt(receipt.unpack(sealed, office.identity.sign_key, keys.seal, device), answers=True)
    (home / "epoch.json").unlink(missing_ok=True)
