"""The recovery key: any two holders open it, nobody alone, and a third comes in by two."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from itinerant.errors import Damaged, Locked, UserError
from itinerant.sync import keys, wrapping
from server import home
from server.home import OfficeKeys, Settings
from server.inspection import inspect
from server.keys import holders
from server.keys.holders import Holders
from server.office import Office
from tests.argon2 import instead

WORDS = {who: f"la frase larga de {who}" for who in ("ana", "beto", "caro", "dora")}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id is the vault's to test."""
    monkeypatch.setattr(wrapping, "stretch", instead)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "office"
    Office.create(place, Settings("Oficina", "test.example/ledger"), OfficeKeys.generate()).close()
    return place


@pytest.fixture
def kept(folder: Path) -> Path:
    """The folder of an office with two holders."""
    for who in ("ana", "beto"):
        holders.add(folder, who, WORDS[who])
    return folder


def opened(folder: Path, first: str, second: str) -> bytes:
    found = Holders.read(folder)
    key = found.open(second, WORDS[second], first, found.peel(first, WORDS[first])[second])
    return key.private_bytes_raw()


def test_the_key_is_sealed_when_the_second_holder_comes(folder: Path) -> None:
    raw = home.read_recovery(folder).private_bytes_raw()
    public = home.recovery_public(folder)
    assert not holders.add(folder, "ana", WORDS["ana"]).ready
    assert (folder / "keys" / "recovery.key").exists()
    assert holders.add(folder, "beto", WORDS["beto"]).ready
    assert not (folder / "keys" / "recovery.key").exists()
    assert home.read_keys(folder).recovery_public == public
    assert (folder / "keys" / "recovery.json").stat().st_mode & 0o077 == 0
    for path in folder.rglob("*"):
        if path.is_file():
            assert keys.encode(raw).encode() not in path.read_bytes()
    assert opened(folder, "ana", "beto") == opened(folder, "beto", "ana") == raw


def test_one_holder_alone_gets_nothing_that_they_can_open(kept: Path) -> None:
    found = Holders.read(kept)
    peeled = found.peel("ana", WORDS["ana"])
    assert peeled.keys() == {"beto"}
    with pytest.raises(Damaged):
        found.open("ana", WORDS["ana"], "ana", peeled["beto"])
    with pytest.raises(Damaged):
        found.open("beto", WORDS["beto"], "ana", "")


@pytest.mark.parametrize(("who", "words"), [("ana", "otra frase larga"), ("ana", WORDS["beto"]), ("nadie", "x" * 20)])
def test_a_wrong_passphrase_opens_nothing(kept: Path, who: str, words: str) -> None:
    with pytest.raises(Locked) as caught:
        Holders.read(kept).peel(who, words)
    assert caught.value.code == "wrong_passphrase"


def test_a_third_holder_comes_in_by_two(kept: Path) -> None:
    before = opened(kept, "ana", "beto")
    with pytest.raises(UserError) as caught:
        holders.add(kept, "caro", WORDS["caro"])
    assert caught.value.code == "two_needed"
    with pytest.raises(UserError):
        holders.add(kept, "caro", WORDS["caro"], [("ana", WORDS["ana"]), ("ana", WORDS["ana"])])
    with pytest.raises(Locked):
        holders.add(kept, "caro", WORDS["caro"], [("ana", WORDS["ana"]), ("beto", WORDS["ana"])])
    holders.add(kept, "caro", WORDS["caro"], [("ana", WORDS["ana"]), ("beto", WORDS["beto"])])
    assert opened(kept, "caro", "ana") == opened(kept, "beto", "caro") == before
    with pytest.raises(UserError, match="ya es custodio"):
        holders.add(kept, "caro", WORDS["caro"], [("ana", WORDS["ana"]), ("beto", WORDS["beto"])])


def test_a_holder_who_left_opens_nothing_and_two_always_stay(kept: Path) -> None:
    with pytest.raises(UserError) as caught:
        holders.remove(kept, "ana")
    assert caught.value.code == "last_holders"
    holders.add(kept, "caro", WORDS["caro"], [("ana", WORDS["ana"]), ("beto", WORDS["beto"])])
    holders.remove(kept, "ana")
    with pytest.raises(Locked):
        Holders.read(kept).peel("ana", WORDS["ana"])
    assert opened(kept, "beto", "caro")
    with pytest.raises(UserError):
        holders.remove(kept, "dora")


def test_a_weak_passphrase_keeps_nothing(folder: Path) -> None:
    with pytest.raises(UserError, match="15 caracteres"):
        holders.add(folder, "ana", "corta")
    assert not Holders.read(folder).slots


@pytest.mark.parametrize("content", ["", "[]", '{"v":1}', '{"v":9,"public":"A","holders":[],"pairs":{}}'])
def test_a_ruined_file_is_named(kept: Path, content: str) -> None:
    (kept / "keys" / "recovery.json").write_text(content)
    with pytest.raises(Damaged) as caught:
        Holders.read(kept)
    assert "recovery.json" in caught.value.place


def test_a_pair_that_somebody_swapped_opens_nothing(kept: Path) -> None:
    path = kept / "keys" / "recovery.json"
    value = json.loads(path.read_bytes())
    value["pairs"]["ana"]["beto"] = value["pairs"]["beto"]["ana"]
    path.write_text(json.dumps(value))
    with pytest.raises(Damaged):
        Holders.read(kept).peel("ana", WORDS["ana"])


def test_a_file_that_others_can_read_is_refused(kept: Path) -> None:
    (kept / "keys" / "recovery.json").chmod(0o640)
    with pytest.raises(Damaged, match="Otras personas"):
        Holders.read(kept)


def test_the_doctor_says_who_keeps_it_and_finds_a_key_left_in_clear(kept: Path) -> None:
    def found() -> tuple[bool, str]:
        office = Office.open(kept)
        try:
            (check,) = (check for check in inspect(office) if check.name == "recovery")
        finally:
            office.close()
        return check.ok, check.detail

    assert found() == (True, "ana, beto")
    (kept / "keys" / "recovery.key").write_bytes(b"left")
    assert not found()[0]
