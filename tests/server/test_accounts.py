"""What the office notes about itself: who decided, who read staff data; and whether it still is what it signed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text

from itinerant.errors import Damaged, NoConnection
from server import backups, conflicts, inspection
from server.access import accesses, accounts
from server.database import Database
from server.exchange import quarantine
from server.laptops import fleet
from server.office import Office
from server.tables import AccessRow, AccountRow, table
from tests.server import looking, process
from tests.server.laptop import SESSION, FakeLaptop, enrolled


def noted(office: Office) -> list[tuple[str, str, str, str]]:
    access = table(AccessRow)
    with office.database.reader() as connection:
        columns = (access.c.account, access.c.action, access.c.subject, access.c.why)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(access.c.id))]


def test_every_decision_is_noted_with_who_and_why(office: Office, laptop: FakeLaptop) -> None:
    peer = enrolled(office, "LOR08")
    made = laptop.write()
    laptop.sync()
    for one, seconds in ((laptop, 1), (peer, 2)):
        one.write(values={"duration_s": seconds}, record=made.ref, base=[made.ref])
        one.sync()
    laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.sync()
    conflicts.resolve(office, made.ref, "duration_s", 1, "acta", by="rev1")
    (item,) = looking.quarantine(office)
    quarantine.discard(office, item["item"], "dato personal", by="rev2")
    fleet.revoke(office, "LOR08", "se mojó", by="jefa")
    assert {
        ("rev1", "conflict.resolve", f"{made.ref} duration_s", "acta"),
        ("rev2", "quarantine.discard", "LOR07-3", "dato personal"),
        ("jefa", "device.revoke", "LOR08", "se mojó"),
        ("P014", "device.enrol", "LOR07", ""),
        ("admin", "device.invite", "LOR07", ""),
        ("admin", "roster.write", "P014", ""),
    } <= set(noted(office))
    assert "Tapullima" not in str(noted(office))


def test_reading_staff_or_quarantine_is_noted(office: Office) -> None:
    process.run(office.folder, "show", "records", "--kind", "staff", "--as", "rev1")
    process.run(office.folder, "show", "quarantine", "--as", "rev2")
    process.run(office.folder, "show", "records", "--kind", "session", "--as", "rev3")
    assert [(who, action) for who, action, _subject, _why in noted(office)[-2:]] == [("rev1", "read"), ("rev2", "read")]


def test_a_note_is_of_the_transaction_that_it_tells_of(office: Office) -> None:
    before = noted(office)
    with pytest.raises(ZeroDivisionError), office.database.writer() as connection:
        accesses.note(connection, at=1, account="x", action="y", subject="z")
        raise ZeroDivisionError
    assert noted(office) == before


def test_only_a_hash_of_the_first_link_is_kept(office: Office) -> None:
    token = accounts.invite_first(office, "http://127.0.0.1:8440/").partition("#")[2]
    assert len(token) >= 32
    row = table(AccountRow)
    with office.database.reader() as connection:
        assert connection.execute(select(row.c.link_hash)).scalar_one() == fleet.token_hash(token)
    everything = (office.folder / "office.db").read_bytes() + (office.folder / "office.db-wal").read_bytes()
    assert token.encode() not in everything


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("UPDATE change SET data = CAST(replace(data, 'B01', 'B07') AS BLOB) WHERE position = 0", {"leaves", "chains"}),
        ("DELETE FROM change WHERE position = (SELECT max(position) FROM change)", {"tree", "checkpoint", "chains"}),
        ("UPDATE ledger SET checkpoint = replace(checkpoint, 'test', 'best')", {"checkpoint"}),
        ("UPDATE chain SET upto = upto - 1 WHERE device = 'CENTRAL'", {"chains"}),
    ],
)
def test_the_inspection_names_what_no_longer_holds(
    office: Office, laptop: FakeLaptop, statement: str, names: set[str]
) -> None:
    laptop.write()
    laptop.sync()
    looking.assert_sound(office)
    with office.database.writer() as connection:
        connection.execute(text(statement))
    assert {check.name for check in inspection.inspect(office) if not check.ok} == names
    assert process.run(office.folder, "doctor").code == 1


def test_a_copy_of_another_office_is_not_put_in_place(office: Office, laptop: FakeLaptop, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert process.run(other / "o", "init").code == 0
    process.run(other / "o", "brigade", "add", "B01", "--name", "Otra")
    assert process.run(other / "o", "backup", str(other / "copy.db")).code == 0
    size = looking.size(office)
    with pytest.raises(Damaged):
        backups.restore(office, other / "copy.db")
    assert looking.size(office) == size


def test_who_waits_too_long_for_another_writer_is_told_to_try_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.database._PRAGMAS", ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"))
    hurried = Database.open("", office.folder / "office.db")
    try:
        with office.database.writer(), pytest.raises(NoConnection) as caught, hurried.writer():
            pass
    finally:
        hurried.close()
    assert (caught.value.code, caught.value.retry_after) == ("busy", 2)
