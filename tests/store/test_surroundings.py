"""What the laptop can tell of itself, from files like those of the system."""

from __future__ import annotations

from pathlib import Path

from itinerant.store import surroundings


def supply(folder: Path, name: str, **files: str) -> None:
    (folder / name).mkdir(parents=True)
    for file, text in files.items():
        (folder / name / file).write_text(text + "\n", encoding="ascii")


def test_the_fullest_battery_counts_and_the_mains_does_not(tmp_path: Path) -> None:
    supply(tmp_path, "AC", type="Mains", online="1")
    assert surroundings.battery(tmp_path) is None
    supply(tmp_path, "BAT0", type="Battery", capacity="41")
    supply(tmp_path, "BAT1", type="Battery", capacity="87")
    supply(tmp_path, "BAT2", type="Battery", capacity="?")
    assert surroundings.battery(tmp_path) == 87
    assert surroundings.battery(tmp_path / "none") is None


def test_a_reader_is_known_by_the_class_of_its_interface(tmp_path: Path) -> None:
    supply(tmp_path, "1-1:1.0", bInterfaceClass="09")
    assert not surroundings.has_reader(tmp_path)
    supply(tmp_path, "1-2:1.0", bInterfaceClass="0b")
    assert surroundings.has_reader(tmp_path)


def test_a_driver_is_a_bundle_in_pc_sc_s_folder(tmp_path: Path) -> None:
    assert not surroundings.has_driver([tmp_path, tmp_path / "none"])
    (tmp_path / "ifd-ccid.bundle").mkdir()
    assert surroundings.has_driver([tmp_path / "none", tmp_path])
