"""Who can unlock a laptop: people come, go, forget, and hand over with no connectivity."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from itinerant.errors import Damaged, Locked, UserError
from itinerant.log.change import Draft
from itinerant.paths import Home
from itinerant.store.access import recovering
from itinerant.store.access.slots import DatabaseKey
from itinerant.store.access.vault import Vault
from itinerant.store.disk import meta
from itinerant.store.laptop import Laptop
from itinerant.sync import folder, recovery, wrapping
from itinerant.sync.recovery import RecoveryRequest
from itinerant.sync.standing import Person, Standing
from tests.argon2 import remembered
from tests.store.conftest import OFFICE, PASSPHRASE, PLACE, SESSION, identity
from tests.store.test_rekeying import OTHER, V1, opens

NEW = "una frase que nadie olvida"
OFFICE_KEY = X25519PrivateKey.generate()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are copies of one another: their slots are the same."""
    monkeypatch.setattr(wrapping, "stretch", remembered)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed home of P014 and P015, whose office keeps `OFFICE_KEY`, and that knows its roster."""
    home = tmp_path_factory.mktemp("accesses") / "home"
    office = replace(OFFICE, recovery_key=OFFICE_KEY.public_key().public_bytes_raw())
    mine = replace(identity(), office=office)
    with Laptop.create(home, identity=mine, person="P014", passphrase=PASSPHRASE) as laptop:
        laptop.accesses.add("P015", OTHER)
        laptop.open_visit(PLACE)
        roster = [Person("P014", "Rosa Tapullima", "orientador", "B01"), Person("P016", "Julio", "ti", "B01")]
        with laptop._database.writer() as connection:
            meta.save_standing(connection, Standing("enrolled", 7, [], [], roster, []))
    return home


@pytest.fixture
def home(shared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shared, tmp_path / "home"))


@pytest.fixture
def laptop(home: Path) -> Iterator[Laptop]:
    with Laptop.unlock(home, PASSPHRASE, "P014") as unlocked:
        yield unlocked


def test_a_departed_person_is_shown_as_such(laptop: Laptop) -> None:
    rosa, other = laptop.accesses.list()
    assert (rosa.code, rosa.name, rosa.role, rosa.departed, rosa.me) == (
        "P014",
        "Rosa Tapullima",
        "orientador",
        False,
        True,
    )
    assert (other.code, other.name, other.departed, other.me) == ("P015", "", True, False)
    laptop.write([Draft("staff", {"code": "P014", "role": "orientador", "active": False})])
    assert laptop.accesses.list()[0].departed, "still on the roster, no longer active"


def test_without_a_roster_nobody_is_called_departed(template: Path, tmp_path: Path) -> None:
    with Laptop.unlock(Path(shutil.copytree(template, tmp_path / "fresh")), PASSPHRASE) as laptop:
        assert [(one.code, one.departed) for one in laptop.accesses.list()] == [("P014", False)]


def test_two_people_share_a_day_and_what_each_did_carries_their_code(home: Path) -> None:
    with Laptop.unlock(home, PASSPHRASE, "P014") as laptop:
        first = laptop.add("session", SESSION)
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        visit = laptop.current_visit()
        assert visit is not None
        assert (visit.record, visit.made_by) == ("LOR07-1", "P014")
        second = laptop.add("session", SESSION)
        laptop.amend(first, {"duration_s": 720}, "lo midió mi reloj")
        assert laptop.counters(visit.record).total == 2
        assert [change.by for change in laptop.history(first)] == ["P014", "P015"]
        assert [change.by for change in laptop.history(second)] == ["P015"]
        laptop.close_visit()
        assert [change.by for change in laptop.history(visit.record)] == ["P014", "P015"]


def test_one_s_own_passphrase_changes_and_the_old_one_opens_nothing(home: Path) -> None:
    before = (home / "slots.json").read_bytes()
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        with pytest.raises(Locked):
            laptop.accesses.change(PASSPHRASE, NEW)
        with pytest.raises(UserError, match="15 caracteres"):
            laptop.accesses.change(OTHER, "corta")
        laptop.accesses.change(OTHER, NEW)
        laptop.add("session", SESSION)
    with pytest.raises(Locked):
        Laptop.unlock(home, OTHER, "P015")
    for person, passphrase in (("P014", PASSPHRASE), ("P015", NEW)):
        Laptop.unlock(home, passphrase, person).close()
    (home / "slots.json").write_bytes(before)
    with pytest.raises(Damaged):
        Laptop.unlock(home, OTHER, "P015")


def test_the_last_person_stays(laptop: Laptop) -> None:
    laptop.accesses.remove("P015")
    with pytest.raises(UserError, match="única"):
        laptop.accesses.remove("P014")
    with pytest.raises(UserError, match="no tiene acceso"):
        laptop.accesses.remove("P015")


def answer(request: RecoveryRequest, place: Path) -> Path:
    keys = recovery.open_seals(request, OFFICE_KEY)
    return folder.write(place, recovery.answer(request, keys), recovery.ANSWERS)


def test_the_office_lets_in_who_forgot_and_the_answer_opens_nothing_afterwards(home: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    old = Vault.read(home / "slots.json").unlock(PASSPHRASE, "P014").key
    request, path = recovering.ask(Home(home), stick, "P014", 5)
    assert RecoveryRequest.from_bytes(path.read_bytes()) == request
    assert (home / "recovery.json").stat().st_mode & 0o077 == 0
    answer(request, stick)
    with pytest.raises(UserError, match="15 caracteres"):
        recovering.finish(Home(home), stick, "P014", "corta")
    with pytest.raises(UserError, match="P014"):
        recovering.finish(Home(home), stick, "P020", NEW)
    with recovering.finish(Home(home), stick, "P014", NEW) as laptop:
        assert (laptop.person, laptop.people()) == ("P014", ["P015", "P014"])
        assert laptop.current_visit() is not None
    assert not (home / "recovery.json").exists()
    assert not opens(home / "log.db", old)
    with pytest.raises(Locked):
        Laptop.unlock(home, PASSPHRASE, "P014")
    Laptop.unlock(home, OTHER, "P015").close()
    with pytest.raises(UserError) as caught:
        recovering.finish(Home(home), stick, "P014", "otra frase más para entrar")
    assert caught.value.code == "no_request"


def test_the_office_lets_in_somebody_new_who_shuts_the_departed_out(home: Path, tmp_path: Path) -> None:
    request, _path = recovering.ask(Home(home), tmp_path, "P016", 5)
    answer(request, tmp_path)
    with recovering.finish(Home(home), tmp_path, "P016", NEW) as laptop:
        assert [one.code for one in laptop.accesses.list() if one.departed] == ["P015"]
        laptop.accesses.remove("P015")
        laptop.accesses.remove("P014")
        assert laptop.people() == ["P016"]
    with pytest.raises(Locked):
        Laptop.unlock(home, OTHER)


def test_the_office_opens_a_vault_of_the_first_version_and_nobody_is_shut_out(tmp_path: Path) -> None:
    home = Path(shutil.copytree(V1, tmp_path / "v1"))
    request, _path = recovering.ask(Home(home), tmp_path, "P014", 5)
    keys = recovery.open_seals(request, X25519PrivateKey.from_private_bytes(b"r" * 32))
    folder.write(tmp_path, recovery.answer(request, keys), recovery.ANSWERS)
    with recovering.finish(Home(home), tmp_path, "P014", NEW) as laptop:
        assert [row.record for row in laptop.list("session")] == ["LOR07-2"]
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        assert laptop.people() == ["P015", "P014"]
        laptop.accesses.remove("P014")


def test_the_office_opens_a_home_whose_change_of_key_was_cut(home: Path, tmp_path: Path) -> None:
    vault = Vault.read(home / "slots.json")
    key = vault.unlock(OTHER, "P015").key
    vault.begin(key, DatabaseKey.generate(), vault.without_person("P014"))
    request, _path = recovering.ask(Home(home), tmp_path, "P014", 5)
    assert len(request.seals) == 2
    answer(request, tmp_path)
    with recovering.finish(Home(home), tmp_path, "P014", NEW) as laptop:
        assert (laptop.people(), laptop.current_visit() is not None) == (["P015", "P014"], True)
    assert not opens(home / "log.db", key)


def test_who_forgot_gets_another_passphrase_from_who_can_enter(home: Path) -> None:
    old = Vault.read(home / "slots.json").unlock(OTHER, "P015").key
    with Laptop.unlock(home, PASSPHRASE, "P014") as laptop:
        laptop.accesses.add("P015", NEW)
    Laptop.unlock(home, NEW, "P015").close()
    with pytest.raises(Locked) as caught:
        Laptop.unlock(home, OTHER, "P015")
    assert "recover" in caught.value.next_step
    assert not opens(home / "log.db", old), "the passphrase that was lost opens nothing, wherever it turns up"


def test_an_answer_to_an_earlier_request_is_refused(home: Path, tmp_path: Path) -> None:
    first, _path = recovering.ask(Home(home), tmp_path, "P014", 5)
    answer(first, tmp_path)
    second, _path = recovering.ask(Home(home), tmp_path, "P014", 6)
    with pytest.raises(UserError) as caught:
        recovering.finish(Home(home), tmp_path, "P014", NEW)
    assert caught.value.code == "no_answer"
    data = recovery.answer(first, recovery.open_seals(first, OFFICE_KEY))
    forged = data.replace(first.ref.encode(), second.ref.encode())
    folder.write(tmp_path, forged, recovery.ANSWERS)
    with pytest.raises(Damaged) as damaged:
        recovering.finish(Home(home), tmp_path, "P014", NEW)
    assert damaged.value.code == "recovery_answer"


def test_an_answer_from_before_the_key_changed_is_refused_in_words(home: Path, tmp_path: Path) -> None:
    request, _path = recovering.ask(Home(home), tmp_path, "P014", 5)
    answer(request, tmp_path)
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        laptop.accesses.remove("P014")
    with pytest.raises(Locked) as caught:
        recovering.finish(Home(home), tmp_path, "P014", NEW)
    assert caught.value.code == "stale_answer"


def test_a_damaged_answer_is_named(home: Path, tmp_path: Path) -> None:
    request, _path = recovering.ask(Home(home), tmp_path, "P014", 5)
    path = answer(request, tmp_path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(Damaged) as caught:
        recovering.finish(Home(home), tmp_path, "P014", NEW)
    assert path.name in caught.value.place
    (home / "recovery.json").write_bytes(b"{}")
    with pytest.raises(Damaged, match="dañada"):
        recovering.finish(Home(home), tmp_path, "P014", NEW)


def test_a_closed_laptop_changes_no_access(home: Path) -> None:
    laptop = Laptop.unlock(home, PASSPHRASE, "P014")
    laptop.close()
    for change in (lambda: laptop.accesses.remove("P015"), lambda: laptop.accesses.add("P020", NEW)):
        with pytest.raises(Locked) as caught:
            change()
        assert caught.value.code == "closed"
    Laptop.unlock(home, OTHER, "P015").close()
