"""`itinerant doctor`: what is well, what is not, and what the regulations ask."""

import json
from pathlib import Path

from tests.cli.conftest import Done, Itinerant


def checks(done: Done) -> dict[str, bool | None]:
    return {item["code"]: item["ok"] for item in json.loads(done.out)["checks"]}


def test_a_healthy_laptop_passes(laptop: Itinerant) -> None:
    done = laptop("doctor", "--json")
    assert done.code == 0, done.out
    assert {"pages": True, "chain": True, "tables": True, "privacy": True}.items() <= checks(done).items()
    assert checks(done)["readers"] is None, "nothing looked for a reader"
    assert laptop("doctor").out.count("✓") >= 5


def test_a_visit_with_too_few_terminals_fails_by_its_article(laptop: Itinerant) -> None:
    laptop("visit", "open", "--stop", "LOR07-3", "--capacity", "130")
    done = laptop("doctor", "--json")
    assert done.code == 1
    found = checks(done)
    assert (found["terminals"], found["guides"]) == (False, True)
    (terminals,) = (item for item in json.loads(done.out)["checks"] if item["code"] == "terminals")
    assert "art. 45 a" in terminals["article"]
    assert "✗" in laptop("doctor").out


def test_a_damaged_database_is_told_and_rescued(laptop: Itinerant, tmp_path: Path) -> None:
    home = tmp_path / "laptop"
    database = home / "log.db"
    data = bytearray(database.read_bytes())
    place = len(data) - 2_000
    data[place] ^= 0xFF
    database.write_bytes(data)
    done = laptop("doctor", "--json")
    assert done.code == 1
    assert json.loads(done.out)["ok"] is False
    rescued = laptop("doctor", "--salvage", str(tmp_path / "rescued"), "--json")
    assert rescued.code == 0, rescued.err
    assert rescued.json["changes"] >= 1


def test_lists_are_made_anew(laptop: Itinerant) -> None:
    done = laptop("doctor", "--repair", "--json")
    assert done.code == 0
    assert checks(done)["repair"] is True
    assert laptop("record", "service", "list", "--json").out
