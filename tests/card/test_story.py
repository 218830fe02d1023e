"""A card opens the vault; it is lost, and another way opens; nothing of any card is ever on the disk."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from itinerant.card import anchors, seal, staff
from itinerant.card.anchors import Trust
from itinerant.card.piv import PivCard
from itinerant.errors import CardProblem, Damaged, Locked, UserError
from itinerant.store.access import cards
from itinerant.store.laptop import Laptop
from itinerant.sync import wrapping
from tests.argon2 import remembered
from tests.card import virtual
from tests.card.virtual import DNI, PIN, SENTINEL, authority
from tests.store.conftest import PASSPHRASE, identity

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapping, "stretch", remembered)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("cards") / "home"
    Laptop.create(home, identity=identity(), person="P014", passphrase=PASSPHRASE).close()
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[virtual.PivCard]]:
    """The card in the reader: the last of the list."""
    present: list[virtual.PivCard] = []

    @contextmanager
    def staff_card(_module: str = "", *, skip: str = "") -> Iterator[staff.StaffCard]:
        present[-1].reset()
        yield PivCard(present[-1].transmit)

    monkeypatch.setattr(staff, "staff_card", staff_card)
    yield present


def pin_roots(home: Path, *names: str) -> Path:
    folder = home / anchors.FOLDER
    folder.mkdir()
    for name in names:
        pem = authority(name)[0].public_bytes(serialization.Encoding.PEM)
        (folder / f"{name}.pem").write_bytes(pem)
    return folder


def give(home: Path, person: str = "P014") -> None:
    access = staff.new_access(PIN, home / anchors.FOLDER, NOW)
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        laptop.accesses.add_card(person, access.kept, access.key)


def enter(home: Path, person: str | None = None) -> Laptop:
    keys = staff.keys(PIN, list(cards.seals(home)), home / anchors.FOLDER, NOW)
    return cards.unlock(home, keys, person)


def test_card_and_pin_open_the_vault_with_no_passphrase(home: Path, inside: list[virtual.PivCard]) -> None:
    inside.append(virtual.PivCard("P014"))
    give(home)
    with enter(home) as laptop:
        assert laptop.person == "P014"
        assert [(one.code, one.card) for one in laptop.accesses.list()] == [("P014", True)]
        assert laptop.people() == ["P014"], "two ways in, one person"
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        assert laptop.person == "P014", "the passphrase goes on opening"


def test_another_persons_card_gets_in_as_that_person(home: Path, inside: list[virtual.PivCard]) -> None:
    inside.append(virtual.PivCard("P014"))
    give(home)
    inside.append(virtual.PivCard("P015", ("rsa", "p256", "p384")))
    give(home, "P015")
    with enter(home) as laptop:
        assert laptop.person == "P015"
    with pytest.raises(Locked):
        enter(home, "P014")


def test_a_strange_card_opens_nothing(home: Path, inside: list[virtual.PivCard]) -> None:
    inside.append(virtual.PivCard("P014"))
    give(home)
    inside.append(virtual.PivCard("P016"))
    with pytest.raises(Locked) as error:
        enter(home)
    assert error.value.code == "other_card"


def test_a_lost_card_is_shut_out_and_the_passphrase_opens(home: Path, inside: list[virtual.PivCard]) -> None:
    inside.append(virtual.PivCard("P014"))
    give(home)
    old = (home / "slots.json").read_bytes()
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        laptop.accesses.remove_card("P014")
    with pytest.raises(UserError):
        enter(home)
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        assert laptop.person == "P014"
        with pytest.raises(UserError):
            laptop.accesses.remove_card("P014")
    (home / "slots.json").write_bytes(old)
    with pytest.raises(Damaged):  # an old copy of the slots file opens nothing
        enter(home).close()


def test_a_new_passphrase_leaves_the_card_and_a_removed_person_has_neither(
    home: Path, inside: list[virtual.PivCard]
) -> None:
    inside.append(virtual.PivCard("P014"))
    give(home)
    with enter(home) as laptop:
        laptop.accesses.change(PASSPHRASE, "otra frase que nadie sabe todavia")
        laptop.accesses.add("P015", "una frase que nadie olvida")
    with enter(home) as laptop:
        assert laptop.person == "P014"
    with Laptop.unlock(home, "una frase que nadie olvida") as laptop:
        laptop.accesses.remove("P014")
        assert laptop.people() == ["P015"]
    with pytest.raises(UserError):
        enter(home)


def test_a_wrong_pin_opens_nothing_and_counts(home: Path, inside: list[virtual.PivCard]) -> None:
    inside.append(virtual.PivCard("P014"))
    give(home)
    with pytest.raises(CardProblem) as error:
        staff.keys("111111", list(cards.seals(home)), home, NOW)
    assert error.value.code == "wrong_pin" and inside[-1].tries == 2


def test_nothing_of_the_card_is_on_the_disk(home: Path, inside: list[virtual.PivCard]) -> None:
    card = virtual.PivCard("P014")
    inside.append(card)
    give(home)
    enter(home).close()
    staff.check(PIN)
    secret = [SENTINEL.encode(), DNI.encode(), PIN.encode()]
    for certificate in card.certificates.values():
        secret += [certificate.fingerprint(hashes.SHA256()), certificate.fingerprint(hashes.SHA1())]
        secret += [certificate.public_bytes(serialization.Encoding.DER)[60:100]]
        serial = certificate.serial_number.to_bytes(20, "big")
        secret += [serial, serial.hex().encode(), str(certificate.serial_number).encode()]
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for each in secret:
                assert each not in data and each.hex().encode() not in data, (path, each)


def test_only_cards_of_pinned_roots_get_in_once_there_are_some(home: Path, inside: list[virtual.PivCard]) -> None:
    inside.append(virtual.PivCard("P014"))
    assert staff.new_access(PIN, home / "anchors", NOW).trust == Trust(None)
    folder = pin_roots(home, "raiz")
    assert staff.new_access(PIN, folder, NOW).trust == Trust(True)
    inside.append(virtual.PivCard("P017", root="otra"))
    with pytest.raises(CardProblem) as error:
        staff.new_access(PIN, folder, NOW)
    assert error.value.code == "not_trusted"
    inside.append(virtual.PivCard("P014"))
    with pytest.raises(CardProblem):
        staff.new_access(PIN, folder, NOW + datetime.timedelta(days=4000))


def test_a_revoked_card_is_refused_and_the_lists_age_is_shown(home: Path, inside: list[virtual.PivCard]) -> None:
    card = virtual.PivCard("P014")
    inside.append(card)
    folder = pin_roots(home, "raiz")
    root, private = authority("raiz")
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(NOW - datetime.timedelta(days=9))
        .next_update(NOW + datetime.timedelta(days=30))
    )
    (folder / "raiz.crl").write_bytes(builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    assert staff.new_access(PIN, folder, NOW).trust == Trust(True, 9)
    assert "hace 9 días" in Trust(True, 9).words
    serial = card.certificates[0x9A].serial_number
    revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW).build()
    signed = builder.add_revoked_certificate(revoked).sign(private, hashes.SHA256())
    (folder / "raiz.crl").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    with pytest.raises(CardProblem) as error:
        staff.new_access(PIN, folder, NOW)
    assert error.value.code == "revoked"


def test_what_was_sealed_to_another_kind_of_key_is_left_alone() -> None:
    rsa_kept, _key = seal.seal(virtual.key("P014x", "rsa").public_key())
    curve = virtual.key("P014x", "p256").public_key()
    assert seal.unseal(rsa_kept, curve, lambda _sealed: bytes(32)) is None
    assert seal.unseal("ñ", curve, lambda _sealed: bytes(32)) is None


def test_a_citizens_check_gives_an_outcome_and_a_code_alone(inside: list[virtual.PivCard]) -> None:
    card = virtual.PivCard("ciudadano")
    inside.append(card)
    done = staff.check(PIN)
    assert (done.card, done.code) == ("authenticated", "")
    assert SENTINEL not in repr(done) and DNI not in repr(done)
    del card.objects[bytes.fromhex("5FC105")]
    done = staff.check(PIN)
    assert (done.card, done.code) == ("failed", "6A82")
    card.tries = 0
    assert staff.check(PIN).code == "blocked"
