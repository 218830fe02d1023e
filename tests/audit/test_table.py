"""The table of docs/threat-model.md, proved: every deed, every hand, every looker."""

from pathlib import Path

import pytest

from itinerant.audit.verify import verify
from itinerant.errors import ItinerantError
from server.exports.export import write_export
from server.inspection import inspect
from tests.audit import deeds, seats
from tests.audit.builder import office_keys

KEYS = {"insider": office_keys().sign, "hashes": office_keys(9).sign}
DOCUMENT = Path(__file__).parents[2] / "docs" / "threat-model.md"


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """An office and two laptops after some days, the export that an auditor took home then, and what time it was."""
    folder = tmp_path_factory.mktemp("past")
    with seats.eased():
        seats.make(folder / "template")
        place = seats.Seats(folder / "template", folder / "place")
        place.settle()
        for code in seats.CODES:
            place.sync(code)
        write_export(place.office, folder / "before.zip")
        place.close()
        for mark in (folder / "place").glob("*/epoch.json"):
            mark.unlink()
        yield folder, place.now


@pytest.fixture
def place(past, tmp_path):
    folder, now = past
    found = seats.Seats(folder / "place", tmp_path / "place")
    found.now = now
    yield found
    found.close()


def look(place, folder, earlier):
    """What each looker finds: codes by looker."""
    found = {"doctor": {check.name for check in inspect(place.office) if not check.ok}, "export": set()}
    alone, compared = set(), set()
    vkey = place.office.verifier.vkey
    try:
        write_export(place.office, folder / "after.zip")
    except ItinerantError as error:
        found["export"] = {error.code}
    else:
        alone = {finding.code for finding in verify(folder / "after.zip", vkey).findings}
        compared = {finding.code for finding in verify(folder / "after.zip", vkey, earlier).findings}
    found |= {"verify": alone, "previous": compared - alone, "sync": set()}
    for code in seats.CODES:
        place.work(code, 1)
        try:
            place.sync(code)
        except ItinerantError as error:
            found["sync"].add("database" if error.code.startswith("SQLITE") else error.code)
        state = place.laptops[code].standing.state
        found["sync"] |= {place.alarm(code) or "", state if state != "enrolled" else ""} - {""}
    return {looker: codes for looker, codes in found.items() if codes}


@pytest.mark.parametrize(("name", "hand"), deeds.CASES)
def test_who_finds_it(place, past, tmp_path, name, hand):
    deeds.do(place.office, name, hand, KEYS)
    found = look(place, tmp_path, past[0] / "before.zip")
    expected = deeds.TABLE[name][hand]
    assert found.keys() == expected.keys(), found
    for looker, code in expected.items():
        assert code in found[looker], found


def test_nobody_finds_anything_when_nothing_was_done(place, past, tmp_path):
    assert look(place, tmp_path, past[0] / "before.zip") == {}


def test_the_document_says_what_is_proved_here():
    assert deeds.rendered() in DOCUMENT.read_text()
