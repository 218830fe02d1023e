"""Removable drives: what each system's own words say of them, and how they are shown."""

from pathlib import Path

import pytest

from itinerant.sync import drives
from itinerant.sync.drives import Drive, of_letters, of_mount_command, of_mountinfo, size

LINUX = r"""
22 28 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro
31 28 8:1 / /boot/efi rw,relatime shared:31 - vfat /dev/sda1 rw,fmask=0077
90 28 7:3 / /snap/core/1 ro,nodev,relatime shared:40 - squashfs /dev/loop3 ro
204 28 8:17 / /media/rosa/KINGSTON rw,nosuid,nodev,relatime shared:300 - vfat /dev/sdb1 rw,uid=1000,shortname=mixed
211 28 8:33 / /run/media/rosa/MI\040MEMORIA ro,nosuid,nodev shared:310 - exfat /dev/sdc1 ro
212 28 8:33 / /home/rosa/enlace ro,nosuid,nodev shared:310 - exfat /dev/sdc1 ro
220 28 8:49 / /mnt/usb rw,relatime shared:320 - vfat /dev/sdd1 rw
230 28 0:52 / /mnt/ntfs rw,relatime shared:330 - fuseblk /dev/sde1 rw
240 28 0:60 / /media/rosa/servidor rw,relatime shared:340 - cifs //servidor/comun rw
250 28 11:0 / /media/rosa/DISCO ro,relatime shared:350 - iso9660 /dev/sr0 ro
broken line
"""


def test_linux():
    removable = {"/dev/sdd1", "/dev/sde1"}.__contains__
    assert list(of_mountinfo(LINUX, removable)) == [
        Drive(Path("/media/rosa/KINGSTON"), "KINGSTON", "vfat"),
        Drive(Path("/run/media/rosa/MI MEMORIA"), "MI MEMORIA", "exfat", writable=False),
        Drive(Path("/mnt/usb"), "usb", "vfat"),
        Drive(Path("/mnt/ntfs"), "ntfs", "fuseblk"),
    ]


MACOS = """
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
/dev/disk4s1 on /Volumes/KINGSTON (msdos, local, nodev, nosuid, noowners)
/dev/disk5s2 on /Volumes/MI MEMORIA (2) (exfat, local, nodev, nosuid, read-only, noowners)
//rosa@servidor/comun on /Volumes/comun (smbfs, nodev, nosuid, mounted by rosa)
/dev/disk6s1 on /Volumes/.timemachine (apfs, local, nobrowse)
"""


def test_macos():
    assert list(of_mount_command(MACOS)) == [
        Drive(Path("/Volumes/KINGSTON"), "KINGSTON", "msdos"),
        Drive(Path("/Volumes/MI MEMORIA (2)"), "MI MEMORIA (2)", "exfat", writable=False),
    ]


def test_windows():
    kinds = {"C:\\": 3, "D:\\": 5, "E:\\": 2, "F:\\": 4, "Z:\\": 2, "A:\\": 2}
    mask = sum(1 << ord(root[0]) - ord("A") for root in kinds)
    assert of_letters(mask, kinds.__getitem__) == ["E:\\", "Z:\\"]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 KB"),
        (4_096, "4.1 KB"),
        (9_960, "10 KB"),
        (999_600, "1 MB"),
        (7_240_000_000, "7.2 GB"),
        (8_004_304_896, "8 GB"),
        (31_900_000_000, "32 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes_are_those_written_on_a_stick(count, words):
    assert size(count) == words


def test_a_drive_says_which_it_is_how_full_and_whether_it_can_be_written():
    drive = Drive(Path("/media/rosa/KINGSTON"), "KINGSTON", "vfat", free=7_240_000_000, total=8_004_304_896)
    assert drive.words() == "KINGSTON · 7.2 GB libres de 8 GB"
    locked = Drive(Path("E:\\"), "A\x1b[2JB", "FAT32", writable=False, free=1, total=2)
    assert locked.words() == "A?[2JB · 1 B libres de 2 B · solo lectura"
    assert Drive(Path("/media/x"), "", "vfat").words() == "/media/x"


def test_this_machine_s_drives_are_measured_and_those_that_went_away_left_out(tmp_path, monkeypatch):
    here, gone = tmp_path / "here", tmp_path / "gone"
    here.mkdir()
    table = tmp_path / "mountinfo"
    lines = [f"1 2 8:1 / {path} rw - vfat {device} rw" for path, device in ((here, "/dev/x1"), (gone, "/dev/y1"))]
    table.write_text("\n".join(lines))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(drives, "_MOUNTINFO", table)
    monkeypatch.setattr(drives, "_is_removable", lambda device: True)
    (found,) = drives.present()
    assert found.path == here
    assert found.total >= found.free > 0
    monkeypatch.setattr(drives, "_MOUNTINFO", tmp_path / "nothing")
    assert drives.present() == []


def test_a_device_is_removable_by_its_disk_or_by_usb(tmp_path, monkeypatch):
    monkeypatch.setattr(drives, "_BLOCK", tmp_path / "class")
    (tmp_path / "class").mkdir()
    for name, place, flag in (("sda", "pci/ata1", "0"), ("sdb", "pci/usb1", "0"), ("mmcblk0", "pci/mmc", "1")):
        disk = tmp_path / "devices" / place / name
        part = disk / f"{name}1"
        part.mkdir(parents=True)
        (disk / "removable").write_text(flag + "\n")
        (part / "partition").write_text("1\n")
        (tmp_path / "class" / f"{name}1").symlink_to(part)
    found = [drives._is_removable(f"/dev/{name}1") for name in ("sda", "sdb", "mmcblk0", "sdz")]
    assert found == [False, True, True, False]
