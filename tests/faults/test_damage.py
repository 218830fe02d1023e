"""Bytes that nobody wrote there: every one is noticed, named, and the rest is rescued."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from itinerant.errors import Damaged, ItinerantError, StoreProblem, UserError
from itinerant.log.change import Draft
from itinerant.paths import Home
from itinerant.store import opening
from itinerant.store.access.vault import Unlocked, Vault
from itinerant.store.disk.epoch import Past
from itinerant.store.disk.salvage import salvage
from itinerant.store.laptop import Laptop
from tests.store.conftest import PASSPHRASE, PLACE, SESSION, identity

PAGE = 4_096
CHANGES = 120


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed home with 120 changes: a visit, sessions and amendments."""
    home = tmp_path_factory.mktemp("filled") / "home"
    with Laptop.create(home, identity=identity(), person="P014", passphrase=PASSPHRASE) as laptop:
        visit = laptop.open_visit(PLACE)
        laptop.write([Draft("session", {**SESSION, "visit": visit, "note": f"Vuelve el {n}"}) for n in range(99)])
        laptop.write([Draft("", {"duration_s": n}, record=f"LOR07-{n + 2}", why="se corrige") for n in range(20)])
        laptop.drafts.save("session", {"note": "a medias"})
    return home


@pytest.fixture(scope="module")
def key(filled: Path) -> Unlocked:
    return Vault.read(filled / "slots.json").unlock(PASSPHRASE)


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(filled, tmp_path / "home"))
    (copy / "epoch.json").unlink()  # the copy is another file: the witness would say so
    return copy


@pytest.fixture(autouse=True)
def known_passphrase(key: Unlocked, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Unlocking dozens of times would take dozens of Argon2ids; the vault is tested elsewhere."""

    def unlock(_vault: Vault, _passphrase: str, _person: str | None = None) -> Unlocked:
        return Unlocked(key.person, type(key.key)(key.key.reveal()))

    monkeypatch.setattr(Vault, "unlock", unlock)
    return iter(())


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def noticed(home: Path) -> str:
    """What the laptop says about a home that something happened to; empty when it says nothing."""
    try:
        with Laptop.unlock(home, PASSPHRASE) as laptop:
            return " ".join(check.sentence for check in laptop.examine() if not check.well)
    except ItinerantError as error:
        assert isinstance(error, Damaged), error
        assert error.safe
        assert error.next_step
        return str(error)


def test_a_good_home_has_nothing_to_say(home: Path) -> None:
    assert noticed(home) == ""


def test_a_flipped_byte_on_any_page_is_noticed_and_the_page_named(filled: Path, home: Path) -> None:
    good = (filled / "log.db").read_bytes()
    for number in range(1, len(good) // PAGE + 1, 2):
        (home / "log.db").write_bytes(good)
        flip(home / "log.db", (number - 1) * PAGE + 100)
        said = noticed(home)
        assert f"página {number}." in said or f"página {number} " in said, said


def test_the_file_s_first_bytes_are_no_weak_point(home: Path) -> None:
    flip(home / "log.db", 3)
    assert noticed(home) == ""


def test_pages_that_were_not_touched_stay_readable(home: Path, key: Unlocked) -> None:
    pages = (home / "log.db").stat().st_size // PAGE
    read = 0
    for number in range(2, pages + 1, 7):
        copy = home.with_name(f"flipped-{number}")
        shutil.copytree(home, copy)
        flip(copy / "log.db", (number - 1) * PAGE + 100)
        try:
            laptop = Laptop.unlock(copy, PASSPHRASE, reading_only=True)
        except Damaged:
            continue  # the page of who the laptop is
        for n in range(1, CHANGES + 1):
            try:
                read += bool(laptop.history(f"LOR07-{n}"))
            except Damaged as error:
                assert f"página {number}" in str(error)
        with pytest.raises(StoreProblem, match="solo para leer"):
            laptop.write([])
        laptop.close()
    assert read > 0.8 * 100 * (pages // 7)


@pytest.mark.parametrize("size", [0, 100, PAGE, 10 * PAGE, 10 * PAGE + 7, -PAGE, -1])
def test_a_truncated_file_is_noticed_and_never_written_to(home: Path, size: int) -> None:
    data = (home / "log.db").read_bytes()[: size or 0]
    (home / "log.db").write_bytes(data)
    assert "dañado" in noticed(home)
    assert (home / "log.db").read_bytes() == data


def test_an_old_page_put_back_is_noticed(home: Path) -> None:
    """Each page is genuine, only of another day: SQLite and SQLCipher see nothing wrong."""
    old = (home / "log.db").read_bytes()
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        laptop.write([Draft("session", {**SESSION, "visit": "LOR07-1"}) for _ in range(40)])
        laptop.amend("LOR07-5", {"note": "Se corrigió"}, "faltaba")
    new = (home / "log.db").read_bytes()
    silent = []
    (home / "epoch.json").unlink()
    changed = [n for n in range(len(old) // PAGE) if old[n * PAGE : (n + 1) * PAGE] != new[n * PAGE : (n + 1) * PAGE]]
    for n in changed:
        mixed = bytearray(new)
        mixed[n * PAGE : (n + 1) * PAGE] = old[n * PAGE : (n + 1) * PAGE]
        (home / "log.db").write_bytes(mixed)
        if not noticed(home):
            silent.append(n + 1)
    assert len(changed) > 5
    assert silent == []


def test_an_older_copy_of_the_whole_file_is_noticed_by_the_witness(filled: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(filled, tmp_path / "home"))
    old = (home / "log.db").read_bytes()
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        assert laptop.past is Past.COPIED
        laptop.add("session", {**SESSION, "visit": "LOR07-1"})
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        assert laptop.past is Past.COPIED, "until the office answers"
    (home / "log.db").write_bytes(old)
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        assert laptop.past is Past.RESTORED
        assert laptop.status()["past"] == "restored"
    assert "anteriores" in noticed(home)


def test_a_ruined_write_ahead_log_loses_its_tail_and_says_so(home: Path) -> None:
    laptop = Laptop.unlock(home, PASSPHRASE)
    for _ in range(5):
        laptop.add("session", {**SESSION, "visit": "LOR07-1"})
    crashed = Path(shutil.copytree(home, home.with_name("crashed")))
    laptop.close()
    flip(crashed / "log.db-wal", (crashed / "log.db-wal").stat().st_size // 2)
    with Laptop.unlock(crashed, PASSPHRASE) as laptop:
        assert laptop.head.seq < CHANGES + 5
        assert laptop.past is Past.RESTORED


# -- what is left


@pytest.mark.parametrize("number", [1, 2, 7, "log", "cut", "tail"])
def test_what_is_left_is_rescued_into_a_home_that_can_be_read(home: Path, tmp_path: Path, number: int | str) -> None:
    path = home / "log.db"
    whole = path.read_bytes()
    pages = len(whole) // PAGE
    if number == "cut":
        path.write_bytes(whole[: pages * 9 // 10 * PAGE])
    elif number == "tail":
        path.write_bytes(whole[:-PAGE])
    else:
        seed = random.randrange(10**9)
        page = number if isinstance(number, int) else random.Random(seed).randrange(3, pages)
        flip(path, (page - 1) * PAGE + 200)
    before = path.read_bytes()
    result = salvage(Home(home), PASSPHRASE, tmp_path / "out")
    assert path.read_bytes() == before, "the damaged file was touched"
    lost = sum(last - first + 1 for first, last in result.missing)
    if number == "cut":
        assert result.changes >= 20
    else:
        assert result.changes + lost == CHANGES
        assert lost <= 16, result
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"log.db", "slots.json"}
    if result.identified:
        with Laptop.unlock(result.home, PASSPHRASE, reading_only=True) as laptop:
            assert sum(bool(laptop.history(f"LOR07-{n}")) for n in range(1, 101)) >= 100 - lost
            assert len(laptop.list("session", limit=500)) >= 99 - lost
            assert b"Vuelve" not in (result.home / "log.db").read_bytes()


def test_a_page_of_the_log_costs_only_what_was_on_it(filled: Path, home: Path, tmp_path: Path) -> None:
    good = (filled / "log.db").read_bytes()
    lost: set[tuple[tuple[int, int], ...]] = set()
    for number in range(1, len(good) // PAGE + 1, 6):
        (home / "log.db").write_bytes(good)
        flip(home / "log.db", (number - 1) * PAGE + 100)
        result = salvage(Home(home), PASSPHRASE, tmp_path / str(number))
        assert result.pages == (number,)
        lost.add(result.missing)
    assert all(sum(last - first + 1 for first, last in runs) < CHANGES for runs in lost - {((1, CHANGES),)})
    assert () in lost  # a page of lists costs nothing: they are made anew
    assert any(len(runs) == 1 and runs[0][1] - runs[0][0] < 16 for runs in lost - {()})


def test_a_rescue_never_writes_over_something(home: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(UserError):
        salvage(Home(home), PASSPHRASE, tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "x"


def test_lists_that_disagree_with_the_log_are_made_anew(home: Path) -> None:
    with Laptop.unlock(home, PASSPHRASE) as laptop:
        with laptop._database.writer() as connection:
            connection.exec_driver_sql("UPDATE record_session SET note = 'Otra cosa' WHERE n = 7")
        assert [check.code for check in laptop.examine() if not check.well] == ["tables"]
        assert laptop.rebuild() == 100
        assert [check.code for check in laptop.examine() if not check.well] == []


def test_opening_never_leaves_the_home_locked(home: Path) -> None:
    flip(home / "log.db", 100)
    for _ in range(2):
        with pytest.raises(Damaged):
            Laptop.unlock(home, PASSPHRASE)
    assert opening.people(Home(home)) == ["P014"]
