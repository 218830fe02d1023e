"""What the office keeps of exchanges that were cut: bounded, the longest half, the first receipt."""

import pytest

from itinerant.sync import envelope
from server.api.partial import Partials

PARCELS = [b"ITP1\x00\x04head" + b"body" * 20, b"ITP1\x00\x04haed" + b"body" * 20]
NAMES = [envelope.name(parcel) for parcel in PARCELS]


def test_a_parcel_is_found_by_name_once_its_header_is_whole() -> None:
    partials, data = Partials(), bytearray()
    for byte in PARCELS[0][:9]:
        data.append(byte)
        partials.arriving(data)
        assert partials.find(NAMES[0]) is None
    data += PARCELS[0][9:20]
    partials.arriving(data)
    half = partials.find(NAMES[0])
    assert half is not None
    assert (half.data, half.is_receipt) == (PARCELS[0][:20], False)
    data += PARCELS[0][20:]
    assert partials.find(NAMES[0]) == half  # it grows in its place
    assert half.data == PARCELS[0]


def test_of_two_copies_under_way_the_longer_is_kept() -> None:
    partials, short, long = Partials(), bytearray(PARCELS[0][:30]), bytearray(PARCELS[0][:50])
    for data in (short, long, short):
        partials.arriving(data)
    half = partials.find(NAMES[0])
    assert half is not None
    assert half.data is long


def test_the_first_receipt_stays() -> None:
    partials = Partials()
    partials.arriving(bytearray(PARCELS[0]))
    partials.answered(PARCELS[0], b"first")
    partials.answered(PARCELS[0], b"second")
    partials.arriving(bytearray(PARCELS[0]))
    half = partials.find(NAMES[0])
    assert half is not None
    assert (half.data, half.is_receipt) == (b"first", True)
    partials.forget(PARCELS[0])
    assert partials.find(NAMES[0]) is None


@pytest.mark.parametrize("partials", [Partials(entries=1), Partials(size=len(PARCELS[1]) + 10)], ids=["count", "bytes"])
def test_the_oldest_make_room(partials: Partials) -> None:
    partials.answered(PARCELS[0], b"a receipt of 22 bytes.")
    partials.arriving(bytearray(PARCELS[1]))
    assert partials.find(NAMES[0]) is None
    assert partials.find(NAMES[1]) is not None
