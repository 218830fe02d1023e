"""Whoever loses access loses it for good: the database gets another key, whatever happens meanwhile."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from itinerant.errors import Damaged, Locked, StoreProblem, UserError
from itinerant.store.access.slots import DatabaseKey
from itinerant.store.access.vault import Vault
from itinerant.store.disk import database as database_module
from itinerant.store.disk.database import Database, give_key, is_under
from itinerant.store.disk.epoch import Past
from itinerant.store.laptop import Laptop
from itinerant.sync import wrapping
from tests.argon2 import remembered
from tests.store.conftest import PASSPHRASE, PLACE, SESSION

OTHER = "otra frase bastante larga"
V1 = Path(__file__).parent / "vault_v1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are copies of one another: their slots are the same."""
    monkeypatch.setattr(wrapping, "stretch", remembered)


@pytest.fixture(scope="module")
def shared_template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of two people with a day's work and a draft in it."""
    home = Path(shutil.copytree(template, tmp_path_factory.mktemp("shared") / "home"))
    (home / "epoch.json").unlink(missing_ok=True)
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        laptop.accesses.add("P015", OTHER)
        laptop.open_visit(PLACE)
        laptop.add("session", SESSION)
        laptop.drafts.save("session", {"note": "a medias"})
    return home


@pytest.fixture
def home(shared_template: Path, tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(shared_template, tmp_path / "home"))
    (copy / "epoch.json").unlink(missing_ok=True)  # a copy of files is what the witness is there to notice
    return copy


def opens(path: Path, key: DatabaseKey) -> bool:
    connection = dbapi2.connect(str(path))
    try:
        give_key(connection, key)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except dbapi2.DatabaseError:
        return False
    finally:
        connection.close()
    return True


def work(laptop: Laptop) -> tuple[list[str], list[str], object]:
    """What a person sees of what is stored."""
    draft = laptop.drafts.load("session")
    return (
        [row.record for row in laptop.list("session")],
        [change.by for change in laptop.history("LOR07-2")],
        draft and draft.values,
    )


def test_an_old_slots_file_opens_nothing_after_a_removal(home: Path) -> None:
    old = Vault.read(home / "slots.json").unlock(PASSPHRASE, "P014").key
    assert opens(home / "log.db", old)
    before = (home / "slots.json").read_bytes()
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        seen = work(laptop)
        laptop.accesses.remove("P014")
        assert laptop.people() == ["P015"]
        assert work(laptop) == seen, "the work goes on in the same session"
        laptop.add("session", SESSION)
    for path in home.iterdir():
        if path.name.startswith("log.db"):
            assert not opens(path, old), path
    now = (home / "slots.json").read_bytes()
    (home / "slots.json").write_bytes(before)
    with pytest.raises(Damaged):
        Laptop.unlock(home, PASSPHRASE, "P014")
    (home / "slots.json").write_bytes(now)
    with pytest.raises(Locked):
        Laptop.unlock(home, PASSPHRASE, "P014")
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        assert laptop.past is Past.SAME, "the file is another one on purpose"
        assert [row.record for row in laptop.list("session")] == ["LOR07-3", "LOR07-2"]


class Died(BaseException):
    """The power went."""


POINTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {}


def point(name: str) -> Callable[[Callable[[pytest.MonkeyPatch], None]], None]:
    def keep(cut: Callable[[pytest.MonkeyPatch], None]) -> None:
        POINTS[name] = cut

    return keep


def die(*_args: object, **_names: object) -> None:
    raise Died


@point("before the copy")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Database, "change_key", die)


@point("with the copy half written")
def _(patch: pytest.MonkeyPatch) -> None:
    def half(_path: Path, _key: object, copy: Path, _fresh: object) -> None:
        copy.write_bytes(b"half")
        patch.setattr(Path, "unlink", die)
        raise Died

    patch.setattr(database_module, "_copy_under", half)


@point("with the copy written")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Path, "replace", _only_slots(Path.replace))


@point("after the copy took its place")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("itinerant.store.disk.database.sync_folder", die)


@point("before the last word in the slots")
def _(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Vault, "finish", die)


def _only_slots(replace: Callable[..., Path]) -> Callable[..., Path]:
    def asked(self: Path, target: Path) -> Path:
        if target.name == "log.db":
            raise Died
        return replace(self, target)

    return asked


@pytest.mark.parametrize("where", POINTS)
def test_a_cut_at_any_point_loses_nothing_and_is_finished_at_the_next_unlocking(home: Path, where: str) -> None:
    old = Vault.read(home / "slots.json").unlock(PASSPHRASE, "P014").key
    laptop = Laptop.unlock(home, OTHER, "P015")
    laptop.add("session", SESSION)  # the witness has something to say
    seen = work(laptop)
    with pytest.MonkeyPatch.context() as patch:
        POINTS[where](patch)
        with pytest.raises(Died):
            laptop.accesses.remove("P014")
        laptop._opened.database.close()  # the process is gone: nothing more is written
        laptop._opened.epoch.close()
        laptop._opened.lock.release()
    assert Vault.read(home / "slots.json").rekeying
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        assert (work(laptop), laptop.past) == (seen, Past.SAME)
        assert laptop.people() == ["P015"]
    assert not Vault.read(home / "slots.json").rekeying
    assert not opens(home / "log.db", old)
    assert not list(home.glob("log.db.rekey"))
    with pytest.raises(Locked):
        Laptop.unlock(home, PASSPHRASE, "P014")


def test_a_full_disk_leaves_everybody_as_they_were(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with Laptop.unlock(home, OTHER, "P015") as laptop:
        with monkeypatch.context() as patch:
            patch.setattr(database_module, "_copy_under", full)
            with pytest.raises(StoreProblem) as caught:
                laptop.accesses.remove("P014")
        assert caught.value.code == "disk_full"
        assert laptop.people() == ["P014", "P015"]
        laptop.add("session", SESSION)
        laptop.accesses.remove("P014")
        assert laptop.people() == ["P015"]


def test_a_home_that_could_not_be_finished_opens_as_it_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = Laptop.unlock(home, OTHER, "P015")
    with monkeypatch.context() as patch:
        patch.setattr(Database, "change_key", die)
        with pytest.raises(Died):
            laptop.accesses.remove("P014")
    laptop.close()

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(database_module, "_copy_under", full)
        with Laptop.unlock(home, OTHER, "P015") as laptop:
            laptop.add("session", SESSION)
            with pytest.raises(StoreProblem) as caught:
                laptop.accesses.add("P016", OTHER)
            assert caught.value.code == "rekeying"
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        assert len(laptop.list("session")) == 2
        laptop.accesses.add("P016", "la frase de una tercera persona")
        assert laptop.people() == ["P015", "P016"]


def test_a_change_of_key_waits_for_readers_and_readers_for_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        database = laptop._database
        entered, leave, read = threading.Event(), threading.Event(), threading.Event()

        def slow() -> None:
            with database.reader() as connection:
                entered.set()
                leave.wait(10)
                with database.reader() as again:  # one who reads already is let in
                    assert again.exec_driver_sql("SELECT count(*) FROM change").scalar_one() == 2
                assert connection.exec_driver_sql("SELECT count(*) FROM change").scalar_one() == 2
            read.set()

        reader = threading.Thread(target=slow)
        reader.start()
        entered.wait(10)
        with monkeypatch.context() as patch:
            patch.setattr(database_module, "PATIENCE_S", 0.05)
            with pytest.raises(StoreProblem) as caught:
                laptop.accesses.remove("P014")
        assert caught.value.code == "in_use"
        assert laptop.people() == ["P014", "P015"]
        changing = threading.Thread(target=laptop.accesses.remove, args=("P014",))
        changing.start()
        while not database._shut:
            pass
        leave.set()
        changing.join(10)
        reader.join(10)
        assert read.is_set()
        assert laptop.people() == ["P015"]


def test_the_copy_is_never_in_clear_and_the_old_file_is_overwritten(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    replace = Path.replace

    def watched(self: Path, target: Path) -> Path:
        if target.name == "log.db":
            seen.extend(path.read_bytes() for path in home.iterdir() if path.name.startswith("log.db"))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    with Laptop.unlock(home, OTHER, "P015") as laptop:
        laptop.drafts.save("session", {"note": "CENTINELA"})
        (tmp_path / "old").hardlink_to(home / "log.db")
        laptop.accesses.remove("P014")
    assert len(seen) == 2, "the file and its copy"
    assert not [data for data in seen if b"CENTINELA" in data or b"SQLite format 3" in data]
    assert not any((tmp_path / "old").read_bytes()), "whoever reads the disk's free blocks finds zeros"


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    """A home that the first version made: P014 and P015, a visit and a session."""
    home = tmp_path / "v1"
    shutil.copytree(V1, home)
    return home


def test_a_file_of_the_first_version_opens_and_is_brought_up_person_by_person(v1: Path) -> None:
    with Laptop.unlock(v1, PASSPHRASE, "P014") as laptop:
        assert [row.record for row in laptop.list("session")] == ["LOR07-2"]
        assert laptop.people() == ["P014", "P015"]
        with pytest.raises(UserError) as caught:
            laptop.accesses.remove("P014")
        assert caught.value.code == "first_version", "nobody who stays is shut out"
        assert "P015" in caught.value.sentence
    with Laptop.unlock(v1, OTHER, "P015") as laptop:
        laptop.accesses.remove("P014")
        assert laptop.people() == ["P015"]
    with pytest.raises(Locked):
        Laptop.unlock(v1, PASSPHRASE)
    with Laptop.unlock(v1, OTHER) as laptop:
        assert [row.record for row in laptop.list("session")] == ["LOR07-2"]


def test_which_key_a_file_is_under_shows_at_its_beginning(home: Path) -> None:
    key = Vault.read(home / "slots.json").unlock(PASSPHRASE, "P014").key
    assert is_under(home / "log.db", key)
    assert not is_under(home / "log.db", DatabaseKey.generate())
