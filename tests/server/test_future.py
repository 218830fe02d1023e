"""A newer laptop and an older office: what cannot be read yet is kept whole, and said."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from itinerant.errors import Damaged
from itinerant.log.chain import Link
from itinerant.log.change import Draft, seal
from itinerant.sync import envelope
from server.exchange.handling import handle
from server.office import Office
from server.tables import ParkedRow, table
from tests.server import looking
from tests.server.laptop import SESSION, FakeLaptop


@pytest.fixture
def parcel(laptop: FakeLaptop, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A parcel of version 2, which only a later program reads."""
    laptop.write()
    with monkeypatch.context() as later:
        later.setattr(envelope, "VERSION", 2)
        return laptop.parcel()


def test_it_is_kept_byte_for_byte_once_and_said(office: Office, laptop: FakeLaptop, parcel: bytes) -> None:
    for _time in range(2):
        receipt = laptop.read(handle(office, parcel))
        assert receipt.header.head.seq == 0, "nothing of it is called received"
        assert receipt.standing is not None
        assert [(item.ref, item.reason) for item in receipt.standing.quarantined] == [("LOR07-1", "future_version")]
    parked = table(ParkedRow)
    with office.database.reader() as connection:
        assert connection.scalars(select(parked.c.data)).all() == [parcel]
    assert looking.reasons(office) == [("parcel", "future_version")]


def test_the_laptop_goes_on_with_what_the_office_reads(office: Office, laptop: FakeLaptop, parcel: bytes) -> None:
    handle(office, parcel)
    assert laptop.sync().header.head == laptop.head
    assert list(looking.records(office)) == ["LOR07-1"]


def test_nobody_else_can_fill_the_office_with_it(office: Office, parcel: bytes) -> None:
    forged = bytearray(parcel)
    forged[-1] ^= 1
    with pytest.raises(Damaged):
        handle(office, bytes(forged))
    assert not looking.quarantine(office)


def test_a_change_of_a_later_version_waits_alone(office: Office, laptop: FakeLaptop) -> None:
    change = seal(Draft("session", dict(SESSION)), device="LOR07", seq=1, prev=laptop.head.hash, by="P014", at=1)
    later = type(change)(**{**{name: getattr(change, name) for name in change.__slots__}, "v": 2})
    laptop.links.append(Link.of(later))
    laptop.write()
    assert laptop.sync().header.head == laptop.head
    assert looking.reasons(office) == [("LOR07-1", "future_version")]
    assert list(looking.records(office)) == ["LOR07-2"]
    looking.assert_sound(office)
