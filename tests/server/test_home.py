"""The office's folder: made once, readable by nobody else, and clear about what is wrong with it."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from itinerant.errors import Damaged, StoreProblem, UserError
from server import home
from server.home import OfficeKeys, Settings
from server.office import Office

SETTINGS = Settings("Oficina", "test.example/ledger")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "office"
    Office.create(place, SETTINGS, OfficeKeys.generate()).close()
    return place


def test_nobody_else_reads_keys_or_database(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_keys_are_never_overwritten(folder: Path) -> None:
    before = home.read_keys(folder).sign_public
    with pytest.raises(UserError, match="ya hay una oficina"):
        Office.create(folder, SETTINGS, OfficeKeys.generate())
    assert home.read_keys(folder).sign_public == before


def test_a_key_that_others_can_read_is_refused(folder: Path) -> None:
    (folder / "keys" / "sign.key").chmod(0o644)
    with pytest.raises(Damaged, match="Otras personas") as caught:
        Office.open(folder)
    assert "chmod 600" in caught.value.next_step


@pytest.mark.parametrize("content", [b"", b"not base64!", b"AAAA\n"])
def test_a_ruined_key_is_named(folder: Path, content: bytes) -> None:
    (folder / "keys" / "seal.key").write_bytes(content)
    with pytest.raises(Damaged) as caught:
        Office.open(folder)
    assert "seal.key" in caught.value.place


def test_no_office_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        Office.open(tmp_path)
    assert "init" in caught.value.next_step


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"name":"x"}', '{"name":"x","origin":"y","retention_d":"9"}', '{"name":"x","origin":"a b"}']
)
def test_ruined_settings_are_named(folder: Path, content: str) -> None:
    (folder / "office.json").write_text(content)
    with pytest.raises(Damaged) as caught:
        Office.open(folder)
    assert "office.json" in caught.value.place


def test_no_secret_shows(folder: Path) -> None:
    keys = home.read_keys(folder)
    assert repr(keys) == "OfficeKeys(…)"


def test_a_ruined_database_is_named(folder: Path) -> None:
    (folder / "office.db").write_bytes(b"garbage" * 1_000)
    with pytest.raises(Damaged, match="dañado"):
        Office.open(folder)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreProblem):
        Office.create(tmp_path / "file" / "office", SETTINGS, OfficeKeys.generate())


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"name": "", "origin": "x"}, "name"),
        ({"name": "x", "origin": "con espacio"}, "origin"),
        ({"name": "x", "origin": "a+b"}, "origin"),
        ({"name": "x", "origin": "y", "retention_d": 0}, "retention"),
    ],
)
def test_settings_that_no_receipt_could_carry_are_refused(settings: dict[str, Any], place: str) -> None:
    with pytest.raises(UserError) as caught:
        Settings(**settings)
    assert caught.value.place == place
