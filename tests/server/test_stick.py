"""The stick: the same bytes as over the network, in any order, as often as one likes."""

from __future__ import annotations

from pathlib import Path

from itinerant.sync import enrolment, folder
from itinerant.sync.keys import DeviceKeys
from server.exchange import stick
from server.exchange.handling import handle
from server.office import Office
from tests.server import looking
from tests.server.laptop import START_MS, FakeLaptop, enrolled, invite


def receipts(place: Path) -> list[bytes]:
    return [folder.read(path) for path in folder.paths(place, folder.RECEIPTS)]


def test_parcels_in_any_order_of_names_arrive(office: Office, laptop: FakeLaptop, tmp_path: Path) -> None:
    for _number in range(12):
        laptop.write()
    for first in range(1, 13):
        folder.write(tmp_path, laptop.parcel(first, first), folder.PARCELS)
    done = stick.read(office, tmp_path)
    assert (done.parcels, done.accepted, done.problems) == (12, 12, [])
    assert stick.read(office, tmp_path).accepted == 0, "a stick that is read again changes nothing"
    assert stick.write(office, tmp_path) == {"LOR07": 1}
    (receipt,) = receipts(tmp_path)
    assert laptop.take(receipt).header.head == laptop.head
    looking.assert_sound(office)


def test_network_and_stick_mix(office: Office, laptop: FakeLaptop, tmp_path: Path) -> None:
    for _number in range(4):
        laptop.write()
    folder.write(tmp_path, laptop.parcel(), folder.PARCELS)
    laptop.write()
    laptop.sync()
    assert stick.read(office, tmp_path).accepted == 0
    assert len(looking.records(office)) == 5
    assert looking.device(office)["by_stick"] is True


def test_one_bad_file_does_not_hold_up_the_others(office: Office, laptop: FakeLaptop, tmp_path: Path) -> None:
    laptop.write()
    folder.write(tmp_path, laptop.parcel(), folder.PARCELS)
    (tmp_path / "AAAAAAAA.ITP").write_bytes(b"otra cosa")
    folder.write(tmp_path, b"ITP1 nonsense", folder.PARCELS)
    (tmp_path / "fotos.jpg").write_bytes(b"")
    stranger = laptop.copy()
    stranger.keys = DeviceKeys.generate()
    folder.write(tmp_path, stranger.parcel(), folder.PARCELS)
    done = stick.read(office, tmp_path)
    assert (done.parcels, done.accepted, len(done.problems)) == (1, 1, 3)
    assert any("AAAAAAAA" in problem.place for problem in done.problems)


def test_enrolment_by_stick(office: Office, tmp_path: Path) -> None:
    invitation, keys = invite(office), DeviceKeys.generate()
    request = enrolment.pack(invitation, keys, "P014", START_MS)
    folder.write(tmp_path, request, folder.ENROLMENTS)
    assert stick.read(office, tmp_path).enrolled == 1
    assert stick.write(office, tmp_path) == {"LOR07": 1}
    (receipt,) = receipts(tmp_path)
    received = FakeLaptop(invitation, keys, lambda data: data).take(receipt)
    assert received.header.re == enrolment.unpack(enrolment.peek(request), office.keys.seal).ref
    assert received.standing is not None
    assert received.standing.state == "enrolled"


def test_receipts_are_for_those_who_wait_for_them(office: Office, laptop: FakeLaptop, tmp_path: Path) -> None:
    by_network = enrolled(office, "LOR08")
    by_network.sync()
    laptop.write()
    folder.write(tmp_path, laptop.parcel(), folder.PARCELS)
    stick.read(office, tmp_path)
    assert stick.write(office, tmp_path) == {"LOR07": 1}
    assert stick.write(office, tmp_path) == {"LOR07": 1}, "a stick may be lost: it is written again when asked"
    handle(office, laptop.parcel())
    assert stick.write(office, tmp_path) == {}
