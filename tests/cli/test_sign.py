"""Signing and checking, as commands, with a token of SoftHSM2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from itinerant.config import Config
from itinerant.domain import pdf
from tests.card import softhsm
from tests.card.pki import pki
from tests.cli.conftest import Itinerant

PLAIN = pdf.write([pdf.Line("Solicitud")], "Solicitud")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose preferences name the token's module, with the root and the authority pinned."""
    made = pki()
    home = tmp_path / "home"
    (home / "anchors").mkdir(parents=True)
    (home / "anchors" / "raices.pem").write_bytes(made.root.pem + made.issuer.pem)
    (home / "config.json").write_bytes(Config(pkcs11_module=softhsm.dni()).to_json())
    return home


@pytest.fixture
def pin(tmp_path: Path) -> Path:
    path = tmp_path / "pin"
    path.write_text(softhsm.PIN + "\n", encoding="ascii")
    return path


def test_a_persons_pdf_is_signed_beside_it_and_nothing_stays_here(
    command: Itinerant, home: Path, pin: Path, tmp_path: Path
) -> None:
    stick = tmp_path / "KINGSTON"
    stick.mkdir()
    source = stick / "solicitud.pdf"
    source.write_bytes(PLAIN)
    before = sorted(path.name for path in home.rglob("*"))

    first = command("sign", "file", str(source), "--pin-file", str(pin), "--home", str(home)).json
    second = command("sign", "file", str(source), "--pin-file", str(pin), "--home", str(home)).json

    names = sorted(path.name for path in stick.iterdir())
    assert names == ["solicitud-firmado-2.pdf", "solicitud-firmado.pdf", "solicitud.pdf"]
    assert source.read_bytes() == PLAIN
    assert [Path(one["file"]).parent for one in (first, second)] == [stick, stick]
    assert sorted(path.name for path in home.rglob("*")) == before
    done = command("check-signature", first["file"], "--home", str(home))
    assert done.code == 0
    assert "firmante confiable" in done.out
    assert "Comprobación técnica" in done.out


def test_an_altered_file_fails_the_check(command: Itinerant, home: Path, pin: Path, tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(PLAIN)
    signed = Path(command("sign", "file", str(source), "--pin-file", str(pin), "--home", str(home)).json["file"])
    signed.write_bytes(signed.read_bytes().replace(b"Solicitud", b"Solicitad", 1))

    done = command("check-signature", str(signed), "--home", str(home), "--json")

    assert done.code == 1
    found = json.loads(done.out)
    assert (found["good"], found["signatures"][0]["intact"]) == (False, False)


def test_a_wrong_pin_is_told_without_a_name(command: Itinerant, home: Path, pin: Path, tmp_path: Path) -> None:
    source, wrong = tmp_path / "a.pdf", tmp_path / "wrong"
    source.write_bytes(PLAIN)
    wrong.write_text("000000", encoding="ascii")

    done = command("sign", "file", str(source), "--pin-file", str(wrong), "--home", str(home))

    assert done.code == 1
    assert "PIN" in done.err
    assert "QUISPE" not in done.err
    assert "000000" not in done.err
    assert not (tmp_path / "a-firmado.pdf").exists()
    assert "Quedan 2 intentos" in command("sign", "file", str(source), "--pin-file", str(pin), "--home", str(home)).err
    assert command("sign", "file", str(source), "--pin-file", str(pin), "--insist", "--home", str(home)).code == 0


def test_a_missing_module_says_what_to_do(command: Itinerant, home: Path, pin: Path, tmp_path: Path) -> None:
    (home / "config.json").write_bytes(Config(pkcs11_module="/no/existe.so").to_json())
    source = tmp_path / "a.pdf"
    source.write_bytes(PLAIN)

    done = command("sign", "file", str(source), "--pin-file", str(pin), "--home", str(home))

    assert done.code == 1
    assert "PKCS#11" in done.err


def test_the_acta_is_signed_with_the_head_of_the_log_inside(laptop: Itinerant, pin: Path, tmp_path: Path) -> None:
    (tmp_path / "laptop" / "config.json").write_bytes(Config(pkcs11_module=softhsm.dni()).to_json())
    laptop("visit", "open", "--stop", "LOR07-3", "--capacity", "60")
    laptop("visit", "close")

    done = laptop("sign", "acta", "--pin-file", str(pin), "--out", str(tmp_path / "actas")).json

    content = Path(done["file"]).read_bytes()
    head = laptop("status", "--json").json["head"]["hash"]
    signed = content[: content.index(b"/ByteRange")]
    assert head.encode() in signed
    assert Path(done["file"]).name.endswith("-firmado.pdf")
    assert laptop("check-signature", done["file"]).code == 1, "nobody pinned a root on this laptop"
    assert "íntegro" in laptop("check-signature", done["file"]).out
