"""`itinerant card` on a real daemon: the story of a staff card and of a citizen's, by commands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from itinerant.card import readers
from itinerant.card.kinds import CardKind
from itinerant.cli.cards import Cards
from itinerant.cli.main import run
from itinerant.store.laptop import Laptop
from itinerant.sync import wrapping
from tests.argon2 import remembered
from tests.card import virtual
from tests.card.conftest import Daemon
from tests.card.virtual import DNI, PIN, SENTINEL
from tests.store.conftest import PASSPHRASE, identity


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(wrapping, "stretch", remembered)
    home = tmp_path / "home"
    Laptop.create(home, identity=identity(), person="P014", passphrase=PASSPHRASE).close()
    (tmp_path / "phrase").write_text(PASSPHRASE, encoding="utf-8")
    (tmp_path / "pin").write_text(PIN, encoding="ascii")
    (tmp_path / "bad").write_text("111111", encoding="ascii")
    return home


def test_the_story_of_cards_by_commands(pcscd: Daemon, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phrase = ["--home", str(home), "--passphrase-file", str(home.parent / "phrase"), "--json"]
    pin = ["--pin-file", str(home.parent / "pin")]
    told: list[str] = []

    def itinerant(*words: str) -> tuple[int, Any]:
        code = run([*words, *phrase])
        out, err = capsys.readouterr()
        told.append(out + err)
        return code, json.loads(out) if out else err

    assert itinerant("card", "unlock", *pin)[0] == 2, "no card has access yet"
    code, said = itinerant("card", "add", "P014", *pin)
    assert code == 1 and "No hay tarjeta" in said
    card = virtual.PivCard("P014")
    pcscd.slots[0].insert(card)
    while readers.look().with_card(CardKind.PIV) is None:
        pass
    code, said = itinerant("card", "status")
    assert Cards(home).connected()
    assert code == 0 and [reader["card"] for reader in said["readers"]] == ["piv", None]
    assert itinerant("card", "add", "P014", *pin)[0] == 0
    assert itinerant("card", "unlock", *pin) == (0, {"ok": True, "person": "P014"})
    code, said = itinerant("card", "unlock", "--pin-file", str(home.parent / "bad"))
    assert code == 1 and "Quedan 2 intentos" in said
    code, said = itinerant("card", "unlock", *pin)
    assert code == 1 and "solo si está seguro" in said
    assert itinerant("card", "unlock", *pin, "--insist")[0] == 0
    assert itinerant("card", "check", *pin) == (0, {"card": "authenticated", "card_code": ""})
    code, said = itinerant("doctor")
    rows = {row["code"]: row["ok"] for row in said["checks"]}
    assert rows["card_library"] and rows["card_service"] and rows["card_readers"] and rows["card_roots"] is None
    assert itinerant("card", "remove", "P014")[0] == 0
    assert itinerant("card", "unlock", *pin)[0] == 2
    assert not [text for text in told if SENTINEL in text or DNI in text or PIN in text]


def test_the_suite_starts_and_runs_without_pcsc_or_pkcs11(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("smartcard", "smartcard.scard", "pkcs11"):
        monkeypatch.setitem(sys.modules, name, None)
    phrase = ["--home", str(home), "--passphrase-file", str(home.parent / "phrase"), "--json"]
    assert run(["card", "status", *phrase]) == 1
    assert json.loads(capsys.readouterr().out)["problem"] == "no_library"
    assert not Cards(home).connected()
    run(["doctor", *phrase])
    rows = {row["code"]: row for row in json.loads(capsys.readouterr().out)["checks"]}
    assert rows["card_library"]["ok"] is None and "pip install pyscard" in rows["card_library"]["next_step"]
    assert run(["status", *phrase]) == 0
