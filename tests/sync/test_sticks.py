"""Every kind of stick: what is whole on it is used, what is not is named, and nothing that was noted is lost."""

import errno
import os
import random
import re
from pathlib import Path

import pytest

from itinerant.errors import Damaged, StoreProblem, UserError
from itinerant.sync import folder, wrapping
from itinerant.sync.courier import read_stick, write_parcels
from itinerant.sync.limits import LIMITS
from server.exchange import stick as office_stick
from server.home import OfficeKeys, Settings
from server.office import Office
from tests.sync.brigade import SESSION, Brigade, records, stretch

PLACE = {"ubigeo": "160301", "place": "Nauta"}


@pytest.fixture
def brigade(tmp_path, monkeypatch):
    monkeypatch.setattr(wrapping, "stretch", stretch)
    (tmp_path / "homes").mkdir()
    made = Brigade(tmp_path / "homes")
    made.enrol("LOR07", "LOR08")
    yield made
    made.close()


@pytest.fixture
def one(brigade):
    laptop = brigade.laptops["LOR07"]
    laptop.open_visit(PLACE)
    laptop.add("session", SESSION)
    return laptop


@pytest.fixture
def other(brigade):
    return brigade.laptops["LOR08"]


@pytest.fixture
def stick(tmp_path):
    place = tmp_path / "stick"
    place.mkdir()
    return place


def answer(brigade, stick):
    """The office's end: every parcel for it in, its receipt out."""
    for _path, data in list(folder.read_all(stick, folder.PARCELS)):
        if b'"to":"CENTRAL"' in data:
            folder.write(stick, brigade.office.take(data), folder.RECEIPTS)


def failing(monkeypatch, name, code, *, after=0):
    """Make a system call fail with that code from its n-th time on."""
    real, calls = getattr(os, name), []

    def call(*arguments, **more):
        calls.append(name)
        if len(calls) > after:
            raise OSError(code, os.strerror(code))
        return real(*arguments, **more)

    monkeypatch.setattr(os, name, call)


# -- interrupted, full, locked, pulled out


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "está llena"),
        (errno.EROFS, "no deja escribir"),
        (errno.EACCES, "no deja escribir"),
        (errno.ENODEV, "se retiró"),
        (errno.EIO, "No se puede usar"),
    ],
)
@pytest.mark.parametrize("after", [0, 2])
def test_a_stick_that_fails_while_it_is_written_is_said_so_and_the_next_time_goes_on(
    brigade, one, other, stick, code, words, after
):
    with pytest.MonkeyPatch.context() as patch:
        failing(patch, "fsync", code, after=after)
        with pytest.raises(StoreProblem) as caught:
            write_parcels(one, stick, 0)
    assert words in caught.value.sentence
    assert re.search(r"[A-Z2-7]{8}\.ITP", caught.value.place), "it names the file"
    assert "a salvo" in caught.value.safe
    assert not list(stick.glob("*.TMP")), "nothing half-written stays to fill it"
    whole = {path.name: path.stat().st_mtime_ns for path in stick.iterdir()}
    assert len(brigade.write(one, stick).files) == len(list(stick.iterdir())) == 2, (
        "it goes on, and does not begin anew"
    )
    assert read_stick(other, stick).peers[0].changes == 2
    assert one.status()["pending"] == 2
    assert all((stick / name).stat().st_mtime_ns == when for name, when in whole.items()), "what is whole stays"


def test_a_file_cut_by_a_pulled_stick_is_named_and_written_again(one, other, stick, monkeypatch):
    monkeypatch.setattr("cryptography.hazmat.primitives.hpke.Suite.encrypt", lambda *_all, **_more: b"x" * 300)
    first = write_parcels(one, stick, 0)  # a seal is different each time; the same bytes must be had twice here
    for path in first.files:
        path.write_bytes(path.read_bytes()[:100])
    read = read_stick(other, stick)
    assert [Path(error.place).name for error in read.damaged] == sorted(path.name for path in first.files)
    again = write_parcels(one, stick, 0)
    assert [path.name for path in again.files] == [path.name for path in first.files]
    assert all(isinstance(data, bytes) for _path, data in folder.read_all(stick, folder.PARCELS))


def test_writing_again_adds_what_is_new_and_nothing_else(brigade, one, other, stick):
    first = brigade.write(one, stick)
    assert brigade.write(one, stick).files == first.files
    one.add("session", SESSION)
    assert not set(brigade.write(one, stick).files) & set(first.files)
    assert len(list(stick.iterdir())) == 4
    assert read_stick(other, stick).peers[0].changes == 3


def test_a_parcel_that_only_says_to_be_its_own_does_not_take_its_place(brigade, one, other, stick):
    (path, *_rest) = brigade.write(one, stick).files
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.unlink()
    forged = folder.write(stick, bytes(data), folder.PARCELS)
    assert forged not in brigade.write(one, stick).files


def test_the_rest_of_a_copy_is_read_when_it_comes(brigade, one, other, stick, tmp_path):
    brigade.write(one, stick)
    files = sorted(stick.iterdir())
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in files:
        (copy / path.name).write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2])
    assert len(read_stick(other, copy).damaged) == len(files)
    for path in files:
        (copy / path.name).write_bytes(path.read_bytes())
    read = read_stick(other, copy)
    assert (read.damaged, read.peers[0].changes) == ([], 2)


def test_a_stick_pulled_out_while_it_is_read_stops_with_words(brigade, one, other, stick):
    brigade.write(one, stick)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(StoreProblem) as caught:
        failing(patch, "open", errno.ENODEV, after=1)
        read_stick(other, stick)
    assert "se retiró" in caught.value.sentence
    assert records(other) == {}, "all is verified before anything is kept"


def test_a_bad_sector_hides_one_file_only(brigade, one, other, stick, monkeypatch):
    brigade.write(one, stick)
    folder.write(stick, b"another", folder.PARCELS)
    bad = stick / folder.file_name(b"another", folder.PARCELS)
    real = os.open

    def reading(path, *arguments, **more):
        if Path(path) == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, *arguments, **more)

    monkeypatch.setattr(os, "open", reading)
    read = read_stick(other, stick)
    assert [(error.code, Path(error.place).name) for error in read.damaged] == [("unreadable", bad.name)]
    assert read.peers[0].changes == 2


def test_it_can_be_stopped_between_files(brigade, one, other, stick):
    stop = iter([False, True, True, True])
    written = write_parcels(one, stick, 0, cancelled=lambda: next(stop))
    assert (written.stopped, len(written.files), written.changes, written.peers) == (True, 1, 2, [])
    brigade.write(one, stick)
    assert read_stick(other, stick, cancelled=lambda: True).stopped
    assert records(other) == {}
    assert read_stick(other, stick).peers[0].changes == 2


# -- old, twice, somebody else's


def test_receipts_catalogue_and_revocations_ride_back_and_twice_is_once(brigade, one, other, stick):
    brigade.write(one, stick)
    answer(brigade, stick)
    read = read_stick(one, stick)
    assert (read.receipts, read.sent, read.damaged) == (1, 2, [])
    before = records(one), one.status()
    again = read_stick(one, stick)
    assert (again.receipts, again.sent, again.damaged) == (1, 0, [])
    assert (records(one), one.status()) == before
    assert read_stick(other, stick).foreign == 2, "a parcel and a receipt that are not for it"


def test_five_laptops_on_one_stick_and_a_leader_who_reads_none(brigade, stick):
    brigade.enrol("LOR09", "LOR10", "LOR11", "LOR12")
    leader, *others = brigade.laptops.values()
    brigade.tell(peers=[peer for peer in brigade.peers() if peer.code != leader.device])
    for laptop in others:
        laptop.open_visit(PLACE) if laptop.current_visit() is None else None
        laptop.add("session", SESSION)
        brigade.write(laptop, stick)
    count = len(folder.paths(stick, folder.PARCELS))
    assert count == 5 * 5, "one for the office and one for each of the four others"
    read = read_stick(leader, stick)
    assert (read.foreign, read.peers, read.damaged) == (count, [], [])
    assert records(leader) == {}
    answer(brigade, stick)
    for laptop in others:
        read = read_stick(laptop, stick)
        assert (read.receipts, read.damaged, len(read.peers)) == (1, [], 4)
    assert all(records(laptop) == records(others[0]) for laptop in others)
    assert all(laptop.status()["pending"] == 0 for laptop in others)


# -- FAT


def test_names_suit_any_fat_and_nothing_asks_more_of_it(brigade, one, other, stick, monkeypatch):
    """A file system without links, permissions, long names, capitals that matter, or renaming over a file."""
    forbidden = ["symlink", "link", "chmod", "chown", "mkfifo"]
    for name in forbidden:
        failing(monkeypatch, name, errno.EPERM)
    real = os.rename

    def rename(source, target, **more):
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        return real(source, target, **more)

    monkeypatch.setattr(os, "rename", rename)
    monkeypatch.setattr(os, "replace", rename)
    written = brigade.write(one, stick)
    for path in written.files:
        assert re.fullmatch(r"[A-Z2-7]{8}\.ITP", path.name)
        path.write_bytes(b"torn")
    brigade.write(one, stick)
    for path in folder.paths(stick, folder.PARCELS):
        path.replace(path.with_name(path.name.lower())) if path not in written.files else path.unlink()
    assert read_stick(other, stick).peers[0].changes == 2


def test_a_folder_that_cannot_be_flushed_is_written_all_the_same(one, stick, monkeypatch):
    real = os.fsync

    def fsync(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112 - a descriptor
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    assert len(write_parcels(one, stick, 0).files) == 2


# -- hostile


def hostile(stick, tmp_path):
    """What somebody may leave on a stick; the names of those that must be named as damaged."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"content")
    (stick / folder.file_name(b"content", folder.PARCELS)).symlink_to(secret)
    (stick / "AAAAAAAB.ITP").symlink_to("/dev/zero")
    (stick / "AAAAAAAC.ITP").symlink_to(stick / "AAAAAAAC.ITP")
    os.mkfifo(stick / "AAAAAAAD.ITP")
    (stick / "AAAAAAAE.ITR").mkdir()
    with (stick / "AAAAAAAF.ITR").open("wb") as sparse:
        sparse.truncate(10 * 1024**3)
    (stick / "%2F..%2Fetc.ITP").write_bytes(b"x")
    (stick / "A\x1b[2J\n.ITP").write_bytes(b"x")
    (stick / os.fsdecode(b"\xff\xfe.ITP")).write_bytes(b"x")
    deep = stick
    for _level in range(200):
        deep = deep / "d"
        deep.mkdir()
    (stick / "._K3VQ7TZA.ITP").write_bytes(b"what macOS leaves")
    (stick / "fotos.zip").write_bytes(b"PK")
    return 9


def test_hostile_files_are_named_and_never_opened(brigade, one, other, stick, tmp_path):
    brigade.write(one, stick)
    bad = hostile(stick, tmp_path)
    read = read_stick(other, stick)
    assert len(read.damaged) == bad
    assert read.peers[0].changes == 2
    for error in read.damaged:
        text = str(error)
        assert text.isprintable(), "no name moves the cursor of a terminal"
        assert text.encode(), "nor breaks the output"


def test_hostile_bytes_of_every_sort_are_damaged_or_foreign(brigade, one, other, stick):
    rng = random.Random(20261124)
    for size in (0, 1, 5, 6, 70, 400, 5_000, LIMITS.envelope):
        for magic in (b"ITP1", b"ITR1", b"ITP9", b""):
            data = (magic + rng.randbytes(size))[: LIMITS.envelope]
            folder.write(stick, data, folder.PARCELS)
            folder.write(stick, data, folder.RECEIPTS)
    count = len(list(stick.iterdir()))
    read = read_stick(other, stick)
    assert len(read.damaged) == count
    assert all(Path(error.place).parent == stick for error in read.damaged)
    assert records(other) == {}


def test_a_million_tiny_files_are_refused_with_words(other, stick, monkeypatch):
    monkeypatch.setattr(folder, "MAX_ENTRIES", 50)
    for number in range(60):
        (stick / f"{number}.txt").touch()
    with pytest.raises(UserError) as caught:
        read_stick(other, stick)
    assert "demasiados archivos" in caught.value.sentence
    assert str(stick) in caught.value.place
    monkeypatch.setattr(folder, "MAX_ENTRIES", 1_000)
    monkeypatch.setattr(folder, "MAX_FILES", 50)
    for number in range(60):
        (stick / f"AAAAAA{number}.ITR").touch()
    with pytest.raises(UserError):
        read_stick(other, stick)


def test_a_link_in_the_place_of_a_file_to_be_written_is_not_followed(stick, tmp_path):
    target = tmp_path / "diary"
    target.write_bytes(b"mine")
    name = folder.file_name(b"content", folder.PARCELS)
    (stick / name).symlink_to(target)
    (stick / name).with_suffix(".TMP").symlink_to(target)
    folder.write(stick, b"content", folder.PARCELS)
    assert target.read_bytes() == b"mine"
    assert folder.read(stick / name) == b"content"


def test_a_folder_in_the_place_of_a_file_is_said(stick):
    path = stick / folder.file_name(b"content", folder.PARCELS)
    path.mkdir()
    with pytest.raises(StoreProblem) as caught:
        folder.write(stick, b"content", folder.PARCELS)
    assert path.name in caught.value.place


def test_a_file_that_goes_away_means_that_the_stick_did(stick):
    path = folder.write(stick, b"content", folder.PARCELS)
    path.unlink()
    with pytest.raises(StoreProblem):
        folder.read(path)
    with pytest.raises(Damaged):
        folder.read(stick)


# -- the office's end


@pytest.fixture
def office(tmp_path):
    made = Office.create(tmp_path / "office", Settings("Oficina", "prueba.pe/oficina"), OfficeKeys.generate())
    yield made
    made.close()


def test_the_office_meets_the_same_sticks(office, brigade, one, other, stick, tmp_path, monkeypatch):
    brigade.write(one, stick)
    bad = hostile(stick, tmp_path)
    done = office_stick.read(office, stick)
    assert done.foreign == 1, "what one laptop wrote for the other"
    assert len(done.problems) == bad - 2 + 1, "two are receipts; the parcel is of a laptop that it does not know"
    assert all(str(error).isprintable() for error in done.problems)
    monkeypatch.setattr(folder, "MAX_FILES", 3)
    with pytest.raises(UserError):
        office_stick.read(office, stick)
    with pytest.raises(StoreProblem):
        office_stick.read(office, tmp_path / "nowhere")
