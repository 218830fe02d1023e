"""The sync by stick as commands: what they say of drives, of what was written and read, and for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from itinerant.sync import drives
from itinerant.sync.courier import FromPeer, Read
from itinerant.sync.drives import Drive
from tests.cli.conftest import Itinerant

KINGSTON = Drive(Path("/media/rosa/KINGSTON"), "KINGSTON", "vfat", free=7_240_000_000, total=8_004_304_896)


def test_drives_are_listed_for_people_and_for_programs(command: Itinerant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drives, "present", lambda: [KINGSTON])
    assert command("parcel", "drives").out == "/media/rosa/KINGSTON  KINGSTON · 7.2 GB libres de 8 GB\n"
    (found,) = command("parcel", "drives", "--json").lines
    assert (found["path"], found["free"], found["writable"]) == ("/media/rosa/KINGSTON", 7_240_000_000, True)
    monkeypatch.setattr(drives, "present", list)
    done = command("parcel", "drives")
    assert (done.code, done.out) == (0, "")
    assert "No hay ninguna memoria conectada." in done.err


def test_what_is_written_says_how_much_and_for_whom(laptop: Itinerant, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    written = laptop("parcel", "write", str(stick), "--json").json
    assert (written["changes"], written["peers"]) == (3, {})
    assert [path.name for path in stick.iterdir()] == written["files"]
    assert "Cambios para la oficina" in laptop("parcel", "write", str(stick)).out


def test_what_peers_brought_is_told_with_what_does_not_count(
    laptop: Itinerant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = Read(peers=[FromPeer("LOR08", 12, 1, ahead=True), FromPeer("LOR09", 0, 2, ahead=False)])
    monkeypatch.setattr("itinerant.sync.courier.read_stick", lambda *_all: brought)
    done = laptop("parcel", "read", str(tmp_path))
    assert done.code == 0
    assert "Traídos de LOR08" in done.out
    assert "1 cambio de LOR08 no cuenta" in done.err
    assert "2 cambios de LOR09 no cuentan" in done.err
    assert "LOR08 tiene de esta laptop más de lo que hay aquí" in done.err
    read = laptop("parcel", "read", str(tmp_path), "--json").json
    assert read["peers"]["LOR09"] == {"changes": 0, "out": 2, "ahead": False}


def test_a_stick_that_is_not_there_is_said(laptop: Itinerant, tmp_path: Path) -> None:
    done = laptop("parcel", "read", str(tmp_path / "nowhere"))
    assert done.code == 1
    assert "La carpeta no está" in done.err
