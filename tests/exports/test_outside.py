"""Verifiers that others wrote accept every export and refuse every damaged one: the formats are really C2SP's."""

import pytest

from server.exports.export import write_export
from tests.audit import tamper
from tests.audit.builder import DAY_MS, office_keys, ordinary
from tests.audit.surgery import Copy
from tests.exports.outside import programs

KEY = office_keys().sign


@pytest.fixture(scope="module")
def go_program(tmp_path_factory):
    return programs.build(tmp_path_factory.mktemp("go"))


@pytest.fixture(scope="module")
def verifiers(go_program):
    return {"go": lambda *words: programs.go(go_program, *words), **programs.PYTHON}


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """An export of one day, and one of the day after that has full tiles too; with the office's key."""
    folder = tmp_path_factory.mktemp("outside")
    world = ordinary(folder / "office", sessions=20)
    first, later = folder / "first.zip", folder / "later.zip"
    write_export(world.office, first)
    world.clock.ms += DAY_MS
    for number in range(560):
        world.laptop().session(duration_s=number)
    world.laptop().send()
    write_export(world.office, later)
    yield world, first, later
    world.office.close()


NAMES = ["go", *programs.PYTHON]


@pytest.mark.parametrize("name", NAMES)
def test_an_export_is_accepted(verifiers, exports, name):
    world, first, later = exports
    assert verifiers[name](first, world.vkey)
    assert verifiers[name](later, world.vkey)
    assert verifiers[name](later, world.vkey, first)


def flip(name, where):
    def change(copy):
        data = bytearray(copy.members[name])
        data[int(len(data) * where)] ^= 1
        copy.members[name] = bytes(data)

    return change


def swap(copy):
    lines = copy.lines("changes.jsonl")
    copy.put_lines("changes.jsonl", [*lines[:9], lines[10], lines[9], *lines[11:]])


DAMAGES = {
    "change": flip("changes.jsonl", 0.4),
    "first full tile": flip("tile/0/000", 0.5),
    "second full tile": flip("tile/0/001", 0.1),
    "right edge": flip("tile/0/002.p/84", 0.9),
    "upper row": flip("tile/1/000.p/2", 0.2),
    "root": flip("checkpoint", 0.2),
    "signature": flip("checkpoint", 0.9),
    "order": swap,
    "dropped": lambda copy: copy.put_lines("changes.jsonl", copy.lines("changes.jsonl")[1:]),
    "tail": lambda copy: copy.put_lines("changes.jsonl", copy.lines("changes.jsonl")[:-1]),
    "added": lambda copy: copy.put_lines("changes.jsonl", [*copy.lines("changes.jsonl"), b"{}"]),
    "no tile": lambda copy: copy.members.pop("tile/0/001"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_one_is_refused(verifiers, exports, tmp_path, name, damage):
    world, _first, later = exports
    copy = Copy(later)
    DAMAGES[damage](copy)
    assert not verifiers[name](copy.write(tmp_path / "x.zip"), world.vkey)


@pytest.mark.parametrize("name", NAMES)
def test_another_key_is_refused(verifiers, exports, name):
    from itinerant.log.notes import Verifier

    _world, first, _later = exports
    other = Verifier("oficina.example/registro", office_keys(9).sign.public_key().public_bytes_raw()).vkey
    assert not verifiers[name](first, other)


@pytest.mark.parametrize("name", NAMES)
def test_a_rewritten_history_is_refused_against_the_previous_export(verifiers, exports, tmp_path, name):
    _world, first, _later = exports
    world = ordinary(tmp_path / "office", sessions=20)
    leaves = tamper.ledger(world.office)
    tamper.rewrite(world.office, [*leaves[:7], leaves[8], leaves[7], *leaves[9:]], KEY)
    write_export(world.office, tmp_path / "x.zip")
    world.office.close()
    assert verifiers[name](tmp_path / "x.zip", world.vkey)
    assert not verifiers[name](tmp_path / "x.zip", world.vkey, first)
