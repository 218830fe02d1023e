"""Tokens of a PKCS#11 module: SoftHSM's, and the virtual PIV card through OpenSC's module."""

from __future__ import annotations

import datetime
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from itinerant.card import readers, seal, staff, tokens
from itinerant.card.kinds import CardKind
from itinerant.errors import CardProblem
from tests.card import virtual
from tests.card.conftest import Daemon
from tests.card.virtual import PIN, Private

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
OPENSC = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"
NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture
def softhsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of tokens."""
    (tmp_path / "tokens").mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n", encoding="ascii")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    yield tmp_path


def new_token(folder: Path, label: str, *keys: tuple[str, Private, str]) -> None:
    """A token with these keys: id (hexadecimal), private half, what its certificate is for."""
    init = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "12345678"]
    subprocess.run(init, check=True, capture_output=True, env=os.environ)
    for key_id, private, use in keys:
        pem = folder / f"{key_id}.pem"
        pem.write_bytes(
            private.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        certificate = folder / f"{key_id}.der"
        made = virtual.certificate(f"{label} {key_id}", private, use=use)
        certificate.write_bytes(made.public_bytes(serialization.Encoding.DER))
        usage = {"auth": ["--usage-sign"], "sign": ["--usage-sign"], "open": ["--usage-decrypt", "--usage-derive"]}
        tool = ["pkcs11-tool", "--module", SOFTHSM, "--token-label", label, "--login", "--pin", PIN, "--id", key_id]
        for what, path, more in (("privkey", pem, usage[use]), ("cert", certificate, [])):
            command = [*tool, "--write-object", str(path), "--type", what, "--label", key_id, *more]
            done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ)
            assert done.returncode == 0, done.stderr
        pem.unlink()


@pytest.mark.parametrize("kinds", [("p256", "rsa"), ("rsa", "p256")])
def test_a_token_proves_itself_and_opens_what_was_sealed_to_it(softhsm: Path, kinds: tuple[str, str]) -> None:
    auth, opening = (virtual.key(f"token-{name}", kind) for name, kind in zip(("a", "o"), kinds, strict=True))
    signing = virtual.key("token-s", "p256")
    new_token(softhsm, "PERSONAL", ("01", signing, "sign"), ("02", auth, "auth"), ("03", opening, "open"))
    with tokens.token(SOFTHSM) as token:
        token.verify(PIN)
        assert tokens.authenticates(token.prove())
        kept, key = seal.seal(token.public())
        assert token.public() == opening.public_key()
        assert seal.unseal(kept, token.public(), token.open) == key


def test_a_key_for_documents_is_never_used_to_tell_who_is_there(softhsm: Path) -> None:
    new_token(softhsm, "FIR", ("01", virtual.key("token-s", "p256"), "sign"))
    with tokens.token(SOFTHSM) as token:
        token.verify(PIN)
        with pytest.raises(CardProblem) as error:
            token.prove()
    assert error.value.code == "only_signature"


def test_of_two_tokens_the_one_for_authenticating_is_taken(softhsm: Path) -> None:
    new_token(softhsm, "FIR", ("01", virtual.key("token-s", "p256"), "sign"))
    new_token(softhsm, "AUT", ("02", virtual.key("token-a", "p256"), "auth"))
    with tokens.token(SOFTHSM) as token:
        token.verify(PIN)
        assert tokens.authenticates(token.prove())


def test_a_wrong_pin_a_missing_token_and_a_missing_module_are_said(softhsm: Path) -> None:
    with pytest.raises(CardProblem) as error, tokens.token(SOFTHSM):
        pass
    assert error.value.code == "no_card"
    new_token(softhsm, "AUT", ("02", virtual.key("token-a", "p256"), "auth"))
    with tokens.token(SOFTHSM) as token, pytest.raises(CardProblem) as error:
        token.verify("111111")
    assert error.value.code == "wrong_pin"
    with pytest.raises(CardProblem) as error, tokens.token(str(softhsm / "no.so")):
        pass
    assert error.value.code == "no_module"


@pytest.mark.parametrize("kinds", [("p256", "p256", "rsa"), ("rsa", "p256", "p256")])
def test_through_opensc_the_virtual_card_opens_what_we_sealed_directly(
    pcscd: Daemon, kinds: tuple[str, str, str]
) -> None:
    card = virtual.PivCard("P010", kinds)
    pcscd.slots[0].insert(card)
    while readers.look().with_card(CardKind.PIV) is None:
        pass
    access = staff.new_access(PIN, Path("/nowhere"), NOW)
    with tokens.token(OPENSC) as token:
        token.verify(PIN)
        assert token.prove() == card.certificates[0x9A]
        assert seal.unseal(access.kept, token.public(), token.open) == access.key


def test_the_virtual_card_signs_a_pdf_that_pdfsig_accepts(pcscd: Daemon, tmp_path: Path) -> None:
    from itinerant.card.signing import sign_pdf
    from itinerant.domain import pdf

    pcscd.slots[0].insert(virtual.PivCard("P010"))
    while readers.look().with_card(CardKind.PIV) is None:
        pass
    paper = tmp_path / "acta.pdf"
    paper.write_bytes(sign_pdf(pdf.write([pdf.Line("Acta")], "Acta"), OPENSC, PIN))
    said = subprocess.run(["pdfsig", "-nocert", paper], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in said and "ETSI.CAdES.detached" in said, said


def test_a_citizens_check_leaves_the_staffs_own_card_alone(pcscd: Daemon) -> None:
    pcscd.slots[0].insert(virtual.PivCard("P010"))
    while (mine := readers.look().with_card(CardKind.PIV)) is None:
        pass
    assert staff.check(PIN, module=OPENSC).card == "authenticated"
    with pytest.raises(CardProblem) as error:
        staff.check(PIN, module=OPENSC, skip=mine.name)
    assert error.value.code == "no_card"
    pcscd.slots[1].insert(virtual.dnie(2))
    while len([one for one in readers.look().readers if one.card]) < 2:
        pass
    assert staff.check(PIN, skip=mine.name).card == "read", "without its module a DNIe is recognised, no more"
