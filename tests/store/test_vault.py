"""The vault: who opens it, what it refuses, and what its words say."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from itinerant.errors import Damaged, Locked, StoreProblem, UserError
from itinerant.store.access.slots import DatabaseKey, sealed, unseal
from itinerant.store.access.vault import Vault
from itinerant.sync import wrapping

PASSPHRASE = "caballo batería grapa correcto"
OTHER = "otra frase bastante larga"


@pytest.fixture(scope="module")
def office() -> X25519PrivateKey:
    return X25519PrivateKey.generate()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, office: X25519PrivateKey) -> tuple[bytes, DatabaseKey]:
    """The bytes of a slots file, and the key that is in it."""
    path = tmp_path_factory.mktemp("vault") / "slots.json"
    recovery = office.public_key().public_bytes_raw()
    vault, key = Vault.create(path, device="LOR07", person="P014", passphrase=PASSPHRASE, office_recovery_key=recovery)
    vault.add(key, "P015", OTHER)
    return path.read_bytes(), key


@pytest.fixture
def path(made: tuple[bytes, DatabaseKey], tmp_path: Path) -> Path:
    file = tmp_path / "slots.json"
    file.write_bytes(made[0])
    return file


def edit(path: Path, **slot: Any) -> None:
    """What somebody who can write the file, and knows its sum, would do to the first person's slot."""
    from itinerant.store.access import vault

    content = json.loads(path.read_bytes())
    next(item for item in content["slots"] if item["kind"] == "passphrase").update(slot)
    del content["sum"]
    content["sum"] = vault._sum(content)
    path.write_text(json.dumps(content))


def test_each_person_opens_with_their_own_passphrase(path: Path, made: tuple[bytes, DatabaseKey]) -> None:
    vault = Vault.read(path)
    assert vault.people() == ["P014", "P015"]
    assert vault.office_seals()[0]
    for person, passphrase in (("P014", PASSPHRASE), ("P015", OTHER)):
        opened = vault.unlock(passphrase)
        assert (opened.person, opened.key.reveal()) == (person, made[1].reveal())
        assert vault.unlock(passphrase, person).person == person


def test_composed_and_decomposed_accents_are_one_passphrase(path: Path) -> None:
    assert Vault.read(path).unlock("caballo bateri\u0301a grapa\u00a0correcto\n", "P014").person == "P014"


@pytest.mark.parametrize(("passphrase", "person"), [("x" * 20, None), (PASSPHRASE, "P015"), ("", "P014")])
def test_a_wrong_passphrase_is_locked_and_says_that_nothing_is_lost(path: Path, passphrase: str, person: str) -> None:
    with pytest.raises(Locked) as caught:
        Vault.read(path).unlock(passphrase, person)
    assert caught.value.exit_code == 5
    assert "completos" in caught.value.safe


def test_a_person_without_a_slot_is_told_so(path: Path) -> None:
    with pytest.raises(Locked, match="P999"):
        Vault.read(path).unlock(PASSPHRASE, "P999")


def test_the_office_recovers_what_a_person_forgot(
    path: Path, made: tuple[bytes, DatabaseKey], office: X25519PrivateKey
) -> None:
    slot = office_slot(path)
    key = unseal(slot, office, "LOR07")
    assert key is not None
    assert key.reveal() == made[1].reveal()
    assert unseal(slot, X25519PrivateKey.generate(), "LOR07") is None
    assert unseal(slot, office, "LOR08") is None, "it belongs to one laptop"
    entered = Vault.read(path).adopt("P020", [key])
    assert (entered.person, entered.key) == ("P020", key)
    with pytest.raises(Locked) as caught:
        Vault.read(path).adopt("P020", [DatabaseKey.generate()])
    assert caught.value.code == "stale_answer"


def office_slot(path: Path) -> dict[str, Any]:
    slot: dict[str, Any] = json.loads(path.read_bytes())["slots"][0]
    assert Vault.read(path).office_seals() == (slot["recovery_key"], [slot["sealed"]])
    return slot


def test_a_removed_person_is_out_and_the_others_get_the_next_key(path: Path, made: tuple[bytes, DatabaseKey]) -> None:
    following = DatabaseKey.generate()
    vault = Vault.read(path)
    vault.begin(made[1], following, vault.without_person("P014"))
    between = Vault.read(path)
    assert (between.people(), between.rekeying) == (["P015"], True)
    with pytest.raises(Locked):
        between.unlock(PASSPHRASE)
    opened = between.unlock(OTHER)
    assert opened.next is not None
    assert (opened.key.reveal(), opened.next.reveal()) == (made[1].reveal(), following.reveal())
    vault.finish(following)
    after = Vault.read(path)
    opened = after.unlock(OTHER)
    assert (opened.key.reveal(), opened.next, after.rekeying) == (following.reveal(), None, False)
    with pytest.raises(UserError, match="única"):
        after.without_person("P015")
    with pytest.raises(UserError, match="P014"):
        after.without_person("P014")


def test_a_file_that_another_process_wrote_is_stale(path: Path, made: tuple[bytes, DatabaseKey]) -> None:
    vault = Vault.read(path)
    assert not vault.is_stale
    Vault.read(path).add(made[1], "P021", OTHER)
    assert vault.is_stale


def test_a_new_passphrase_replaces_the_old_one(path: Path, made: tuple[bytes, DatabaseKey]) -> None:
    Vault.read(path).add(made[1], "P014", "una frase nueva y larga")
    vault = Vault.read(path)
    assert vault.people() == ["P015", "P014"]
    assert vault.unlock("una frase nueva y larga").person == "P014"


def test_a_weak_passphrase_makes_no_vault(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="15 caracteres"):
        Vault.create(
            tmp_path / "slots.json", device="LOR07", person="P014", passphrase="corta", office_recovery_key=None
        )
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_says_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match="Falta") as caught:
        Vault.read(tmp_path / "slots.json")
    assert caught.value.code == "no_vault"


def test_any_altered_byte_is_noticed_and_never_called_a_wrong_passphrase(
    made: tuple[bytes, DatabaseKey], tmp_path: Path
) -> None:
    path = tmp_path / "slots.json"
    for index in range(len(made[0])):
        altered = bytearray(made[0])
        altered[index] ^= 0x01
        path.write_bytes(altered)
        with pytest.raises(Damaged):
            Vault.read(path)


@pytest.mark.parametrize("cut", [0, 1, 100, -2, -20])
def test_a_file_cut_short_is_damaged(path: Path, made: tuple[bytes, DatabaseKey], cut: int) -> None:
    path.write_bytes(made[0][:cut])
    with pytest.raises(Damaged) as caught:
        Vault.read(path)
    assert caught.value.code == "vault"
    assert "slots.json" in caught.value.next_step


@pytest.mark.parametrize(
    "weaker", [{"memory_kib": 1024}, {"iterations": 1}, {"lanes": 1}, {"kdf": "pbkdf2"}, {"memory_kib": 2**40}]
)
def test_parameters_out_of_bounds_are_refused_before_they_are_used(path: Path, weaker: dict[str, Any]) -> None:
    edit(path, **weaker)
    with pytest.raises(Damaged) as caught:
        Vault.read(path).unlock(PASSPHRASE, "P014")
    assert caught.value.code == "weak_slot"


def test_an_altered_slot_of_somebody_else_is_noticed_by_whoever_unlocks(path: Path) -> None:
    edit(path, person="P666")
    with pytest.raises(Damaged) as caught:
        Vault.read(path).unlock(OTHER, "P015")
    assert caught.value.code == "vault"


def test_a_later_version_is_not_guessed_at(path: Path) -> None:
    from itinerant.store.access import vault

    content = json.loads(path.read_bytes()) | {"v": 3}
    del content["sum"]
    path.write_text(json.dumps(content | {"sum": vault._sum(content)}))
    with pytest.raises(StoreProblem) as caught:
        Vault.read(path)
    assert caught.value.code == "newer_vault"


def test_a_card_s_slot_is_kept_and_sealed_by_a_version_that_cannot_open_it(
    path: Path, made: tuple[bytes, DatabaseKey]
) -> None:
    vault = Vault.read(path)
    private = X25519PrivateKey.generate()
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    card = sealed({"kind": "card", "person": "P020", "public": public, "wrapped_by": "9D"}, made[1], "LOR07")
    vault.write([*vault._slots, card], made[1])
    following = DatabaseKey.generate()
    vault = Vault.read(path)
    vault.begin(made[1], following, vault.without_person("P014"))
    vault.finish(following)
    again = Vault.read(path)
    assert again.people() == ["P015", "P020"]
    kept = unseal(again._slots[-1], private, "LOR07")
    assert kept is not None
    assert kept.reveal() == following.reveal(), "whoever holds the card gets the next key too"


def test_the_file_is_its_owner_s_alone_and_holds_no_key(path: Path, made: tuple[bytes, DatabaseKey]) -> None:
    Vault.read(path).add(made[1], "P016", OTHER)
    assert path.stat().st_mode & 0o077 == 0
    assert made[1].reveal().hex().encode() not in path.read_bytes()
    assert PASSPHRASE.encode() not in path.read_bytes()


def test_a_key_never_shows_itself_and_can_be_wiped() -> None:
    key = DatabaseKey(b"k" * 32)
    assert "6b" not in repr(key)
    assert "k" * 5 not in f"{key} {key!r}"
    assert key.derive("vault") != key.derive("salt") != key.reveal()
    key.wipe()
    assert key.reveal() == bytes(32)


def test_each_try_costs_one_argon2id(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a file of the first version, whose slot becomes one of the present kind with what was stretched."""
    costs: list[str] = []
    stretch = wrapping.stretch

    def counted(value: dict[str, Any], passphrase: str) -> bytes:
        costs.append(value["person"])
        return stretch(value, passphrase)

    monkeypatch.setattr(wrapping, "stretch", counted)
    Vault.read(path).unlock(OTHER, "P015")
    first = Vault.read(Path(__file__).parent / "vault_v1" / "slots.json").unlock(OTHER, "P015")
    assert first.slot is not None
    with pytest.raises(Locked):
        Vault.read(path).unlock("no es esta la frase", "P014")
    assert costs == ["P015", "P015", "P014"]
