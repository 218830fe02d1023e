"""The stick: the same parcels and receipts by hand, and what happens to files on the way."""

import base64
import hashlib
import os

import pytest

from itinerant.errors import Damaged, StoreProblem
from itinerant.sync import courier, folder
from itinerant.sync.engine import sync
from tests.sync.test_engine import foreign, is_at_rest, record


def carry(office, stick):
    """The office's end: every good parcel in, its receipt out."""
    for _path, data in list(folder.read_all(stick, folder.PARCELS)):
        if isinstance(data, bytes):
            folder.write(stick, office.take(data), folder.RECEIPTS)


@pytest.fixture
def stick(tmp_path):
    place = tmp_path / "stick"
    place.mkdir()
    return place


def test_a_day_travels_on_a_stick(laptop, office, stick):
    record(laptop, 60)
    foreign(office, 10)
    written = courier.write_parcels(laptop, stick, office.now_ms)
    assert written.changes == 61
    assert written.size == sum(path.stat().st_size for path in stick.iterdir())
    assert laptop.status()["pending"] == 61
    carry(office, stick)
    read = courier.read_stick(laptop, stick)
    assert (read.receipts, read.sent, read.received, read.damaged) == (1, 61, 10, [])
    assert is_at_rest(laptop, office)


def test_a_long_campaign_takes_several_files(laptop, office, stick, monkeypatch):
    monkeypatch.setattr(courier, "MAX_CHANGES", 25)
    record(laptop, 60)
    assert len(courier.write_parcels(laptop, stick, office.now_ms).files) == 3
    for path in reversed(folder.paths(stick, folder.PARCELS)):
        path.touch()
    for _time in range(3):
        carry(office, stick)
    courier.read_stick(laptop, stick)
    assert is_at_rest(laptop, office)


def test_with_nothing_pending_it_asks_for_news(laptop, office, stick):
    foreign(office, 3)
    assert courier.write_parcels(laptop, stick, office.now_ms).changes == 0
    carry(office, stick)
    assert courier.read_stick(laptop, stick).received == 3
    assert courier.read_stick(laptop, stick).received == 0, "what it brought before is not new"


def test_reading_the_same_stick_again_changes_nothing(laptop, office, stick):
    record(laptop, 5)
    courier.write_parcels(laptop, stick, office.now_ms)
    carry(office, stick)
    courier.read_stick(laptop, stick)
    before = laptop.status()
    assert courier.read_stick(laptop, stick).sent == 0
    assert laptop.status() == before


def test_an_old_stick_after_a_network_sync_takes_nothing_back(laptop, office, stick, time):
    record(laptop, 5)
    courier.write_parcels(laptop, stick, office.now_ms)
    carry(office, stick)
    record(laptop, 5, seed=2)
    foreign(office, 4)
    sync(laptop, office, clock=time.clock)
    before = laptop.sync_state
    courier.read_stick(laptop, stick)
    assert laptop.sync_state.received_upto == before.received_upto
    assert laptop.sync_state.have == before.have


def test_a_damaged_file_is_named_and_hides_no_other(laptop, office, stick):
    record(laptop, 5)
    courier.write_parcels(laptop, stick, office.now_ms)
    carry(office, stick)
    (receipt,) = folder.paths(stick, folder.RECEIPTS)
    (stick / "AAAAAAAA.ITR").write_bytes(receipt.read_bytes()[:-1])
    noise = b"ITR1 and nothing that was signed"
    folder.write(stick, noise, folder.RECEIPTS)
    read = courier.read_stick(laptop, stick)
    assert read.sent == 6
    assert len(read.damaged) == 2
    assert any("AAAAAAAA.ITR" in error.place for error in read.damaged)


def test_receipts_for_others_are_left_alone(laptop, office, stick):
    office.devices["LOR09"] = office.devices["LOR07"]
    folder.write(stick, office.answer("LOR09", "A" * 16), folder.RECEIPTS)
    assert courier.read_stick(laptop, stick).foreign == 1
    assert len(folder.paths(stick, folder.RECEIPTS)) == 1


# -- the folder


def test_names_are_plain_and_come_from_the_content(stick):
    path = folder.write(stick, b"content", folder.PARCELS)
    assert path.name == base64.b32encode(hashlib.sha256(b"content").digest())[:8].decode() + ".ITP"
    assert folder.write(stick, b"content", folder.PARCELS) == path
    assert [file.name for file in stick.iterdir()] == [path.name]
    assert folder.read(path) == b"content"


def test_a_stick_that_changed_the_case_of_names_is_read(stick):
    path = folder.write(stick, b"content", folder.PARCELS)
    small = path.rename(path.with_name(path.name.lower()))
    assert [data for _path, data in folder.read_all(stick, folder.PARCELS)] == [b"content"]
    assert small.exists()


@pytest.mark.parametrize("size", [0, 3, (1 << 20) + 1])
def test_a_file_that_is_not_its_name_is_damaged(stick, size):
    path = stick / "AAAAAAAA.ITP"
    path.write_bytes(bytes(size))
    with pytest.raises(Damaged) as caught:
        folder.read(path)
    assert "AAAAAAAA.ITP" in caught.value.place


def test_links_and_folders_are_not_followed(stick, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"content")
    (stick / folder.file_name(b"content", folder.PARCELS)).symlink_to(secret)
    (stick / "AAAAAAAA.ITP").mkdir()
    assert all(isinstance(data, Damaged) for _path, data in folder.read_all(stick, folder.PARCELS))


def test_an_unfinished_file_is_not_taken_for_a_whole_one(stick):
    (stick / "AAAAAAAA.TMP").write_bytes(b"half")
    assert folder.paths(stick, folder.PARCELS) == []


def test_a_stick_that_is_not_there_is_said_so(laptop, office, tmp_path):
    with pytest.raises(StoreProblem):
        courier.read_stick(laptop, tmp_path / "nowhere")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreProblem) as caught:
        courier.write_parcels(laptop, tmp_path / "file", office.now_ms)
    assert "no hay una carpeta" in caught.value.sentence


def test_a_full_stick_is_said_so_and_leaves_no_half_file(stick, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreProblem):
        folder.write(stick, b"content", folder.PARCELS)
    assert folder.paths(stick, folder.PARCELS) == []
