"""The office's keys by their commands: rotated by one, exported and put back by two, never used by one alone."""

import json

import pytest

from itinerant.errors import Damaged, Locked, UserError
from itinerant.sync import wrapping
from server import home
from server.access import accounts, second_factor
from server.keys import copies, holders, rotation
from server.main import main
from server.office import Office
from tests.argon2 import instead

WORDS = {who: f"la frase larga de {who}" for who in ("ana", "beto", "caro")}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Argon2id is the vault's to test."""
    monkeypatch.setattr(wrapping, "stretch", instead)


@pytest.fixture
def kept(office):
    """An office with three accounts, two of them holders."""
    for who, role in (("ana", "manager"), ("beto", "ti"), ("caro", "auditor")):
        accounts.invite(office, who, role, "http://127.0.0.1:8440", by="admin")
    for who in ("ana", "beto"):
        holders.add(office.folder, who, WORDS[who])
    return office


def by(*people):
    return [(who, WORDS[who]) for who in people]


def run(office, capsys, *words):
    code = main(["--home", str(office.folder), "--json", *words])
    out = capsys.readouterr().out
    return code, [json.loads(line) for line in out.splitlines()]


def test_the_commands_say_which_keys_there_are(office, capsys):
    before = office.verifier.vkey
    assert run(office, capsys, "key", "list")[1][0]["vkey"] == before
    code, (told,) = run(office, capsys, "key", "rotate", "sign", "--why", "cambio anual", "--as", "ana")
    assert (code, told["number"], told["vkey"]) == (0, 2, office.verifier.vkey)
    run(office, capsys, "key", "rotate", "seal", "--why", "cambio anual")
    listed = run(office, capsys, "key", "list")[1]
    assert [(one["number"], one["current"]) for one in listed] == [(1, False), (2, False), (3, True)]
    assert listed[0]["vkey"] == before != listed[1]["vkey"] == listed[2]["vkey"] == office.verifier.vkey
    assert run(office, capsys, "doctor")[0] == 0


def test_nobody_writes_a_step_by_hand(office, capsys):
    assert main(["--home", str(office.folder), "record", "office_key", "add"]) == 2
    assert "key rotate" in capsys.readouterr().err


def test_a_copy_opens_with_two_holders_and_is_the_office_again(kept, tmp_path):
    main(["--home", str(kept.folder), "key", "rotate", "sign", "--why", "cambio anual"])
    file = tmp_path / "llaves.json"
    copies.export(kept, file, by("beto", "ana"))
    assert file.stat().st_mode & 0o077 == 0
    there = tmp_path / "otra"
    assert copies.restore(there, file, by("ana", "beto")) == kept.settings.origin
    assert home.read_keys(there).sign_public == kept.keys.sign_public
    assert home.read_keys(there).seal_public == kept.keys.seal_public
    assert home.read_settings(there) == kept.settings
    assert holders.Holders.read(there).slots.keys() == {"ana", "beto"}
    Office.open(there).close()


def test_a_copy_holds_no_key_in_clear(kept, tmp_path):
    file = tmp_path / "llaves.json"
    copies.export(kept, file, by("ana", "beto"))
    data = file.read_bytes()
    for name in ("sign.key", "seal.key"):
        assert (kept.folder / "keys" / name).read_bytes().strip() not in data


@pytest.mark.parametrize("people", [("ana",), ("ana", "ana"), ("ana", "beto", "ana")])
def test_two_different_people_are_needed_on_both_sides(kept, tmp_path, people):
    file = tmp_path / "llaves.json"
    with pytest.raises(UserError):
        copies.export(kept, file, by(*people))
    assert not file.exists()
    copies.export(kept, file, by("ana", "beto"))
    with pytest.raises(UserError):
        copies.restore(tmp_path / "otra", file, by(*people))
    assert not (tmp_path / "otra" / "keys").exists()


def test_a_wrong_phrase_and_somebody_who_may_not_are_refused(kept, tmp_path):
    file = tmp_path / "llaves.json"
    with pytest.raises(Locked):
        copies.export(kept, file, [("ana", WORDS["ana"]), ("beto", "otra frase larga")])
    with pytest.raises(UserError):
        copies.export(kept, file, by("ana", "caro"))
    assert not file.exists()


def test_both_are_named_in_the_access_log(kept, tmp_path, capsys):
    copies.export(kept, tmp_path / "llaves.json", by("ana", "beto"))
    with kept.database.reader() as connection:
        rows = connection.exec_driver_sql("SELECT account FROM access_log WHERE action = 'key.export'").all()
    assert sorted(row[0] for row in rows) == ["ana", "beto"]


def test_keys_are_never_written_over_and_a_spoiled_copy_is_named(kept, tmp_path):
    file = tmp_path / "llaves.json"
    copies.export(kept, file, by("ana", "beto"))
    with pytest.raises(UserError):
        copies.restore(kept.folder, file, by("ana", "beto"))
    with pytest.raises(UserError):
        copies.export(kept, file, by("ana", "beto"))
    whole = json.loads(file.read_bytes())
    for spoiled in (b"[]", b"\xff", json.dumps({**whole, "sealed": whole["sealed"][:-8]}).encode()):
        other = tmp_path / "dañada.json"
        other.write_bytes(spoiled)
        with pytest.raises(Damaged):
            copies.restore(tmp_path / "otra", other, by("ana", "beto"))
    assert not (tmp_path / "otra" / "keys").exists()


def test_the_second_factor_outlives_a_change_of_the_sealing_key(office):
    sealed = second_factor._seal(office, "ana", "secreto")
    rotation.rotate(office, "seal", "cambio anual", by="ana")
    assert second_factor._open(office, "ana", sealed) == "secreto"
    assert second_factor._open(office, "ana", second_factor._seal(office, "ana", "secreto")) == "secreto"
