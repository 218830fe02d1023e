"""Conflicts, duplicates and notices by command, on two laptops of one brigade and their office."""

import json

import pytest

from tests.cli.test_office import ORDINARY, Laptops, laptops, office, record_day

__all__ = ["laptops", "office"]


@pytest.fixture
def pair(laptops: Laptops) -> Laptops:
    """LOR18 opened a visit and logged LOR18-2; LOR19, of the same brigade, has both."""
    laptops.enrol("LOR18")
    laptops.enrol("LOR19", brigade="B18")
    record_day(laptops, "LOR18", ORDINARY)
    laptops("LOR18", "sync")
    laptops("LOR19", "sync")
    return laptops


def test_the_queue_by_command(pair: Laptops) -> None:
    """One story, for enrolling two laptops costs a second: told, decided, undone; logged twice, confirmed."""
    for device, language in (("LOR18", "quz"), ("LOR19", "aym")):
        amendment = json.dumps({"set": {"language": language}, "why": "se preguntó"})
        assert pair(device, "session", "amend", "LOR18-2", stdin=amendment).code == 0
        pair(device, "sync")
    (told,) = pair("LOR18", "sync").json["notices"]
    assert (told["what"], told["record"], told["field"]) == ("conflict", "LOR18-2", "language")
    assert pair("LOR18", "sync").json["notices"] == []
    assert pair("LOR19", "sync").json["notices"] == [], "its value is the one that is shown"
    assert [one["new"] for one in pair("LOR18", "notice", "list").lines] == [False]
    (open_one,) = pair("LOR18", "conflict", "list").lines
    assert open_one["visit"] == "LOR18-1"

    (decided,) = pair.office("conflict", "resolve", "LOR18-2", "language", "--value", '"quz"', "--why", "acta")
    assert [one["record"] for one in pair.at_office("decisions") if one["change"] == decided["change"]] == ["LOR18-2"]
    assert [one["what"] for one in pair("LOR19", "sync").json["notices"]] == ["decided"]
    (known,) = pair("LOR19", "conflict", "list", "--decided").lines
    assert (known["value"], known["undo"], known["by"], known["visit"]) == ("quz", "aym", "admin", "LOR18-1")
    assert pair("LOR19", "conflict", "undo", "LOR18-2", "language", "--why", "era otra acta").json["ok"] is True
    assert pair("LOR19", "conflict", "undo", "LOR18-2", "language", "--why", "otra vez").code == 2
    pair("LOR19", "sync")
    assert pair("LOR18", "sync").code == 0
    assert pair("LOR18", "session", "show", "LOR18-2").json["language"] == "aym"

    again = json.dumps({**ORDINARY, "visit": "LOR18-1"}) + "\n"
    (second,) = pair("LOR19", "session", "add", stdin=again).lines
    pair("LOR19", "sync")
    pair("LOR18", "sync")
    (proposed,) = pair("LOR18", "duplicate", "list").lines
    assert (proposed["first"], proposed["second"], proposed["lost"]) == ("LOR18-2", second["record"], False)
    assert [one["second"] for one in pair.at_office("duplicates")] == [second["record"]]
    confirm = ("duplicate", "confirm", second["record"], "--of", "LOR18-2", "--why", "la misma")
    assert pair("LOR18", *confirm).json["ok"] is True
    assert pair("LOR18", *confirm).code == 2
    pair("LOR18", "sync")
    pair("LOR19", "sync")
    assert pair("LOR19", "session", "show", second["record"]).json["duplicate_of"] == "LOR18-2"
    assert pair("LOR19", "duplicate", "list").out == ""
    assert pair.at_office("duplicates") == []
